//! The stack `workload-identity`, with the real operator and the real Vault, which asks the real API server who a token
//! belongs to (TokenReview): no credential anywhere, a new value reaches its pod, and environments stay apart.

use std::process::{Child, Stdio};
use std::time::Duration;

use eggtooth::external_secrets::{
    Access, Aws, Azure, Caller, Condition, Gcp, Store, StoreReference, Workload,
};
use eggtooth::resource::{ObjectName, redacted};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::{changed, inventory, versions};
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::cases::trial;
use crate::cluster::{Cluster, Options};
use crate::wait;

const ENVIRONMENT: &str = r#"values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  stacks:
    workload-identity:
      environments:
        prod: { namespaces: [prod-shop], namespaceRegexes: ["prod-.*"] }
        nonprod: { namespaces: [dev-shop], namespaceRegexes: ["(dev|staging)-.*"] }
      stores:
        - name: vault-prod
          environment: prod
          vault: { server: "SERVER", role: prod, audience: vault }
          canary: { key: prod/canary, property: song, equals: "${bootstrap.canary}" }
        - name: vault-nonprod
          environment: nonprod
          vault: { server: "SERVER", role: nonprod, audience: vault }
          canary: { key: nonprod/canary, property: song }
      bootstrap:
        - namespace: argocd
          name: fleet
          shape: argocdRepository
          values: { url: "https://git.test/fleet.git", username: git, password: "${bootstrap.git}" }
        - { namespace: flux-system, name: sops-age, shape: fluxSops, values: { age.agekey: "${bootstrap.age}" } }
      restarts:
        - { workload: Deployment, namespace: prod-shop, name: shop, secrets: [database] }
"#;
pub(crate) const ROOT: &str = "root-of-the-test";

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "workload_identity::vault_knows_the_service_accounts_and_environments_stay_apart",
        vault_knows_the_service_accounts_and_environments_stay_apart,
    )]
}

fn vault_knows_the_service_accounts_and_environments_stay_apart() {
    if charts().is_none() {
        return;
    }
    let cluster = Cluster::start(&Options::default());
    let vault = Vault::start(&cluster);
    let found = inventory(&cluster);
    let project = Project::new(&cluster, "identity");
    project.write("environments/test.yaml", &ENVIRONMENT.replace("SERVER", &vault.address));
    project.seal_secrets(&cluster, &json!({ "canary": "chirp", "git": "pass", "age": "AGE-SECRET-KEY-1" }));
    let up = || project.run(&cluster, ["up", "test", "--yes"]).expect(0);

    let told = up();
    assert!(told.stdout.contains("has the expected value"), "{}", told.stdout);
    let labels = "--selector=argocd.argoproj.io/secret-type=repository";
    assert!(
        cluster.kubectl(["get", "secrets", "--namespace=argocd", labels, "--output=name"]).contains("fleet")
    );
    consume(&cluster, "vault-prod");
    wait_for_log(&cluster, "first");
    // The pods were there before anybody knew what they were started for.
    let planned = project.run(&cluster, ["preview", "test", "--detailed-exitcode"]).expect(2);
    assert!(planned.stdout.contains("changed since its pods were started"), "{}", planned.stdout);
    up();
    project.run(&cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);
    let before = versions(&cluster);
    up();
    let is_ours = |name: &String| !name.contains("shop");
    assert_eq!(changed(&before, &versions(&cluster)).into_iter().filter(is_ours).count(), 0);

    // The Secret follows Vault by itself; what reads it once is started anew by the next run.
    vault.write("prod/database", &json!({ "password": "second" }));
    let template = "--output=go-template={{.data.password | base64decode}}";
    let get = ["get", "secret", "database", "--namespace=prod-shop", template];
    cluster.wait_for("the Secret to follow", Duration::from_mins(1), &get, |found| found == "second");
    up();
    wait_for_log(&cluster, "second");
    let annotation = "--output=jsonpath={.spec.template.metadata.annotations.eggtooth\\.dev/started-for}";
    let mark = cluster.kubectl(["get", "deployment", "shop", "--namespace=prod-shop", annotation]);
    assert!(mark.len() == 32 && !mark.contains("second"), "{mark}");
    project.run(&cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);

    // What preview proves, the operator does: the other environment's store is not for this namespace.
    external_secret(&cluster, "trespass", "vault-nonprod", "nonprod/canary", "song");
    let events = ["get", "events", "--namespace=prod-shop", "--output=jsonpath={.items[*].message}"];
    cluster.wait_for("the operator to refuse", Duration::from_mins(1), &events, |events| {
        events.contains("\"vault-nonprod\" is not allowed from namespace \"prod-shop\"")
    });
    cluster.kubectl(["delete", "externalsecret", "trespass", "--namespace=prod-shop"]);

    what_is_not_apart_is_refused(&cluster, &project);
    a_role_for_another_account_is_explained(&cluster, &project, &vault);
    stores_of_clouds_pass_the_operators_webhook(&cluster);

    cluster.kubectl(["delete", "deployment/shop", "externalsecret/database", "--namespace=prod-shop"]);
    project.run(&cluster, ["destroy", "test", "--yes", "--allow-loss=99"]).expect(0);
    assert_eq!(inventory(&cluster), found, "the cluster is as it was found");
}

/// Patterns that overlap and a credential are refused before anything is written; conditions that somebody changed are
/// found, told, and put back.
fn what_is_not_apart_is_refused(cluster: &Cluster, project: &Project) {
    let kept = project.read("environments/test.yaml");
    let refused = |from: &str, to: &str, texts: &[&str]| {
        project.edit(from, to);
        project.run(cluster, ["preview", "test"]).expect(1).says(texts);
        project.write("environments/test.yaml", &kept);
    };
    refused("(dev|staging)-.*", ".*-shop", &["are not apart: the namespace `prod-shop` would be in both"]);
    refused("role: nonprod", "role: prod", &["is the identity of a store of `prod`, too"]);
    refused("role: nonprod", "token: \"${bootstrap.git}\"", &["does not change by itself"]);

    let open = r#"{"spec":{"conditions":[{"namespaceRegexes":["shop"]}]}}"#;
    cluster.kubectl(["patch", "clustersecretstore", "vault-nonprod", "--type=merge", "--patch", open]);
    let verdict = project.run(cluster, ["verify", "test"]).expect(6);
    let text = format!("{}{}", verdict.stdout, verdict.stderr);
    assert!(text.contains("namespaces of another environment get at this store"), "{text}");
    assert!(text.contains("its conditions let in prod-shop"), "{text}");
    // What somebody owns now is not taken from him: the store is made anew.
    project
        .run(cluster, ["up", "test", "--yes"])
        .expect(1)
        .says(&[".spec.conditions is owned by kubectl-patch"]);
    cluster.kubectl(["delete", "clustersecretstore", "vault-nonprod"]);
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
}

fn a_role_for_another_account_is_explained(cluster: &Cluster, project: &Project, vault: &Vault) {
    vault.bind("prod", "somebody-else");
    let refused = project.run(cluster, ["verify", "test"]).expect(6);
    let text = format!("{}{}", refused.stdout, refused.stderr);
    assert!(text.contains("Vault's role is for another service account"), "{text}");
    vault.bind("prod", "vault-prod");
    project.run(cluster, ["up", "test", "--yes"]).expect(0);
}

/// The clouds themselves can't be here: what is rendered for them passes the definitions and the real webhook.
fn stores_of_clouds_pass_the_operators_webhook(cluster: &Cluster) {
    let aws = |json| Workload::Aws(serde_json::from_value::<Aws>(json).unwrap());
    let gcp = |json| Workload::Gcp(serde_json::from_value::<Gcp>(json).unwrap());
    let azure = |json| Workload::Azure(serde_json::from_value::<Azure>(json).unwrap());
    let gke = json!({ "location": "europe-west1", "name": "c" });
    let workloads = [
        aws(json!({ "service": "SecretsManager", "region": "eu-west-1", "role": "arn:aws:iam::1:role/r" })),
        aws(json!({ "service": "ParameterStore", "region": "eu-west-1", "podIdentity": true })),
        gcp(json!({ "projectId": "p", "serviceAccount": "r@p.iam.gserviceaccount.com", "cluster": gke })),
        gcp(
            json!({ "projectId": "p", "serviceAccount": "r@p.iam.gserviceaccount.com", "federationAudience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q" }),
        ),
        azure(json!({ "vaultUrl": "https://v.vault.test", "tenantId": "t", "clientId": "c" })),
    ];
    for (index, workload) in workloads.into_iter().enumerate() {
        for namespace in [None, Some("prod-shop".to_owned())] {
            let home = namespace.as_deref().unwrap_or("external-secrets");
            let caller = if workload.has_account() {
                Caller::Account(ObjectName::namespaced(home, "reader"))
            } else {
                Caller::Operator
            };
            let conditions = match namespace {
                None => vec![Condition { namespaces: vec!["prod-shop".to_owned()], ..Condition::default() }],
                Some(_) => Vec::new(),
            };
            let store = Store {
                reference: StoreReference { namespace, name: format!("cloud-{index}") },
                conditions,
                refresh_interval: None,
                access: Access::Workload(workload.clone(), caller),
            };
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), redacted(&store.manifest()).to_string()).unwrap();
            let path = file.path().to_str().unwrap();
            cluster.kubectl(["apply", "--server-side", "--dry-run=server", "-f", path]);
        }
    }
}

/// A pod that has a value of a production store in its environment, which it reads once.
pub(crate) fn consume(cluster: &Cluster, store: &str) {
    external_secret(cluster, "database", store, "prod/database", "password");
    let labels = json!({ "app": "shop" });
    cluster.apply(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": "shop", "namespace": "prod-shop" },
        "spec": { "selector": { "matchLabels": labels }, "template": {
            "metadata": { "labels": labels },
            "spec": {
                "terminationGracePeriodSeconds": 1,
                "containers": [{
                    "name": "shop", "image": "busybox:1", "args": ["-c", "echo $PASSWORD; exec sleep 1000"],
                    "env": [{ "name": "PASSWORD", "valueFrom": { "secretKeyRef": { "name": "database", "key": "password" } } }],
                }],
            },
        } },
    }));
}

fn external_secret(cluster: &Cluster, name: &str, store: &str, key: &str, property: &str) {
    cluster.apply(&json!({
        "apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
        "metadata": { "name": name, "namespace": "prod-shop" },
        "spec": {
            "refreshInterval": "1s",
            "secretStoreRef": { "kind": "ClusterSecretStore", "name": store },
            "data": [{ "secretKey": property, "remoteRef": { "key": key, "property": property } }],
        },
    }));
}

pub(crate) fn wait_for_log(cluster: &Cluster, line: &str) {
    let logs = ["logs", "deployment/shop", "--namespace=prod-shop"];
    cluster.wait_for(&format!("the consumer to have {line}"), Duration::from_mins(1), &logs, |log| {
        log.lines().any(|found| found == line)
    });
}

/// The real Vault, where the cluster's pods reach it.
pub(crate) struct Vault<'a> {
    cluster: &'a Cluster,
    pub(crate) address: String,
    process: Child,
}

impl<'a> Vault<'a> {
    /// Starts it with Kubernetes auth by this cluster's reviews of tokens, and two roles that read what is theirs.
    pub(crate) fn start(cluster: &'a Cluster) -> Self {
        let server = cluster.server_url();
        let host = server.parse::<http::Uri>().unwrap().host().unwrap().to_owned();
        let process = cluster
            .tool("vault-server")
            .args(["-listen", &format!("{host}:8200"), "-token", ROOT])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let vault = Self { cluster, address: format!("http://{host}:8200"), process };
        let healthy = || vault.try_send("GET", "sys/health", &Value::Null);
        wait::until("Vault to serve", Duration::from_mins(1), healthy).unwrap();
        vault.send("POST", "sys/mounts/secret", &json!({ "type": "kv", "options": { "version": "2" } }));
        vault.send("POST", "sys/auth/kubernetes", &json!({ "type": "kubernetes" }));
        vault.send(
            "POST",
            "auth/kubernetes/config",
            &json!({
                "kubernetes_host": server,
                "kubernetes_ca_cert": cluster.kubectl([
                    "get", "configmap", "kube-root-ca.crt", "--namespace=default", "--output=jsonpath={.data.ca\\.crt}",
                ]),
                "token_reviewer_jwt": reviewer(cluster),
                "disable_local_ca_jwt": true,
            }),
        );
        for environment in ["prod", "nonprod"] {
            let policy = format!("path \"secret/data/{environment}/*\" {{ capabilities = [\"read\"] }}");
            vault.send("PUT", &format!("sys/policies/acl/{environment}"), &json!({ "policy": policy }));
            vault.bind(environment, &format!("vault-{environment}"));
            vault.write(&format!("{environment}/canary"), &json!({ "song": "chirp" }));
        }
        vault.write("prod/database", &json!({ "password": "first" }));
        vault
    }

    /// Gives the role to a service account of the operator's namespace.
    fn bind(&self, role: &str, account: &str) {
        let path = format!("auth/kubernetes/role/{role}");
        self.send(
            "POST",
            &path,
            &json!({
                "bound_service_account_names": account,
                "bound_service_account_namespaces": "external-secrets",
                "policies": role, "audience": "vault", "ttl": "1h",
            }),
        );
    }

    pub(crate) fn write(&self, path: &str, data: &Value) {
        self.send("POST", &format!("secret/data/{path}"), &json!({ "data": data }));
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) {
        self.try_send(method, path, body).unwrap();
    }

    fn try_send(&self, method: &str, path: &str, body: &Value) -> Result<(), String> {
        let url = format!("{}/v1/{path}", self.address);
        let method = method.parse::<http::Method>().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        self.cluster.block_on(async {
            let request = client.request(method, url).header("X-Vault-Token", ROOT);
            let request = if body.is_null() { request } else { request.json(body) };
            let response = request.send().await.map_err(|error| error.to_string())?;
            let status = response.status();
            if status.is_success() {
                return Ok(());
            }
            Err(format!("{path}: {status}: {}", response.text().await.unwrap_or_default()))
        })
    }
}

impl Drop for Vault<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The token by which Vault may ask who another token belongs to.
fn reviewer(cluster: &Cluster) -> String {
    cluster.kubectl(["create", "serviceaccount", "vault", "--namespace=default"]);
    let role = "--clusterrole=system:auth-delegator";
    cluster.kubectl(["create", "clusterrolebinding", "vault", role, "--serviceaccount=default:vault"]);
    cluster.kubectl(["create", "token", "vault", "--namespace=default", "--duration=2h"]).trim().to_owned()
}
