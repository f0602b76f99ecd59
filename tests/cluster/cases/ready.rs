//! What is known before the first write: rights that are missing, and fields that a kind does not have.

use std::collections::BTreeMap;
use std::path::PathBuf;

use kube::config::Kubeconfig;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::inventory;
use crate::cases::operator::charts;
use crate::cases::project::{Outcome, Project};
use crate::ground::{Ground, on_both};

pub(crate) fn trials() -> Vec<Trial> {
    on_both(
        "ready::what_a_plan_lacks_is_named_before_any_write_and_with_just_that_it_comes_up",
        what_a_plan_lacks_is_named_before_any_write_and_with_just_that_it_comes_up,
    )
    .into()
}

fn what_a_plan_lacks_is_named_before_any_write_and_with_just_that_it_comes_up(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let project = Project::new(cluster, "ready");
    let metadata = json!({"name": "robin", "namespace": "default"});
    cluster.apply(&json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}));
    grant(cluster, &[json!({"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get"]})]);
    let kubeconfig = kubeconfig(cluster, &project);
    let kubeconfig = kubeconfig.to_str().unwrap();
    let found = inventory(cluster);

    a_field_that_the_kind_does_not_have_is_told(cluster);
    assert_eq!(inventory(cluster), found, "something was written");

    let refused = project.run(cluster, ["--kubeconfig", kubeconfig, "up", "test", "--yes"]).expect(1);
    let missing = missing(&refused);
    let refused = refused.says(&[
        "does not allow system:serviceaccount:default:robin",
        "\n  create namespaces\n",
        "\n  create leases.coordination.k8s.io in eggtooth-system\n",
        "\n  list secrets in eggtooth-system\n",
        "\n  patch secrets in onepassword\n",
        "\n  create customresourcedefinitions.apiextensions.k8s.io\n",
        "\n  patch clustersecretstores.external-secrets.io\n",
        "\n  patch externalsecrets.external-secrets.io in external-secrets\n",
        "hint: grant it to system:serviceaccount:default:robin",
    ]);
    assert!(
        !refused.stderr.contains("get namespaces"),
        "what is allowed is not missing:\n{}",
        refused.stderr
    );
    assert_eq!(inventory(cluster), found, "something was written");

    grant(cluster, &missing);
    let brought = project.run(cluster, ["--kubeconfig", kubeconfig, "up", "test", "--yes"]).expect(0);
    assert!(brought.stdout.contains("has the expected value"), "{}", brought.stdout);
    project.run(cluster, ["--kubeconfig", kubeconfig, "up", "test", "--yes"]).expect(0);
    a_refresh_forgets_what_is_gone(cluster, &project);
    let end =
        project.run(cluster, ["--kubeconfig", kubeconfig, "destroy", "test", "--yes", "--allow-loss=1"]);
    end.expect(1).says(&["delete deployments.apps in onepassword", "delete namespaces in eggtooth-system"]);
}

/// What somebody deleted is forgotten, and the next run makes it anew.
fn a_refresh_forgets_what_is_gone(cluster: &dyn Ground, project: &Project) {
    cluster.delete("networkpolicies", "onepassword", "onepassword-connect");
    let policy = "kubernetes:NetworkPolicy onepassword/onepassword-connect";
    let shown = project.run(cluster, ["refresh", "test", "--preview-only"]).expect(0);
    assert!(shown.stdout.contains(&format!("- {policy}")), "{}", shown.stdout);
    project.run(cluster, ["refresh", "test"]).expect(64).says(&["--yes"]);
    project.run(cluster, ["refresh", "test", "--yes"]).expect(0).says(&["is as the cluster is now"]);
    project.run(cluster, ["refresh", "test", "--yes"]).expect(0).says(&["is as it was"]);
    let plan = project.run(cluster, ["preview", "test"]).expect(0);
    assert!(plan.stdout.contains("1 to create"), "{}", plan.stdout);
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
}

/// The store comes with the chart's own objects, so that it is checked against a definition of the same chart.
fn a_field_that_the_kind_does_not_have_is_told(cluster: &dyn Ground) {
    let project = Project::new(cluster, "ready");
    let store = r"      operator:
        values:
          extraObjects:
            - apiVersion: external-secrets.io/v1
              kind: ClusterSecretStore
              metadata: { name: wrong }
              spec:
                provider:
                  onepassword:
                    connectHost: http://connect:8080
                    vualts: { production: 1 }
                    auth: { secretRef: { connectTokenSecretRef: { name: t, key: k, namespace: default } } }
      stores:
";
    project.edit("      stores:\n", store);
    let path = "ClusterSecretStore wrong: spec.provider.onepassword";
    for verb in [&["up", "test", "--yes"][..], &["preview", "test"]] {
        project.run(cluster, verb.iter().copied()).expect(1).says(&[
            &format!("{path}: unknown field `vualts`"),
            "did you mean `vaults`?",
            &format!("{path}: `vaults` is missing"),
        ]);
    }
}

/// The rules that would allow what a run said is missing.
fn missing(outcome: &Outcome) -> Vec<Value> {
    let mut rules: BTreeMap<(String, String, Option<String>), Vec<String>> = BTreeMap::new();
    let mut paths = Vec::new();
    for line in outcome.stderr.lines().filter_map(|line| line.strip_prefix("  ")) {
        let what = line.split(" in ").next().unwrap();
        let mut words = what.split(' ');
        let (verb, resource) = (words.next().unwrap(), words.next().unwrap());
        if resource.starts_with('/') {
            paths.push(json!({"nonResourceURLs": [resource], "verbs": [verb]}));
            continue;
        }
        let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
        let key = (group.to_owned(), resource.to_owned(), words.next().map(str::to_owned));
        rules.entry(key).or_default().push(verb.to_owned());
    }
    let rule = |((group, resource, name), verbs): ((String, String, Option<String>), Vec<String>)| {
        let mut rule = json!({"apiGroups": [group], "resources": [resource], "verbs": verbs});
        if let Some(name) = name {
            rule["resourceNames"] = json!([name]);
        }
        rule
    };
    rules.into_iter().map(rule).chain(paths).collect()
}

/// Grants rules to the `ServiceAccount`, beside those that it has.
fn grant(cluster: &dyn Ground, rules: &[Value]) {
    let name = format!("robin-{}", rules.len());
    cluster.apply(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": rules,
    }));
    cluster.apply(&json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "robin", "namespace": "default"}],
    }));
}

/// A kubeconfig by which the `ServiceAccount` comes.
fn kubeconfig(cluster: &dyn Ground, project: &Project) -> PathBuf {
    let path = project.path("robin.kubeconfig");
    let administrator = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    let mut config = serde_json::to_value(administrator).unwrap();
    config["users"][0]["user"] = json!({"token": cluster.token("default", "robin")});
    std::fs::write(&path, config.to_string()).unwrap();
    path
}
