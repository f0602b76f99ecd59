//! Sources of environments, read from what they name: Secrets of a cluster, and the engines of the real Vault.

use std::path::PathBuf;

use kube::config::Kubeconfig;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::project::{Outcome, Project};
use crate::cases::trial;
use crate::cases::workload_identity::{ROOT, Vault};
use crate::cluster::{Cluster, Options};
use crate::ground::{Ground, on_both};

pub(crate) fn trials() -> Vec<Trial> {
    let secrets = on_both(
        "sources::a_secret_of_another_cluster_opens_and_each_refusal_is_told",
        a_secret_of_another_cluster_opens_and_each_refusal_is_told,
    );
    let vault = trial(
        "sources::vault_opens_both_engines_and_each_refusal_is_told",
        vault_opens_both_engines_and_each_refusal_is_told,
    );
    secrets.into_iter().chain([vault]).collect()
}

fn a_secret_of_another_cluster_opens_and_each_refusal_is_told(cluster: &dyn Ground) {
    let project = Project::new(cluster, "sources");
    cluster.create_namespace("nest");
    cluster.apply(&json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "egg", "namespace": "nest" },
        "data": { "song": "Y2hpcnA=", "shell": "gf//AA==" },
    }));
    cluster.apply(&json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": { "name": "robin", "namespace": "default" },
    }));
    let both = contexts(cluster, &project);
    let read = |inputs: &str, path: &str| {
        let call = format!("values:\n  nest:\n    fn::open::kubernetes-secret: {inputs}\n");
        project.write("environments/test.yaml", &call);
        let words =
            ["--kubeconfig", both.to_str().unwrap(), "env", "get", "test", path, "--show-secrets=always"];
        project.run(cluster, words)
    };
    let egg = "{ context: other, namespace: nest, name: egg }";

    assert_eq!(read(egg, "nest.song").expect(0).stdout, "chirp\n");
    assert_eq!(read("{ namespace: nest, name: egg, key: song }", "nest").expect(0).stdout, "chirp\n");
    // What is no text comes as its bytes in base64.
    assert_eq!(read(egg, "nest.shell").expect(0).stdout, "gf//AA==\n");
    let hidden =
        project.run(cluster, ["--kubeconfig", both.to_str().unwrap(), "env", "get", "test", "nest.song"]);
    assert!(!hidden.expect(0).stdout.contains("chirp"), "a value of a Secret is secret");

    let refused = |inputs: &str, texts: &[&str]| told(read(inputs, "nest"), "test.yaml:3:", texts);
    refused(
        "{ context: other, namespace: nest, name: eg }",
        &["there is no Secret nest/eg in the cluster `other`"],
    );
    refused(
        "{ context: other, namespace: nest, name: egg, key: sing }",
        &["the Secret nest/egg has no key `sing`; it has shell, song"],
    );
    refused("{ context: nobody, namespace: nest, name: egg }", &["nobody"]);
    refused(
        "{ context: robin, namespace: nest, name: egg }",
        &["read the Secret nest/egg of the cluster `robin`", "cannot get resource \"secrets\""],
    );
}

/// A kubeconfig with the cluster by three names: the current context, `other`, and `robin`, who may read nothing.
fn contexts(cluster: &dyn Ground, project: &Project) -> PathBuf {
    let mut config = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
    let current = config.current_context.clone().expect("the suite's kubeconfig has a current context");
    let usual = config.contexts.iter().find(|context| context.name == current).expect("it is there").clone();
    let mut other = usual.clone();
    "other".clone_into(&mut other.name);
    let mut robin = usual;
    "robin".clone_into(&mut robin.name);
    robin.context.as_mut().unwrap().user = Some("robin".to_owned());
    config.contexts.extend([other, robin]);
    let token = cluster.token("default", "robin");
    config
        .auth_infos
        .push(serde_json::from_value(json!({ "name": "robin", "user": { "token": token } })).unwrap());
    let path = project.path("contexts.yaml");
    std::fs::write(&path, serde_json::to_string(&config).unwrap()).unwrap();
    path
}

fn vault_opens_both_engines_and_each_refusal_is_told() {
    let cluster = Cluster::start(&Options::default());
    let vault = Vault::start(&cluster);
    let project = Project::new(&cluster, "sources");
    vault.write("team/db", &json!({ "user": "egg", "password": "old" }));
    vault.write("team/db", &json!({ "user": "egg", "password": "new" }));
    vault.write("team/gone", &json!({ "password": "lost" }));
    vault.send("DELETE", "secret/data/team/gone", &Value::Null);
    vault.send("POST", "sys/mounts/plain", &json!({ "type": "kv", "options": { "version": "1" } }));
    vault.send("POST", "plain/team/db", &json!({ "password": "flat" }));
    let open = |inputs: &str, token: &str, path: &str| {
        let call = format!("values:\n  db:\n    fn::open::vault-kv: {inputs}\n");
        project.write("environments/test.yaml", &call);
        let mut command = project.command(&cluster, ["env", "get", "test", path, "--show-secrets=always"]);
        command.env("VAULT_ADDR", &vault.address).env("VAULT_TOKEN", token);
        crate::cases::project::outcome(&mut command)
    };
    let value = |inputs: &str, path: &str| open(inputs, ROOT, path).expect(0).stdout;

    assert_eq!(value("{ path: team/db }", "db.password"), "new\n");
    assert_eq!(value("{ path: team/db, version: 1, key: password }", "db"), "old\n");
    assert_eq!(value("{ mount: plain, engine: 1, path: team/db }", "db.password"), "flat\n");

    let refused = |inputs: &str, text: &str| told(open(inputs, ROOT, "db"), "test.yaml:3:", &[text]);
    refused("{ path: team/nobody }", "there is no secret `team/nobody` in the engine `secret` of Vault");
    refused("{ path: team/gone }", "or its version is deleted");
    refused("{ path: team/db, version: 9 }", "there is no secret `team/db`");
    refused("{ mount: plain, path: team/db }", "or the engine's version is not 2");
    refused("{ path: team/db, key: pass }", "has no key `pass`; it has password, user");
    for wrong in ["hvs.nobody", ""] {
        told(open("{ path: team/db }", wrong, "db"), "test.yaml:3:", &["Vault"]);
    }
}

/// Holds a refusal to its place and its words.
fn told(outcome: Outcome, place: &str, texts: &[&str]) {
    let outcome = outcome.expect(1);
    outcome.says(&[&[place], texts].concat());
}
