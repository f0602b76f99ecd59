//! The main job: from empty to a proven store, a second time, and back to empty.

use std::collections::BTreeMap;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::cases::operator::{charts, expect_secret};
use crate::cases::project::{binary, outcome, repository};
use crate::ground::{Ground, on_both};

pub(crate) fn trials() -> Vec<Trial> {
    on_both("bootstrap::production_comes_up_proven_and_goes_again", production_comes_up_proven_and_goes_again)
        .into()
}

fn production_comes_up_proven_and_goes_again(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let eggtooth = |arguments: &[&str]| {
        let key = repository().join("tests/fixtures/keys/production.agekey");
        outcome(binary(cluster, repository()).env("SOPS_AGE_KEY_FILE", key).args(arguments))
    };
    let found = inventory(cluster);

    let first = eggtooth(&["up", "production", "--yes"]).expect(0);
    assert!(
        first.stdout.contains("usable") && first.stdout.contains("has the expected value"),
        "{}",
        first.stdout
    );
    assert!(first.stderr.contains("cluster: { uid:"), "the cluster's uid is told:\n{}", first.stderr);
    let store = cluster.get("clustersecretstores", "", "onepassword");
    let ready = &store["status"]["conditions"][0];
    assert_eq!(
        (ready["reason"].as_str(), ready["status"].as_str()),
        (Some("Valid"), Some("True")),
        "{store}"
    );
    expect_secret(cluster, "fresh", "correct horse battery staple");
    helm_knows_the_releases(cluster);

    let before = versions(cluster);
    let second = eggtooth(&["up", "production", "--yes"]).expect(0);
    assert!(
        second.stdout.contains("10 unchanged in ") && !second.stdout.contains("created"),
        "{}",
        second.stdout
    );
    assert_eq!(changed(&before, &versions(cluster)), Vec::<String>::new());
    eggtooth(&["preview", "production", "--detailed-exitcode"]).expect(0);

    let stopped = eggtooth(&["destroy", "production", "--yes"]).expect(1);
    for told in ["! ExternalSecret default/fresh would go with it", "! Secret default/fresh would go with it"]
    {
        assert!(stopped.stdout.contains(told), "`{told}` is not in:\n{}", stopped.stdout);
    }
    stopped.says(&["2 objects of others would be lost: 1 ExternalSecret, 1 Secret", "`--allow-loss 2`"]);
    assert_eq!(
        changed(&before, &versions(cluster)),
        Vec::<String>::new(),
        "a destroy that stops takes nothing"
    );
    eggtooth(&["destroy", "production", "--yes", "--allow-loss=1"]).expect(1);
    eggtooth(&["destroy", "production", "--yes", "--allow-loss=2"]).expect(0);
    // The garbage collector may take half a minute to hear of a new kind; the Secret is ours to remove.
    cluster.delete("secrets", "default", "fresh");
    assert_eq!(inventory(cluster), found, "the cluster is as it was found");

    eggtooth(&["up", "production", "--yes"]).expect(0);
}

/// Helm lists, tells and reads both releases.
fn helm_knows_the_releases(cluster: &dyn Ground) {
    let list: Value =
        serde_json::from_str(&cluster.helm(&["list", "--all-namespaces", "--output=json"])).unwrap();
    let names: Vec<&str> =
        list.as_array().unwrap().iter().filter_map(|release| release["name"].as_str()).collect();
    assert_eq!(names, ["connect", "external-secrets"]);
    for (name, namespace) in [("connect", "onepassword"), ("external-secrets", "external-secrets")] {
        let history = cluster.helm(&["history", name, "--namespace", namespace]);
        assert!(history.contains("deployed"), "{history}");
        let manifest = cluster.helm(&["get", "manifest", name, "--namespace", namespace]);
        assert!(manifest.contains("kind: Deployment"));
        cluster.helm(&["get", "values", name, "--namespace", namespace]);
    }
}

/// The names of all that a destroyed bootstrap could leave behind.
pub(crate) fn inventory(cluster: &dyn Ground) -> Vec<String> {
    let kinds = [
        "namespaces",
        "customresourcedefinitions",
        "clusterroles",
        "clusterrolebindings",
        "validatingwebhookconfigurations",
        "mutatingwebhookconfigurations",
        "secrets",
        "deployments",
        "services",
        "networkpolicies",
        "leases",
    ];
    cluster.versions(&kinds).into_iter().map(|(name, _)| name).collect()
}

/// Each object's resourceVersion, but those of objects that a second `up` may touch or that beat by themselves.
pub(crate) fn versions(cluster: &dyn Ground) -> BTreeMap<String, String> {
    let kinds = [
        "namespaces",
        "customresourcedefinitions",
        "clusterroles",
        "clusterrolebindings",
        "roles",
        "rolebindings",
        "serviceaccounts",
        "secrets",
        "services",
        "validatingwebhookconfigurations",
        "networkpolicies",
        "clustersecretstores",
        "configmaps",
        "deployments",
    ];
    cluster.versions(&kinds).into_iter().filter(|(name, _)| !name.ends_with("-canary")).collect()
}

pub(crate) fn changed(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    before
        .keys()
        .chain(after.keys().filter(|name| !before.contains_key(*name)))
        .filter(differs)
        .cloned()
        .collect()
}
