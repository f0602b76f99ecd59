//! The stack `onepassword-connect` as a whole, with the real operator: two stores, a Secret of each form, a pod that has
//! them, a rotated key, a refused token, and back to empty.

use std::time::Duration;

use eggtooth::external_secrets::{Access, OnePasswordSdk, SecretKey, Store, StoreReference};
use eggtooth::resource::redacted;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::{changed, inventory, versions};
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::connect::{Credentials, Fault};
use crate::wait;

/// The suite's controller is older than the chart and shares one client between Connect stores: it is to look at one
/// ExternalSecret at a time.
const ENVIRONMENT: &str = r#"values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  stacks:
    onepassword-connect:
      operator: { concurrent: 1, logLevel: debug }
      connect:
        credentials: ${bootstrap.credentials}
        token: ${bootstrap.token}
        serviceMonitor: { namespace: monitoring }
      stores:
        - { name: onepassword-secret-store, kind: SecretStore, namespace: apps, vaults: { secrets: 1 }, canary: { item: canary, equals: "${bootstrap.canary}" } }
        - { name: onepassword-cluster-store, vaults: { infrastructure: 1, applications: 2 }, canary: { item: shared, equals: infrastructure } }
      externalSecrets:
        - { name: database, namespace: apps, store: onepassword-cluster-store, database: postgres }
        - { name: url, namespace: apps, store: onepassword-cluster-store, connectionString: { item: postgres } }
        - { name: keys, namespace: apps, store: onepassword-secret-store, apiKeys: { PAY: bank, MAIL: post/key } }
        - { name: web, namespace: apps, store: onepassword-cluster-store, tls: web }
        - { name: signing, namespace: apps, store: onepassword-cluster-store, rotatingKey: signing, refreshInterval: 2s }
      readers: [{ name: app, namespace: apps }]
      documents:
        - apiVersion: external-secrets.io/v1beta1
          kind: ExternalSecret
          metadata: { name: old, namespace: apps }
          spec:
            refreshInterval: 1h0m0s
            secretStoreRef: { kind: SecretStore, name: onepassword-secret-store }
            target: { name: old }
            data: [{ secretKey: song, remoteRef: { key: canary, property: password } }]
"#;
const VAULTS: [(&str, &str); 3] = [
    ("secrets", "ssssssssssssssssssssssssss"),
    ("infrastructure", "iiiiiiiiiiiiiiiiiiiiiiiiii"),
    ("applications", "pppppppppppppppppppppppppp"),
];
const MINUTE: Duration = Duration::from_mins(1);

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "onepassword_connect::a_pod_has_a_secret_of_each_form_and_the_rotated_key_and_all_goes_again",
        a_pod_has_a_secret_of_each_form_and_the_rotated_key_and_all_goes_again,
    )]
}

fn a_pod_has_a_secret_of_each_form_and_the_rotated_key_and_all_goes_again() {
    if charts().is_none() {
        return;
    }
    let cluster = Cluster::start(&Options::default());
    cluster.connect().vaults().write(&vaults());
    let found = inventory(&cluster);
    let token = Credentials::from_seed("forms").token(&VAULTS.map(|(_, id)| id));
    let project = Project::with_token(&cluster, "forms", &token);
    project.write("environments/test.yaml", ENVIRONMENT);
    let up = || project.run(&cluster, ["up", "test", "--yes"]).expect(0);

    let told = up();
    assert_eq!(told.stdout.matches("has the expected value").count(), 2, "{}", told.stdout);
    assert!(
        told.stdout.contains("ServiceMonitor onepassword/onepassword-connect is left out"),
        "{}",
        told.stdout
    );
    told.says(&["`apiVersion` is an old form", "write `apiVersion: external-secrets.io/v1`"]);
    the_operator_runs_as_it_was_told(&cluster);
    each_secret_has_its_form(&cluster);
    a_reader_may_read_its_own_and_nothing_else(&cluster);

    project.run(&cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);
    let before = versions(&cluster);
    up();
    assert_eq!(changed(&before, &versions(&cluster)), Vec::<String>::new());

    let pod = consumer(&cluster);
    assert!(pod.variables().contains(&"password=correct horse".to_owned()), "{:?}", pod.variables());
    pod.wait_for_file("current", "first");
    let vaults = cluster.connect().vaults();
    vaults.set_field("applications", "signing", "previous", "first");
    vaults.set_field("applications", "signing", "current", "second");
    pod.wait_for_file("current", "second");
    pod.wait_for_file("previous", "first");

    the_vault_with_the_lower_number_comes_first(&cluster, &project);
    a_service_monitor_comes_with_its_kind(&cluster, &project);
    a_store_without_connect_passes_the_webhook(&cluster, &project);
    onepasswords_own_operator_comes_when_asked(&cluster, &project);

    cluster.connect_faults().set(Fault::Unauthorized);
    let refused = project.run(&cluster, ["verify", "test"]).expect(6);
    let text = format!("{}{}", refused.stdout, refused.stderr);
    assert!(text.contains("Connect refuses the token"), "{text}");
    cluster.connect_faults().clear();
    up();

    cluster.kubectl(["delete", "pod", "consumer", "--namespace=apps", "--timeout=60s"]);
    project.run(&cluster, ["destroy", "test", "--yes", "--allow-loss=99"]).expect(0);
    // As with helm, the definition of `crds/` stays.
    cluster.kubectl([
        "delete",
        "crd",
        "servicemonitors.monitoring.coreos.com",
        "onepassworditems.onepassword.com",
    ]);
    assert_eq!(inventory(&cluster), found, "the cluster is as it was found");
}

fn vaults() -> Value {
    let item = |number: usize, title: &str, fields: &[(&str, &str)]| {
        let fields = fields.iter().map(
            |(label, value)| json!({ "id": label, "type": "CONCEALED", "label": label, "value": value }),
        );
        json!({ "id": format!("item{number:022}"), "title": title, "category": "LOGIN", "version": 1, "tags": [],
            "fields": fields.collect::<Vec<_>>() })
    };
    let postgres = [
        ("username", "dragon"),
        ("password", "correct horse"),
        ("database", "eggs"),
        ("host", "db.internal"),
        ("port", "5432"),
    ];
    let items = [
        vec![
            item(1, "canary", &[("password", "chirp")]),
            item(2, "bank", &[("credential", "pay-key")]),
            item(3, "post", &[("key", "mail-key")]),
        ],
        vec![item(4, "postgres", &postgres), item(5, "shared", &[("password", "infrastructure")])],
        vec![
            item(6, "shared", &[("password", "applications")]),
            item(7, "web", &[("tls.crt", "certificate"), ("tls.key", "key")]),
            item(8, "signing", &[("current", "first"), ("previous", "none")]),
        ],
    ];
    let vault = |((name, id), items): ((&str, &str), Vec<Value>)| json!({ "id": id, "name": name, "type": "USER_CREATED", "items": items });
    json!({ "vaults": VAULTS.into_iter().zip(items).map(vault).collect::<Vec<_>>() })
}

fn the_operator_runs_as_it_was_told(cluster: &Cluster) {
    let path = "--output=jsonpath={.spec.template.spec.containers[0].args}";
    let arguments =
        cluster.kubectl(["get", "deployment", "external-secrets", "--namespace=external-secrets", path]);
    assert!(arguments.contains("--concurrent=1") && arguments.contains("--loglevel=debug"), "{arguments}");
}

fn each_secret_has_its_form(cluster: &Cluster) {
    expect_data(
        cluster,
        "database",
        "Opaque",
        &[("database", "eggs"), ("password", "correct horse"), ("username", "dragon")],
    );
    let url = "postgresql://dragon:correct+horse@db.internal:5432/eggs";
    expect_data(cluster, "url", "Opaque", &[("DATABASE_URL", url)]);
    expect_data(cluster, "keys", "Opaque", &[("MAIL", "mail-key"), ("PAY", "pay-key")]);
    expect_data(cluster, "web", "kubernetes.io/tls", &[("tls.crt", "certificate"), ("tls.key", "key")]);
    expect_data(cluster, "signing", "Opaque", &[("current", "first"), ("previous", "none")]);
    expect_data(cluster, "old", "Opaque", &[("song", "chirp")]);
    let intervals = "--output=jsonpath={range .items[*]}{.metadata.name}={.spec.refreshInterval} {.spec.target.creationPolicy} {.spec.target.deletionPolicy}{\"\\n\"}{end}";
    let listed = cluster.kubectl(["get", "externalsecrets", "--namespace=apps", intervals]);
    for wanted in ["database=1h0m0s Owner Retain", "keys=6h0m0s Owner Retain", "web=24h0m0s Owner Retain"] {
        assert!(listed.lines().any(|line| line == wanted), "{wanted} is not in\n{listed}");
    }
}

/// Waits until a Secret has the type and exactly these data.
fn expect_data(cluster: &Cluster, name: &str, kind: &str, data: &[(&str, &str)]) {
    let template = "--output=go-template={{.type}}{{range $key, $value := .data}};{{$key}}={{$value | base64decode}}{{end}}";
    let pairs = data.iter().map(|(key, value)| format!(";{key}={value}")).collect::<Vec<_>>().concat();
    let wanted = format!("{kind}{pairs}");
    let get = ["get", "secret", name, "--namespace=apps", "--ignore-not-found", template];
    cluster.wait_for(&format!("{name} to be {wanted}"), MINUTE, &get, |found| found == wanted);
}

fn a_reader_may_read_its_own_and_nothing_else(cluster: &Cluster) {
    let may = |verb: &str, what: &str| {
        let asked = ["auth", "can-i", verb, what, "--namespace=apps", "--as=system:serviceaccount:apps:app"];
        let output = cluster.tool("kubectl").args(asked).output().unwrap();
        String::from_utf8_lossy(&output.stdout).trim() == "yes"
    };
    assert!(may("get", "secret/database") && may("get", "secret/web"));
    assert!(
        !may("get", "secret/onepassword-token")
            && !may("list", "secrets")
            && !may("update", "secret/database")
    );
}

/// A pod with a Secret as its variables and another one as files.
fn consumer(cluster: &Cluster) -> Pod {
    let container = json!({ "name": "main", "image": "ghcr.io/stefanprodan/podinfo:6.14.1",
        "command": ["./podinfo", "--port=9898", "--config-path=/keys"],
        "envFrom": [{ "secretRef": { "name": "database" } }],
        "volumeMounts": [{ "name": "keys", "mountPath": "/keys" }] });
    cluster.apply(&json!({ "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "consumer", "namespace": "apps" },
        "spec": { "containers": [container],
            "volumes": [{ "name": "keys", "secret": { "secretName": "signing" } }] } }));
    let get =
        ["get", "pod", "consumer", "--namespace=apps", "--output=jsonpath={.status.podIP} {.status.phase}"];
    cluster.wait_for("the consumer to run", MINUTE, &get, |found| found.ends_with(" Running"));
    let address = cluster.kubectl(get).split(' ').next().unwrap().to_owned();
    Pod { address }
}

struct Pod {
    address: String,
}

impl Pod {
    fn variables(&self) -> Vec<String> {
        serde_json::from_value(self.get("env").unwrap()).unwrap()
    }

    fn wait_for_file(&self, name: &str, wanted: &str) {
        wait::until(&format!("{name} to be {wanted}"), MINUTE, || match self.get("configs") {
            Some(files) if files[name] == wanted => Ok(()),
            found => Err(format!("{found:?}")),
        })
        .unwrap();
    }

    fn get(&self, path: &str) -> Option<Value> {
        crate::podinfo::get(&self.address, path)
    }
}

fn the_vault_with_the_lower_number_comes_first(cluster: &Cluster, project: &Project) {
    project.edit("infrastructure: 1, applications: 2", "infrastructure: 2, applications: 1");
    project.edit("equals: infrastructure", "equals: applications");
    let told = project.run(cluster, ["up", "test", "--yes"]).expect(0);
    assert_eq!(told.stdout.matches("has the expected value").count(), 2, "{}", told.stdout);
}

fn a_service_monitor_comes_with_its_kind(cluster: &Cluster, project: &Project) {
    let schema = json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true });
    let names = json!({ "kind": "ServiceMonitor", "plural": "servicemonitors" });
    cluster.apply(&json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "servicemonitors.monitoring.coreos.com" },
        "spec": { "group": "monitoring.coreos.com", "names": names, "scope": "Namespaced",
            "versions": [{ "name": "v1", "served": true, "storage": true, "schema": { "openAPIV3Schema": schema } }] },
    }));
    let wait = "--for=condition=Established";
    cluster.kubectl(["wait", wait, "crd/servicemonitors.monitoring.coreos.com", "--timeout=60s"]);
    let told = project.run(cluster, ["up", "test", "--yes"]).expect(0);
    assert!(!told.stdout.contains("is left out"), "{}", told.stdout);
    let port = "--output=jsonpath={.spec.endpoints[0].port}";
    let get = ["get", "servicemonitor", "onepassword-connect", "--namespace=onepassword", port];
    assert_eq!(cluster.kubectl(get), "connect-api");
}

/// Its image is closed to us: its pod is pretended, and what the API server takes is what the real one would run as.
fn onepasswords_own_operator_comes_when_asked(cluster: &Cluster, project: &Project) {
    project.edit("        serviceMonitor:", "        operator: true\n        serviceMonitor:");
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
    let path = "--output=jsonpath={.status.availableReplicas} {range .spec.template.spec.containers[0].env[?(@.name==\"OP_CONNECT_TOKEN\")]}{.valueFrom.secretKeyRef.name}/{.valueFrom.secretKeyRef.key}{end}";
    let get = ["get", "deployment", "onepassword-connect-operator", "--namespace=onepassword", path];
    cluster.wait_for("1Password's operator", MINUTE, &get, |found| found == "1 onepassword-token/token");
    project.write(
        "item.json",
        &json!({ "apiVersion": "onepassword.com/v1", "kind": "OnePasswordItem",
            "metadata": { "name": "db", "namespace": "apps" }, "spec": { "itemPath": "vaults/v/items/i" } })
        .to_string(),
    );
    let file = project.path("item.json");
    cluster.kubectl(["apply", "--dry-run=server", "-f", file.to_str().unwrap()]);
    // Beside the operator and Prometheus it is the only one that the policy lets in.
    let peers = "--output=jsonpath={.spec.ingress[0].from[*].podSelector.matchLabels.name}";
    let get = ["get", "networkpolicy", "onepassword-connect", "--namespace=onepassword", peers];
    assert_eq!(cluster.kubectl(get), "onepassword-connect");
    project.run(cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);
}

/// 1Password's cloud can't be asked here; what we write is held to the real definition and the real webhook.
fn a_store_without_connect_passes_the_webhook(cluster: &Cluster, project: &Project) {
    let store = |namespace: Option<&str>, secret: &str| {
        let token = SecretKey { namespace: secret.into(), name: "account".into(), key: "token".into() };
        let access = Access::OnePasswordSdk(OnePasswordSdk { vault: "production".into(), token });
        let reference = StoreReference { namespace: namespace.map(str::to_owned), name: "sdk".into() };
        let store = Store { reference, conditions: Vec::new(), refresh_interval: None, access };
        project.write("store.json", &redacted(&store.manifest()).to_string());
        let file = project.path("store.json");
        let output =
            cluster.tool("kubectl").args(["apply", "--dry-run=server", "-f"]).arg(file).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (namespace, secret) in [(None, "onepassword"), (Some("apps"), "apps")] {
        let (passed, told) = store(namespace, secret);
        assert!(passed, "{told}");
    }
    let (passed, told) = store(Some("apps"), "elsewhere");
    assert!(!passed && told.contains("denied the request"), "the webhook looks at this provider: {told}");
}
