//! The stack `pulumi-esc`: from empty to a consumer's value, a rotation, a refused token.

use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::inventory;
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::ground::{Ground, on_both};
use crate::wait;

/// The suite's controller is older than the chart: it looks for the token's reference where it was before.
const ENVIRONMENT: &str = r#"values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  stacks:
    pulumi-esc:
      accessToken: ${bootstrap.token}
      stores:
        - name: esc
          organization: acme
          project: hatchery
          environment: dev
          apiUrl: API
          tokenAtRoot: true
          canary: { key: app.canary, equals: "${bootstrap.canary}" }
      externalSecrets:
        - { name: settings, namespace: app, store: esc, extract: app, refreshInterval: 1s }
        - { name: database, namespace: app, store: esc, data: { PASSWORD: database.password } }
"#;
const NAME: &str = "acme/hatchery/dev";
const TOKEN: &str = "pul-egg";

pub(crate) fn trials() -> Vec<Trial> {
    on_both(
        "pulumi_esc::a_consumer_gets_its_value_and_the_next_one_and_a_refused_token_is_explained",
        a_consumer_gets_its_value_and_the_next_one_and_a_refused_token_is_explained,
    )
    .into()
}

fn a_consumer_gets_its_value_and_the_next_one_and_a_refused_token_is_explained(cluster: &dyn Ground) {
    if charts().is_none() {
        return;
    }
    let found = inventory(cluster);
    let esc = cluster.esc();
    let _ = esc.environments.clone().token(TOKEN).environment(NAME, values("world"));
    let project = Project::new(cluster, "esc");
    project.write("environments/test.yaml", &ENVIRONMENT.replace("API", &esc.url));
    let seal = |token: &str| project.seal_secrets(cluster, &json!({"token": token, "canary": "chirp"}));

    // A file's newline does not go with the token into the Secret.
    seal(&format!("{TOKEN}\n"));
    let told = project.run(cluster, ["up", "test", "--yes"]).expect(0);
    assert!(told.stdout.contains("has the expected value"), "{}", told.stdout);
    wait_for_value(cluster, "settings", "FROM_ESC", "world");
    wait_for_value(cluster, "database", "PASSWORD", "correct horse");
    project.run(cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);

    let _ = esc.environments.clone().environment(NAME, values("moon"));
    wait_for_value(cluster, "settings", "FROM_ESC", "moon");

    // The store stays `Valid` whatever its token is worth: only the canary tells.
    seal("pul-cuckoo");
    let refused = project.run(cluster, ["up", "test", "--yes"]).expect(6);
    let text = format!("{}{}", refused.stdout, refused.stderr);
    assert!(text.contains("Pulumi refuses the access token"), "{text}");
    assert!(!text.contains("cuckoo"), "{text}");
    seal(TOKEN);
    project.run(cluster, ["up", "test", "--yes"]).expect(0);

    project.run(cluster, ["destroy", "test", "--yes", "--allow-loss=3"]).expect(0);
    assert_eq!(inventory(cluster), found, "the cluster is as it was found");
}

fn values(greeting: &str) -> Value {
    json!({
        "app": {"FROM_ESC": greeting, "canary": {"fn::secret": "chirp"}},
        "database": {"password": {"fn::secret": "correct horse"}},
    })
}

fn wait_for_value(cluster: &dyn Ground, name: &str, key: &str, value: &str) {
    wait::expect(&format!("{name} to have {value}"), Duration::from_mins(1), || {
        let found = cluster.secret("app", name, key);
        if found.as_deref() == Some(value) { Ok(()) } else { Err(format!("it has {found:?}")) }
    });
}
