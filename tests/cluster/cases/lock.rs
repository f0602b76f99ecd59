//! The lock: who comes second is turned away and told by whom, and who lost the lock writes no more.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::Value;

use crate::cases::background::{Background, Moment};
use crate::cases::bootstrap::{changed, versions};
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::ground::{Ground, on_both};

const LEASE: &str = "test.onepassword-connect";
/// The first thing that a run writes after its namespace.
const LOCKED: Moment = Moment {
    what: "a lease with a holder",
    path: "/apis/coordination.k8s.io/v1/namespaces/eggtooth-system/leases/test.onepassword-connect",
    text: "\"holderIdentity\":\"",
};

pub(crate) fn trials() -> Vec<Trial> {
    on_both(
        "lock::the_second_run_is_turned_away_and_a_run_that_lost_its_lock_writes_no_more",
        the_second_run_is_turned_away_and_a_run_that_lost_its_lock_writes_no_more,
    )
    .into()
}

fn the_second_run_is_turned_away_and_a_run_that_lost_its_lock_writes_no_more(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let project = Project::new(cluster, "lock");
    let first = Background::start(project.command(cluster, ["up", "test", "--yes"]).env("USER", "alice"));
    first.signal_at(cluster, &LOCKED, Signal::STOP);

    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let whose = format!("{LEASE} is locked by alice on {} (process {}) since 2", host.trim(), first.pid());
    let begun = Instant::now();
    let refused = project.run(cluster, ["up", "test", "--yes"]).expect(3);
    refused.says(&[&whose, "eggtooth unlock test"]);
    // A lease that is waited for ends after 15 s.
    assert!(begun.elapsed() < Duration::from_secs(12), "nobody waits for a run that lives on the same host");
    project.run(cluster, ["destroy", "test", "--yes"]).expect(3).says(&[&whose]);

    project.run(cluster, ["unlock", "test"]).expect(0);
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
    let before = (versions(cluster), lease(cluster));
    first.signal(Signal::CONT);
    let first = first.end();
    assert_ne!(first.code, 0, "{}", first.stdout);
    let lost = first.says(&[LEASE]);
    assert!(!lost.stdout.contains("usable"), "{}", lost.stdout);
    assert_eq!(changed(&before.0, &versions(cluster)), Vec::<String>::new());
    assert_eq!(lease(cluster), before.1, "the lease is not touched by who lost it");
    project.run(cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);
}

fn lease(cluster: &dyn Ground) -> Value {
    cluster.get("leases", "eggtooth-system", LEASE)
}
