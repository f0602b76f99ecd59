//! The stack `cluster-secrets`: what was made once reaches the tools of one cluster after the other.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::inventory;
use crate::cases::project::{Outcome, Project, outcome};
use crate::cases::trial;
use crate::cluster::{Cluster, Options};

const ENVIRONMENT: &str = "values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  pulumiConfig: ${bootstrap}
  stacks:
    cluster-secrets:
      cloudflare: ${pulumiConfig.cloudflare}
      flux: ${pulumiConfig.flux}
      pulumi: ${pulumiConfig.pulumi}
      ssh: ${pulumiConfig.ssh}
";
const SECRETS: &str = "bootstrap/secrets/test.sops.yaml";
const HOST: &str =
    "git.test ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPGXxugidOWSoUOHOuNmMGD7UP9QfiFBWRKS577L9/Pa";
/// Follows Flux's key as its source-controller would, and tells the token that it was started with.
const FOLLOW: &str = "echo tunnel $TUNNEL; last=; while :; do now=$(cat /keys/identity.pub); \
    [ \"$now\" = \"$last\" ] || echo \"$now\"; last=$now; sleep 0.2; done";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "cluster_secrets::keys_are_made_once_reach_their_users_and_outlive_the_cluster",
        keys_are_made_once_reach_their_users_and_outlive_the_cluster,
    )]
}

fn keys_are_made_once_reach_their_users_and_outlive_the_cluster() {
    let cluster = Cluster::start(&Options::default());
    let found = inventory(&cluster);
    let project = Project::new(&cluster, "own");
    project.write("environments/test.yaml", ENVIRONMENT);
    project.seal_secrets(
        &cluster,
        &json!({
            "cloudflare": { "api_token": "cf-api\n", "tunnel_token": "first-tunnel" },
            "flux": { "known_hosts": HOST },
        }),
    );
    let path = "pulumiConfig.flux.ssh_private_key";
    let generate = |more: &[&str]| {
        let words = ["env", "set", "test", path, "--generate", "ssh-key"];
        project.run(&cluster, words.iter().chain(more).copied()).expect(0).stdout
    };
    let first = generate(&[]);
    assert!(first.starts_with("ssh-ed25519 ") && first.trim_end().ends_with("@test"), "{first}");
    assert_eq!(generate(&[]), first, "a key that is there stays");
    let node = "bootstrap.ssh.node1_private_key";
    project.run(&cluster, ["env", "set", "test", node, "--generate", "ssh-key"]).expect(0);
    set_from_onepassword(&cluster, &project).expect(0);

    let up = |cluster: &Cluster| project.run(cluster, ["up", "test", "--yes"]).expect(0);
    up(&cluster);
    let told = project.run(&cluster, ["outputs", "test"]).expect(0).stdout;
    assert!(told.contains(first.trim_end()), "{told}");
    start_consumer(&cluster);
    wait_for_log(&cluster, &["tunnel first-tunnel", first.trim_end()]);
    assert_eq!(secret(&cluster, "cert-manager", "cloudflare-api-token", "api-token"), "cf-api");
    let pulumi = secret(&cluster, "external-secrets", "pulumi-access-token", "PULUMI_ACCESS_TOKEN");
    assert_eq!(pulumi, "pul-chirp");
    // Flux wants its three keys, the private one with its last line ended.
    assert_eq!(secret(&cluster, "flux-system", "flux-system", "known_hosts"), HOST);
    let key = secret(&cluster, "flux-system", "flux-system", "identity");
    assert!(key.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----\n") && key.ends_with("KEY-----\n"));
    let kind = ["get", "secret", "node1-ssh-key", "--namespace=node-access", "--output=jsonpath={.type}"];
    assert_eq!(cluster.kubectl(kind), "kubernetes.io/ssh-auth");

    project.run(&cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);
    let before = written(&cluster);
    up(&cluster);
    assert_eq!(written(&cluster), before);

    let second = generate(&["--replace"]);
    assert_ne!(second, first);
    up(&cluster);
    wait_for_log(&cluster, &[second.trim_end()]);

    // A key whose lines were joined, as a form for passwords does it, is told before anything is written.
    let kept = project.read(SECRETS);
    let before = written(&cluster);
    let joined = json!({ "flux": { "known_hosts": HOST, "ssh_private_key": key.replace('\n', " ") } });
    project.seal_secrets(&cluster, &with_the_rest(joined));
    let refused = project.run(&cluster, ["up", "test", "--yes"]).expect(1);
    let refused =
        refused.says(&["environments/test.yaml:", "SSH key: its lines were joined to one", "env set ENV"]);
    assert!(!refused.stderr.contains("PRIVATE KEY"), "{}", refused.stderr);
    assert_eq!(written(&cluster), before);
    project.write(SECRETS, &kept);

    // The cluster is lost: the next one has the same keys, and nobody has to register anything anew.
    let rebuilt = Cluster::start(&Options::default());
    up(&rebuilt);
    let public = secret(&rebuilt, "flux-system", "flux-system", "identity.pub");
    assert_eq!(public.trim_end(), second.trim_end());
    drop(rebuilt);

    cluster.kubectl(["delete", "deployment", "follower", "--namespace=flux-system", "--timeout=30s"]);
    project.run(&cluster, ["destroy", "test", "--yes", "--allow-loss=99"]).expect(0);
    assert_eq!(inventory(&cluster), found, "the cluster is as it was found");
}

fn with_the_rest(mut secrets: Value) -> Value {
    secrets["cloudflare"] = json!({ "api_token": "cf-api" });
    secrets["pulumi"] = json!({});
    secrets["ssh"] = json!({});
    secrets
}

/// Sets a token by a reference, which a stand-in for `op` resolves; the token is on no command line.
fn set_from_onepassword(cluster: &Cluster, project: &Project) -> Outcome {
    let script = "#!/bin/sh\nexec sed 's,{{ op://infra/pulumi/token }},pul-chirp,'\n";
    project.write("op", script);
    std::fs::set_permissions(project.path("op"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let words =
        ["env", "set", "test", "bootstrap.pulumi.access_token", "op://infra/pulumi/token", "--secret"];
    let mut command: Command = project.command(cluster, words);
    let path =
        std::env::join_paths([project.path("")].into_iter().chain(std::env::split_paths("/usr/bin:/bin")));
    outcome(command.env("PATH", path.unwrap()))
}

/// A pod that has Flux's key as files and the tunnel's token in its environment.
fn start_consumer(cluster: &Cluster) {
    let tunnel = secret(cluster, "cloudflared", "tunnel-token", "token");
    let labels = json!({ "app": "follower" });
    cluster.apply(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "follower", "namespace": "flux-system" },
        "spec": { "selector": { "matchLabels": labels }, "template": {
            "metadata": { "labels": labels },
            "spec": {
                "terminationGracePeriodSeconds": 1,
                "containers": [{
                    "name": "follower", "image": "busybox:1", "args": ["-c", FOLLOW],
                    "env": [{ "name": "TUNNEL", "value": tunnel }],
                    "volumeMounts": [{ "name": "keys", "mountPath": "/keys" }],
                }],
                "volumes": [{ "name": "keys", "secret": { "secretName": "flux-system" } }],
            },
        } },
    }));
}

fn wait_for_log(cluster: &Cluster, lines: &[&str]) {
    let logs = ["logs", "deployment/follower", "--namespace=flux-system"];
    cluster.wait_for(&format!("the consumer to have {lines:?}"), Duration::from_mins(1), &logs, |log| {
        lines.iter().all(|line| log.lines().any(|found| found == *line))
    });
}

/// What there is, each with its version.
fn written(cluster: &Cluster) -> String {
    let path = "--output=jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} \
                {.metadata.resourceVersion}{\"\\n\"}{end}";
    cluster.kubectl(["get", "namespaces,secrets", "--all-namespaces", path])
}

fn secret(cluster: &Cluster, namespace: &str, name: &str, key: &str) -> String {
    let template = format!("--output=go-template={{{{index .data \"{key}\" | base64decode}}}}");
    cluster.kubectl(["get", "secret", name, "--namespace", namespace, &template])
}
