//! The stack `sealed-secrets`, with the real controller and kubeseal: what is sealed here opens there, also after the
//! cluster is lost.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use eggtooth::sealed_secrets::KeyPair;
use jiff::Timestamp;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::inventory;
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::cases::trial;
use crate::cluster::{Cluster, Options};

const ENVIRONMENT: &str = "values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  stacks:
    sealed-secrets:
      keys: ${bootstrap.sealedSecrets.keys}
      values: { keycutofftime: \"CUTOFF\" }
";
const SECRETS: &str = "bootstrap/secrets/test.sops.yaml";
const DEFINITION: &str = "customresourcedefinitions /sealedsecrets.bitnami.com";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("sealed_secrets::a_sealed_file_outlives_the_cluster", a_sealed_file_outlives_the_cluster)]
}

fn a_sealed_file_outlives_the_cluster() {
    if charts().is_none() {
        return;
    }
    let cluster = Cluster::start(&Options::default());
    let found = inventory(&cluster);
    let project = Project::new(&cluster, "seal");
    project.write("environments/test.yaml", &ENVIRONMENT.replace("CUTOFF", ""));
    project.seal_secrets(&cluster, &json!({ "other": "chirp" }));
    let (secrets, certificate) = (text(&project, SECRETS), text(&project, "sealing.pem"));
    let new_key = ["seal", "new-key", &secrets, "--key-size", "2048", "--cert-out", &certificate];
    project.run(&cluster, new_key).expect(0);

    project.run(&cluster, ["up", "test", "--yes"]).expect(0);
    cluster.kubectl(["create", "namespace", "nest"]);
    let first = seal(&cluster, &project, "correct horse");
    assert_eq!(first["spec"]["encryptedData"].as_object().unwrap().len(), 1);
    consume(&cluster, &first, "correct horse");
    project.run(&cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);
    consume(&cluster, &seal(&cluster, &project, "battery staple"), "battery staple");
    assert_eq!(shape(seal_with_kubeseal(&cluster, &certificate)), shape(first.clone()));
    consume(&cluster, &seal_with_kubeseal(&cluster, &certificate), "of kubeseal");

    // The controller renews its pair; the backup has it, and a second one changes nothing.
    let now = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    project.write("environments/test.yaml", &ENVIRONMENT.replace("CUTOFF", &now));
    project.run(&cluster, ["up", "test", "--yes"]).expect(0);
    wait_for_keys(&cluster, 2);
    project
        .run(&cluster, ["seal", "backup", &secrets])
        .expect(0)
        .says(&["1 more of the cluster's 2 key pairs"]);
    let before = project.read(SECRETS);
    project.run(&cluster, ["seal", "backup", &secrets]).expect(0).says(&["has all 2 key pairs"]);
    assert_eq!(project.read(SECRETS), before);
    let renewed = project.run(&cluster, ["seal", "cert", &secrets]).expect(0).stdout;
    assert_ne!(renewed, project.read("sealing.pem"));
    project.write("sealing.pem", &renewed);
    let second = seal(&cluster, &project, "renewed");
    consume(&cluster, &second, "renewed");

    // A key that is not its certificate's is told before anything is written.
    let [one, other] = [(); 2].map(|()| KeyPair::generate(2048, Timestamp::now()).unwrap());
    #[expect(clippy::disallowed_methods, reason = "the test's own key")]
    let mixed = json!([{ "certificate": one.certificate, "key": other.key.expose() }]);
    project.seal_secrets(&cluster, &json!({ "sealedSecrets": { "keys": mixed } }));
    let refused = project.run(&cluster, ["up", "test", "--yes"]).expect(1);
    let refused = refused.says(&["key pair 1: the private key does not match the certificate", "git log -p"]);
    assert!(!refused.stderr.contains("PRIVATE KEY"), "{}", refused.stderr);
    project.write(SECRETS, &before);

    // The cluster is lost: another one opens the old files, of both pairs.
    let rebuilt = Cluster::start(&Options::default());
    project.run(&rebuilt, ["up", "test", "--yes"]).expect(0);
    rebuilt.kubectl(["create", "namespace", "nest"]);
    consume(&rebuilt, &first, "correct horse");
    consume(&rebuilt, &second, "renewed");
    drop(rebuilt);

    cluster.kubectl(["delete", "namespace", "nest"]);
    project.run(&cluster, ["up", "test", "--yes"]).expect(0);
    // The key pair that the controller made is not ours: it goes only when that is said.
    let refused = project.run(&cluster, ["destroy", "test", "--yes"]).expect(1);
    assert!(refused.stderr.contains("1 objects of others would be lost: 1 Secret"), "{}", refused.stderr);
    project.run(&cluster, ["destroy", "test", "--yes", "--allow-loss=1"]).expect(0);
    // As with helm, the definition stays: all sealed objects would go with it.
    let left: Vec<String> = inventory(&cluster).into_iter().filter(|name| name != DEFINITION).collect();
    assert_eq!(left, found, "the cluster is as it was found");
}

fn text(project: &Project, name: &str) -> String {
    project.path(name).to_str().unwrap().to_owned()
}

fn secret(value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": { "name": "egg", "namespace": "nest", "labels": { "of": "hen" } },
        "stringData": { "yolk": value },
    })
}

/// Seals by `eggtooth seal`.
fn seal(cluster: &Cluster, project: &Project, value: &str) -> Value {
    project.write("secret.json", &secret(value).to_string());
    let (file, certificate) = (text(project, "secret.json"), text(project, "sealing.pem"));
    let sealed = project.run(cluster, ["seal", &file, "--cert", &certificate, "-o", "json"]).expect(0);
    assert!(!sealed.stdout.contains(value), "{}", sealed.stdout);
    serde_json::from_str(&sealed.stdout).unwrap()
}

fn seal_with_kubeseal(cluster: &Cluster, certificate: impl AsRef<Path>) -> Value {
    let mut kubeseal = cluster.tool("kubeseal");
    kubeseal.arg("--cert").arg(certificate.as_ref());
    let mut child = kubeseal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(secret("of kubeseal").to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is left of a SealedSecret without its ciphertexts and the empty fields that Go writes.
fn shape(mut sealed: Value) -> Value {
    for (_, value) in sealed["spec"]["encryptedData"].as_object_mut().unwrap() {
        *value = "sealed".into();
    }
    for metadata in ["/metadata", "/spec/template/metadata"] {
        let metadata = sealed.pointer_mut(metadata).unwrap().as_object_mut().unwrap();
        metadata.retain(|_, value| !value.is_null());
    }
    sealed
}

/// Applies a sealed file and waits until a pod that takes its value runs.
fn consume(cluster: &Cluster, sealed: &Value, value: &str) {
    cluster.apply(sealed);
    cluster.apply(&json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "hen", "namespace": "nest" },
        "spec": { "containers": [{
            "name": "hen", "image": "hen:1",
            "env": [{ "name": "YOLK", "valueFrom": { "secretKeyRef": { "name": "egg", "key": "yolk" } } }],
        }] },
    }));
    let template = "--output=go-template={{.data.yolk | base64decode}}";
    let patience = Duration::from_mins(1);
    let get = ["get", "secret", "egg", "--namespace=nest", template];
    cluster.wait_for(&format!("the Secret to have `{value}`"), patience, &get, |found| found == value);
    let phase = ["get", "pod", "hen", "--namespace=nest", "--output=jsonpath={.status.phase}"];
    cluster.wait_for("its consumer to run", patience, &phase, |found| found == "Running");
}

fn wait_for_keys(cluster: &Cluster, count: usize) {
    let label = "--selector=sealedsecrets.bitnami.com/sealed-secrets-key=active";
    let get = ["get", "secrets", "--namespace=sealed-secrets", label, "--output=name"];
    let patience = Duration::from_mins(1);
    cluster.wait_for("the controller's new key pair", patience, &get, |found| found.lines().count() == count);
}
