//! A run that is killed at any point: the next one ends where an undisturbed one does, and nobody has to clean up.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use libtest_mimic::Trial;
use rustix::process::Signal;
use serde_json::Value;

use crate::cases::background::{Background, Moment};
use crate::cases::bootstrap::inventory;
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::ground::{Ground, on_both};

/// The points at which a run is killed, in the order in which it comes by.
const BOUNDARIES: [Moment; 6] = [
    Moment {
        what: "the credentials are seeded",
        path: "/api/v1/namespaces/onepassword/secrets/op-credentials",
        text: "1password-credentials.json",
    },
    Moment {
        what: "a definition of External Secrets is there",
        path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/externalsecrets.external-secrets.io",
        text: "ExternalSecret",
    },
    Moment {
        what: "the release is pending",
        path: "/api/v1/namespaces/external-secrets/secrets/sh.helm.release.v1.external-secrets.v1",
        text: "\"status\":\"pending-install\"",
    },
    Moment {
        what: "the store is there",
        path: "/apis/external-secrets.io/v1/clustersecretstores/onepassword",
        text: "ClusterSecretStore",
    },
    Moment {
        what: "the canary is there",
        path: "/apis/external-secrets.io/v1/namespaces/external-secrets/externalsecrets/onepassword-canary",
        text: "ExternalSecret",
    },
    Moment {
        what: "the snapshot is written",
        path: "/api/v1/namespaces/eggtooth-system/secrets/test.onepassword-connect.snapshot",
        text: "eggtooth.dev/state",
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    on_both(
        "kill::a_killed_run_is_gone_on_with_wherever_it_was_killed",
        a_killed_run_is_gone_on_with_wherever_it_was_killed,
    )
    .into()
}

fn a_killed_run_is_gone_on_with_wherever_it_was_killed(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let project = Project::new(cluster, "kill");
    let found = inventory(cluster);
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
    let undisturbed = brought_up(cluster);
    project.run(cluster, ["destroy", "test", "--yes", "--allow-loss=1"]).expect(0);
    expect_same(&found, &inventory(cluster), "destroy");
    for boundary in &BOUNDARIES {
        let run = Background::start(&mut project.command(cluster, ["up", "test", "--yes"]));
        run.signal_at(cluster, boundary, Signal::KILL);
        assert_eq!(run.end().code, -1, "{}: the run ended before it was killed", boundary.what);

        let begun = Instant::now();
        let again = project.run(cluster, ["up", "test", "--yes"]);
        eprintln!("{}: the next run took {:.1} s", boundary.what, begun.elapsed().as_secs_f64());
        assert_eq!(again.code, 0, "killed when {}:\n{}{}", boundary.what, again.stdout, again.stderr);
        let waited = [&again.stdout, &again.stderr].iter().any(|text| text.contains("no sign of life"));
        assert!(!waited, "{}: a dead run's lock is waited for:\n{}", boundary.what, again.stderr);
        expect_same(&undisturbed, &brought_up(cluster), boundary.what);
        project.run(cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);

        project.run(cluster, ["destroy", "test", "--yes", "--allow-loss=1"]).expect(0);
        expect_same(&found, &inventory(cluster), boundary.what);
    }
}

/// Tells only what differs: a cluster has a hundred objects of its own.
fn expect_same(expected: &[String], found: &[String], after: &str) {
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|name| !those.contains(name)).cloned().collect()
    };
    let (missing, left) = (only(expected, found), only(found, expected));
    assert!(missing.is_empty() && left.is_empty(), "{after}: missing: {missing:?}, too many: {left:?}");
}

/// What is there after `up`; fails unless it is what `up` promises.
fn brought_up(cluster: &dyn Ground) -> Vec<String> {
    let reason = cluster.text("clustersecretstores", "", "onepassword", "/status/conditions/0/reason");
    assert_eq!(reason, "Valid");
    let canary = cluster.secret("external-secrets", "onepassword-canary", "value");
    assert_eq!(canary.as_deref(), Some("chirp"));
    let releases: Value =
        serde_json::from_str(&cluster.helm(&["list", "--all-namespaces", "--output=json"])).unwrap();
    let told = |release: &Value| format!("{} {}", release["name"], release["status"]);
    let releases: Vec<String> = releases.as_array().unwrap().iter().map(told).collect();
    assert_eq!(releases, [r#""connect" "deployed""#, r#""external-secrets" "deployed""#]);
    let undone = "owner=helm,status in (pending-install,pending-upgrade,pending-rollback,uninstalling)";
    assert_eq!(cluster.list("secrets", "", undone), Vec::<Value>::new());
    expect_nothing_open(cluster);
    // A release that was begun twice has another revision.
    inventory(cluster).into_iter().filter(|name| !name.contains("sh.helm.release.v1.")).collect()
}

/// The journal tells of nothing that is still open: it is empty, or of a run before the last snapshot.
fn expect_nothing_open(cluster: &dyn Ground) {
    let document = |name: &str| -> Option<Value> {
        let name = format!("test.onepassword-connect.{name}");
        let secret = cluster.find("secrets", "eggtooth-system", &name)?;
        let bytes = STANDARD.decode(secret["data"]["document"].as_str().unwrap()).unwrap();
        Some(serde_json::from_reader(GzDecoder::new(bytes.as_slice())).unwrap())
    };
    let snapshot = document("snapshot").expect("a snapshot");
    if let Some(journal) = document("journal") {
        let is_empty = journal["entries"].as_array().unwrap().is_empty();
        assert!(is_empty || journal["serial"] != snapshot["serial"], "a step is left open: {journal:#}");
    }
}
