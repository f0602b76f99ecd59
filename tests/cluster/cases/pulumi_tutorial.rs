//! The stack `pulumi-esc` with the real operator, as Pulumi's tutorial has it: from empty to podinfo's variables, a new
//! value, a refused token, and back to empty.

use std::time::Duration;

use eggtooth::rehearsal::Port;
use eggtooth::rehearsal::programs::pulumi_esc::EscEnvironments;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::{changed, inventory, versions};
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::wait;

/// The suite's controller is older than the chart: it looks for the token's reference where it was before.
const ENVIRONMENT: &str = r#"values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  esc:
    fn::open::pulumi-esc: { organization: acme, project: hatchery, environment: dev, accessToken: "${bootstrap.own}", apiUrl: "SERVER" }
  pulumiConfig:
    pulumi-pat: ${bootstrap.token}
  stacks:
    pulumi-esc:
      accessToken: ${pulumiConfig.pulumi-pat}
      stores:
        - name: secret-store
          organization: acme
          project: hatchery
          environment: dev
          apiUrl: SERVER/api/esc
          tokenAtRoot: true
          canary: { key: app.hello-secret, equals: "${bootstrap.canary}" }
        - { name: inbox, organization: acme, project: hatchery, environment: inbox, apiUrl: SERVER/api/esc, tokenAtRoot: true }
      externalSecrets:
        - { name: app, namespace: podinfo, store: secret-store, extract: app, refreshInterval: 10s, follows: "${esc.app}" }
        - { name: database, namespace: podinfo, store: secret-store, data: { PASSWORD: database.password } }
      pushSecrets:
        - { name: app, namespace: podinfo, store: inbox, secret: app, data: { hello: pushed.hello }, refreshInterval: 10s }
      podinfo: { externalSecret: app, environment: { FROM_ESC_VIA_ESO: hello, FROM_ESC_VIA_ESO_2: hello-secret } }
"#;
const NAME: &str = "acme/hatchery/dev";
const INBOX: &str = "acme/hatchery/inbox";
const TOKEN: &str = "pul-egg";
const MINUTE: Duration = Duration::from_mins(1);

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "pulumi_tutorial::podinfo_shows_a_value_and_the_next_one_and_a_refused_token_is_explained",
        podinfo_shows_a_value_and_the_next_one_and_a_refused_token_is_explained,
    )]
}

fn podinfo_shows_a_value_and_the_next_one_and_a_refused_token_is_explained() {
    if charts().is_none() {
        return;
    }
    let cluster = Cluster::start(&Options::default());
    let found = inventory(&cluster);
    let inbox = json!({ "kept": "as it is" });
    let environments = EscEnvironments::default().token(TOKEN).environment(INBOX, inbox);
    let say = |greeting: &str| drop(environments.clone().environment(NAME, values(greeting)));
    say("world");
    let served = serve(&cluster, &environments);
    let project = Project::new(&cluster, "esc");
    let address = format!("http://{}", served.address());
    project.write("environments/test.yaml", &ENVIRONMENT.replace("SERVER", &address));
    let seal = |token: &str| {
        project.seal_secrets(&cluster, &json!({ "token": token, "own": TOKEN, "canary": "chirp" }));
    };
    let up = || project.run(&cluster, ["up", "test", "--yes"]).expect(0);

    // A file's newline does not go with the token into the Secret.
    seal(&format!("{TOKEN}\n"));
    let told = up();
    assert!(told.stdout.contains("has the expected value"), "{}", told.stdout);
    expect_variables(&cluster, &["FROM_ESC_VIA_ESO=world", "FROM_ESC_VIA_ESO_2=chirp"]);
    wait_for_value(&cluster, "database", "PASSWORD", "correct horse");
    let outputs = project.run(&cluster, ["outputs", "test"]).expect(0).stdout;
    assert!(outputs.contains("external-secrets") && outputs.contains("podinfo"), "{outputs}");
    expect_pushed(&environments, "world");

    project.run(&cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);
    let before = versions(&cluster);
    up();
    assert_eq!(changed(&before, &versions(&cluster)), Vec::<String>::new());

    // The Secret is fetched before podinfo is started anew: its variables are the new ones at once.
    say("moon");
    up();
    expect_variables(&cluster, &["FROM_ESC_VIA_ESO=moon", "FROM_ESC_VIA_ESO_2=chirp"]);
    expect_pushed(&environments, "moon");

    // The store stays `Valid` whatever its token is worth: only the canary tells.
    seal("pul-cuckoo");
    let refused = project.run(&cluster, ["up", "test", "--yes"]).expect(6);
    let text = format!("{}{}", refused.stdout, refused.stderr);
    assert!(text.contains("Pulumi refuses the access token"), "{text}");
    assert!(!text.contains("cuckoo"), "{text}");
    seal(TOKEN);
    up();

    project.run(&cluster, ["destroy", "test", "--yes", "--allow-loss=99"]).expect(0);
    assert_eq!(inventory(&cluster), found, "the cluster is as it was found");
}

fn values(greeting: &str) -> Value {
    json!({
        "app": { "hello": greeting, "hello-secret": { "fn::secret": "chirp" } },
        "database": { "password": { "fn::secret": "correct horse" } },
    })
}

/// Pulumi's API where the cluster's pods reach it.
fn serve(cluster: &Cluster, environments: &EscEnvironments) -> Port {
    let server: http::Uri = cluster.server_url().parse().unwrap();
    let host = server.host().unwrap().to_owned();
    cluster.block_on(async {
        let listener = tokio::net::TcpListener::bind((host, 0)).await.unwrap();
        environments.serve(listener).unwrap()
    })
}

/// What podinfo's only pod answers on `/env`.
fn expect_variables(cluster: &Cluster, wanted: &[&str]) {
    let output = "--output=jsonpath={range .items[?(@.status.phase==\"Running\")]}{.metadata.deletionTimestamp}{.status.podIP}{\"\\n\"}{end}";
    let listed = cluster.kubectl(["get", "pods", "--namespace=podinfo", output]);
    let addresses: Vec<&str> = listed.lines().filter(|line| !line.contains('T')).collect();
    let [address] = addresses[..] else { panic!("podinfo has not one pod: {listed}") };
    let shown: Vec<String> = serde_json::from_value(crate::podinfo::get(address, "env").unwrap()).unwrap();
    for variable in wanted {
        assert!(shown.iter().any(|one| one == variable), "{variable} is not in {shown:?}");
    }
}

/// The operator writes the whole environment back: what was in it stays.
fn expect_pushed(environments: &EscEnvironments, greeting: &str) {
    let wanted = json!({ "kept": "as it is", "pushed": { "hello": greeting } });
    wait::until("the pushed value", MINUTE, || match environments.values(INBOX) {
        Some(values) if values == wanted => Ok(()),
        values => Err(format!("{values:?}")),
    })
    .unwrap();
}

fn wait_for_value(cluster: &Cluster, name: &str, key: &str, value: &str) {
    let output = format!("--output=go-template={{{{index .data \"{key}\" | base64decode}}}}");
    cluster.wait_for(
        &format!("{name} to have {value}"),
        MINUTE,
        &["get", "secret", name, "--namespace=podinfo", &output],
        |found| found == value,
    );
}
