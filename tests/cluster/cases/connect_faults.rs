//! An operator and a Connect server that misbehave: `up` waits, heals, or ends with what mends it.

use std::time::Duration;

use libtest_mimic::Trial;

use crate::cases::background::Background;
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::connect::Fault;
use crate::ground::{Ground, on_both};
use crate::wait;

/// Faults that last, what they mean, and a part of the command that mends them.
const LASTING: [(Fault, &str, &str); 4] = [
    (Fault::SyncTimeout, "Connect has not synchronised with 1Password yet: ", "-c connect-sync`"),
    (Fault::InternalError, "Connect is up, but fails inside", "-c connect-api`"),
    (Fault::BadGateway, "not Connect answers at the store's address", "kubectl get pods,services"),
    (Fault::DuplicateVaults, "2 vaults have this name", "write the vault's id"),
];

pub(crate) fn trials() -> Vec<Trial> {
    on_both(
        "connect_faults::what_passes_heals_and_what_stays_is_explained",
        what_passes_heals_and_what_stays_is_explained,
    )
    .into()
}

/// One cluster goes through all of them: each has to leave nothing behind for the next.
fn what_passes_heals_and_what_stays_is_explained(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let project = Project::new(cluster, "faults");
    a_webhook_that_never_serves(cluster, &project);
    for (fault, meaning, remedy) in LASTING {
        a_fault_that_lasts(cluster, &project, &fault, meaning, remedy);
    }
    a_fault_that_passes_while_up_waits(cluster, &project);
    a_refusal_that_the_operator_tries_again(cluster, &project);
    a_slow_start(cluster, &project);
    a_connect_that_never_answers(cluster, &project);
}

fn a_webhook_that_never_serves(cluster: &dyn Ground, project: &Project) {
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

fn a_fault_that_lasts(cluster: &dyn Ground, project: &Project, fault: &Fault, meaning: &str, remedy: &str) {
    cluster.inject(fault.clone());
    let told = project.run(cluster, ["up", "test", "--yes", "--timeout=10"]).expect(6);
    for text in ["not usable", meaning, "hint: ", remedy] {
        assert!(told.stdout.contains(text), "{fault:?}: `{text}` is not in:\n{}", told.stdout);
    }
    cluster.heal();
    // client-go tells of one object 25 times and then once in five minutes, until the operator starts anew: four faults
    // on one store, each with the operator's own tries and ours, would spend them.
    cluster.delete_pods("external-secrets", "app.kubernetes.io/name=external-secrets");
    project.run(cluster, ["verify", "test", "--timeout=30"]).expect(0);
}

fn a_fault_that_passes_while_up_waits(cluster: &dyn Ground, project: &Project) {
    let seen = cluster.requests().len();
    cluster.inject(Fault::SyncTimeout);
    let run = Background::start(&mut project.command(cluster, ["up", "test", "--yes"]));
    wait::expect("Connect to be asked", Duration::from_secs(30), || {
        let asked = cluster.requests().iter().skip(seen).any(|request| request.status == 408);
        asked.then_some(()).ok_or_else(|| "no request got 408".to_owned())
    });
    cluster.heal();
    run.end().expect(0);
}

fn a_refusal_that_the_operator_tries_again(cluster: &dyn Ground, project: &Project) {
    let seen = cluster.requests().len();
    cluster.inject(Fault::ForbiddenTwice);
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
    let refused = cluster.requests().into_iter().skip(seen).filter(|request| request.status == 403);
    assert_eq!(refused.count(), 2, "the operator was to be refused");
    cluster.heal();
}

fn a_slow_start(cluster: &dyn Ground, project: &Project) {
    cluster.inject(Fault::SlowStart(Duration::from_secs(20)));
    cluster.delete_pods("onepassword", "");
    let impatient = project.run(cluster, ["up", "test", "--yes", "--timeout=1"]).expect(6);
    for text in
        ["Deployment onepassword/onepassword-connect is not available: ", "kubectl get events -n onepassword"]
    {
        assert!(impatient.stdout.contains(text), "`{text}` is not in:\n{}", impatient.stdout);
    }
    let told = project.run(cluster, ["up", "test", "--yes"]).expect(0);
    told.says(&["waits for Deployment onepassword/onepassword-connect: 0 of 1 replicas are available"]);
    cluster.heal();
}

/// The operator's client has no limit: what hangs, hangs until Connect goes. The hint says so.
fn a_connect_that_never_answers(cluster: &dyn Ground, project: &Project) {
    cluster.inject(Fault::Hang);
    let told = project.run(cluster, ["up", "test", "--yes", "--timeout=10"]).expect(6);
    let selector = "app=onepassword-connect";
    for text in ["the operator gives no answer", &format!("kubectl delete pods -A -l {selector}")] {
        assert!(told.stdout.contains(text), "`{text}` is not in:\n{}", told.stdout);
    }
    cluster.heal();
    cluster.delete_pods("", selector);
    project.run(cluster, ["up", "test", "--yes", "--timeout=30"]).expect(0);
}
