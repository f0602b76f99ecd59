//! The stack `central-store`, with the real operator: a labelled namespace gets its Secret, a new master reaches all, and a
//! namespace that lost its label is free.

use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::{changed, inventory, versions};
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::ground::{Ground, on_both};
use crate::wait;

const ENVIRONMENT: &str = r#"values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  stacks:
    central-store:
      catalogue:
        - name: application-docker-registry
          target: gh-docker-registry-creds
          shape: imagePull
          values: { registry: ghcr.io, username: bot, token: "${bootstrap.token}" }
          namespaces: [shop]
        - name: cloudflare-api-token
          shape: cloudflareToken
          values: { api-token: "${bootstrap.cloudflare}" }
          namespaces: [shop]
"#;
const PULL: &str = "gh-docker-registry-creds";
const LABEL: &str = "secrets/gh-docker-registry-creds";

pub(crate) fn trials() -> Vec<Trial> {
    on_both(
        "central_store::a_label_brings_the_secret_and_takes_it_away_and_a_new_master_reaches_all",
        a_label_brings_the_secret_and_takes_it_away_and_a_new_master_reaches_all,
    )
    .into()
}

fn a_label_brings_the_secret_and_takes_it_away_and_a_new_master_reaches_all(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let found = inventory(cluster);
    let project = Project::new(cluster, "central");
    project.write("environments/test.yaml", ENVIRONMENT);
    let seal = |token: &str| project.seal_secrets(cluster, &json!({"token": token, "cloudflare": "cf"}));
    let up = || project.run(cluster, ["up", "test", "--yes"]).expect(0);

    seal("first");
    let told = up();
    assert!(told.stdout.contains("has the expected value"), "{}", told.stdout);
    wait_for_token(cluster, "shop", Some("first"));
    let again = ["preview", "test", "--detailed-exitcode"];
    project.run(cluster, again).expect(0);
    let before = versions(cluster);
    up();
    assert_eq!(changed(&before, &versions(cluster)), Vec::<String>::new());

    // A namespace of somebody else's asks for it by the label.
    cluster.create_namespace("guest");
    let label = |value: Value| {
        cluster.merge("namespaces", "", "guest", &json!({"metadata": {"labels": {LABEL: value}}}));
    };
    label("true".into());
    wait_for_token(cluster, "guest", Some("first"));

    // The entries are looked at once an hour: it is the change itself that reaches all.
    seal("second");
    up();
    wait_for_token(cluster, "shop", Some("second"));
    wait_for_token(cluster, "guest", Some("second"));

    label(Value::Null);
    wait_for_token(cluster, "guest", None);
    let planned = project.run(cluster, again).expect(2);
    assert!(planned.stdout.contains("guest lost the label"), "{}", planned.stdout);
    up();
    cluster.delete("namespaces", "", "guest");

    a_reader_without_its_right_is_explained(cluster, &project);
    project.run(cluster, ["destroy", "test", "--yes", "--allow-loss=99"]).expect(0);
    assert_eq!(inventory(cluster), found, "the cluster is as it was found");
}

/// A binding that somebody took away is found, told, and put back.
fn a_reader_without_its_right_is_explained(cluster: &dyn Ground, project: &Project) {
    cluster.delete("rolebindings", "central-secret-store", "central-secret-store");
    let refused = project.run(cluster, ["verify", "test"]).expect(6);
    let text = format!("{}{}", refused.stdout, refused.stderr);
    assert!(text.contains("may not read the Secrets"), "{text}");
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
}

/// Waits until the namespace has an image-pull Secret with this token, or none at all.
fn wait_for_token(cluster: &dyn Ground, namespace: &str, token: Option<&str>) {
    wait::expect(&format!("{namespace} to have {token:?}"), Duration::from_mins(1), || {
        let found = cluster.secret(namespace, PULL, ".dockerconfigjson").and_then(|data| password(&data));
        if found.as_deref() == token { Ok(()) } else { Err(format!("it has {found:?}")) }
    });
    if token.is_some() {
        let kind = cluster.text("secrets", namespace, PULL, "/type");
        assert_eq!(kind, "kubernetes.io/dockerconfigjson");
    }
}

/// The password by which a kubelet would pull.
fn password(data: &str) -> Option<String> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let config: Value = serde_json::from_str(data).ok()?;
    let auth = config["auths"]["ghcr.io"]["auth"].as_str()?;
    let pair = String::from_utf8(STANDARD.decode(auth).ok()?).ok()?;
    pair.strip_prefix("bot:").map(str::to_owned)
}
