//! An operator and a Connect server that misbehave: `up` waits, heals, or ends with what mends it.

use std::time::Duration;

use libtest_mimic::Trial;

use crate::cases::background::Background;
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::connect::Fault;
use crate::wait;

/// Faults that last, what they mean, and a part of the command that mends them.
const LASTING: [(Fault, &str, &str); 4] = [
    (Fault::SyncTimeout, "Connect has not synchronised with 1Password yet: ", "-c connect-sync`"),
    (Fault::InternalError, "Connect is up, but fails inside", "-c connect-api`"),
    (Fault::BadGateway, "not Connect answers at the store's address", "kubectl get pods,services"),
    (Fault::DuplicateVaults, "2 vaults have this name", "write the vault's id"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "connect_faults::what_passes_heals_and_what_stays_is_explained",
        what_passes_heals_and_what_stays_is_explained,
    )]
}

/// One cluster goes through all of them: each has to leave nothing behind for the next.
fn what_passes_heals_and_what_stays_is_explained() {
    if charts().is_none() {
        return;
    }
    let cluster = Cluster::start(&Options::default());
    let project = Project::new(&cluster, "faults");
    a_webhook_that_never_serves(&cluster, &project);
    for (fault, meaning, remedy) in LASTING {
        a_fault_that_lasts(&cluster, &project, &fault, meaning, remedy);
    }
    a_fault_that_passes_while_up_waits(&cluster, &project);
    a_refusal_that_the_operator_tries_again(&cluster, &project);
    a_slow_start(&cluster, &project);
    a_connect_that_never_answers(&cluster, &project);
}

fn a_webhook_that_never_serves(cluster: &Cluster, project: &Project) {
    let whole = project.read("environments/test.yaml");
    let broken = "operator: { values: { webhook: { image: { repository: no-such-image } } } }";
    project.edit("      stores:\n", &format!("      {broken}\n      stores:\n"));
    project.run(cluster, ["up", "test", "--yes", "--timeout=8"]).expect(6).says(&[
        "the webhook of External Secrets does not serve after 8 s: ",
        "external-secrets-webhook",
        "hint: look at the operator's pods: `kubectl get pods",
    ]);
    project.write("environments/test.yaml", &whole);
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
}

fn a_fault_that_lasts(cluster: &Cluster, project: &Project, fault: &Fault, meaning: &str, remedy: &str) {
    cluster.connect_faults().set(fault.clone());
    let told = project.run(cluster, ["up", "test", "--yes", "--timeout=10"]).expect(6);
    for text in ["not usable", meaning, "hint: ", remedy] {
        assert!(told.stdout.contains(text), "{fault:?}: `{text}` is not in:\n{}", told.stdout);
    }
    cluster.connect_faults().clear();
    // The operator tells of one object 25 times and then hardly at all, until it starts anew.
    let operator = "--selector=app.kubernetes.io/name=external-secrets";
    cluster.kubectl(["delete", "pods", "--namespace=external-secrets", operator]);
    project.run(cluster, ["verify", "test", "--timeout=30"]).expect(0);
}

fn a_fault_that_passes_while_up_waits(cluster: &Cluster, project: &Project) {
    let seen = cluster.connect().requests().len();
    cluster.connect_faults().set(Fault::SyncTimeout);
    let run = Background::start(&mut project.command(cluster, ["up", "test", "--yes"]));
    wait::until("Connect to be asked", Duration::from_secs(30), || {
        let asked = cluster.connect().requests().iter().skip(seen).any(|request| request.status == 408);
        asked.then_some(()).ok_or("no request got 408")
    })
    .unwrap();
    cluster.connect_faults().clear();
    run.end().expect(0);
}

fn a_refusal_that_the_operator_tries_again(cluster: &Cluster, project: &Project) {
    let seen = cluster.connect().requests().len();
    cluster.connect_faults().set(Fault::ForbiddenTwice);
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
    let refused = cluster.connect().requests().into_iter().skip(seen).filter(|request| request.status == 403);
    assert_eq!(refused.count(), 2, "the operator was to be refused");
    cluster.connect_faults().clear();
}

fn a_slow_start(cluster: &Cluster, project: &Project) {
    cluster.connect_faults().set(Fault::SlowStart(Duration::from_secs(6)));
    cluster.kubectl(["delete", "pods", "--namespace=onepassword", "--all"]);
    let impatient = project.run(cluster, ["up", "test", "--yes", "--timeout=1"]).expect(6);
    for text in
        ["Deployment onepassword/onepassword-connect is not available: ", "kubectl get events -n onepassword"]
    {
        assert!(impatient.stdout.contains(text), "`{text}` is not in:\n{}", impatient.stdout);
    }
    let told = project.run(cluster, ["up", "test", "--yes"]).expect(0);
    told.says(&["waits for Deployment onepassword/onepassword-connect: 0 of 1 replicas are available"]);
    cluster.connect_faults().clear();
}

/// The operator's client has no limit: what hangs, hangs until Connect goes. The hint says so.
fn a_connect_that_never_answers(cluster: &Cluster, project: &Project) {
    cluster.connect_faults().set(Fault::Hang);
    let told = project.run(cluster, ["up", "test", "--yes", "--timeout=10"]).expect(6);
    let command = "kubectl delete pods -A -l app=onepassword-connect";
    for text in ["the operator gives no answer", command] {
        assert!(told.stdout.contains(text), "`{text}` is not in:\n{}", told.stdout);
    }
    cluster.connect_faults().clear();
    cluster.kubectl(command.split(' ').skip(1));
    project.run(cluster, ["up", "test", "--yes", "--timeout=30"]).expect(0);
}
