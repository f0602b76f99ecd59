//! The stack `workload-identity` with AWS as moto plays it: the real operator takes a role on by its service account's
//! token (IRSA), and reads from Secrets Manager and Parameter Store.

use std::process::{Child, Stdio};
use std::time::Duration;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cases::bootstrap::inventory;
use crate::cases::operator::charts;
use crate::cases::project::Project;
use crate::cases::trial;
use crate::cases::workload_identity::{consume, wait_for_log};
use crate::cluster::{Cluster, Options};
use crate::{tools, wait};

const ENVIRONMENT: &str = r#"values:
  bootstrap:
    fn::open::sops: { path: bootstrap/secrets/test.sops.yaml }
  stacks:
    workload-identity:
      environments:
        prod: { namespaces: [prod-shop], namespaceRegexes: ["prod-.*"] }
      operator:
        values:
          extraEnv:
            - { name: AWS_SECRETSMANAGER_ENDPOINT, value: "SERVER" }
            - { name: AWS_SSM_ENDPOINT, value: "SERVER" }
            - { name: AWS_STS_ENDPOINT, value: "SERVER" }
      stores:
        - name: secrets-manager
          environment: prod
          aws: { service: SecretsManager, region: eu-west-1, role: "arn:aws:iam::123456789012:role/prod" }
          canary: { key: prod/canary, property: song, equals: "${bootstrap.canary}" }
        - name: parameters
          environment: prod
          namespace: prod-shop
          aws: { service: ParameterStore, region: eu-west-1, role: "arn:aws:iam::123456789012:role/shop" }
          canary: { key: /prod/canary, equals: "${bootstrap.canary}" }
      restarts:
        - { workload: Deployment, namespace: prod-shop, name: shop, secrets: [database] }
"#;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "workload_aws::a_service_account_takes_a_role_on_and_its_stores_deliver",
        a_service_account_takes_a_role_on_and_its_stores_deliver,
    )]
}

fn a_service_account_takes_a_role_on_and_its_stores_deliver() {
    if charts().is_none() || !tools::has("moto-server") {
        return;
    }
    let cluster = Cluster::start(&Options::default());
    let found = inventory(&cluster);
    let aws = Aws::start(&cluster);
    let project = Project::new(&cluster, "aws");
    project.write("environments/test.yaml", &ENVIRONMENT.replace("SERVER", &aws.address));
    project.seal_secrets(&cluster, &json!({ "canary": "chirp" }));

    let up = || project.run(&cluster, ["up", "test", "--yes"]).expect(0);
    let settled = || project.run(&cluster, ["preview", "test", "--detailed-exitcode"]).expect(0);

    let told = up().stdout;
    assert_eq!(told.matches("has the expected value").count(), 2, "{told}");
    let role = "--output=jsonpath={.metadata.annotations.eks\\.amazonaws\\.com/role-arn}";
    let account = ["get", "serviceaccount", "parameters", "--namespace=prod-shop", role];
    assert_eq!(cluster.kubectl(account), "arn:aws:iam::123456789012:role/shop");
    consume(&cluster, "secrets-manager");
    wait_for_log(&cluster, "first");
    up();
    settled();

    aws.put_secret("prod/database", &json!({ "password": "second" }));
    let template = "--output=go-template={{.data.password | base64decode}}";
    let get = ["get", "secret", "database", "--namespace=prod-shop", template];
    cluster.wait_for("the Secret to follow", Duration::from_mins(1), &get, |found| found == "second");
    up();
    wait_for_log(&cluster, "second");
    settled();

    aws.send(
        "secretsmanager",
        "DeleteSecret",
        &json!({ "SecretId": "prod/canary", "ForceDeleteWithoutRecovery": true }),
    );
    let gone = project.run(&cluster, ["verify", "test"]).expect(6);
    let text = format!("{}{}", gone.stdout, gone.stderr);
    assert!(text.contains("prod-shop/parameters-canary has the expected value"), "{text}");
    assert!(text.contains("AWS has no secret `prod/canary`"), "{text}");
    aws.create_secret("prod/canary", &json!({ "song": "chirp" }));
    up();

    cluster.kubectl(["delete", "deployment/shop", "externalsecret/database", "--namespace=prod-shop"]);
    project.run(&cluster, ["destroy", "test", "--yes", "--allow-loss=99"]).expect(0);
    assert_eq!(inventory(&cluster), found, "the cluster is as it was found");
}

/// moto, where the cluster's pods reach it.
struct Aws<'a> {
    cluster: &'a Cluster,
    address: String,
    process: Child,
}

impl<'a> Aws<'a> {
    fn start(cluster: &'a Cluster) -> Self {
        let host = cluster.server_url().parse::<http::Uri>().unwrap().host().unwrap().to_owned();
        let process = cluster
            .tool("moto-server")
            .args(["-H", &host, "-p", "5000"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let aws = Self { cluster, address: format!("http://{host}:5000"), process };
        let healthy = || aws.try_send("secretsmanager", "ListSecrets", &json!({}));
        wait::until("moto to serve", Duration::from_mins(1), healthy).unwrap();
        aws.create_secret("prod/canary", &json!({ "song": "chirp" }));
        aws.create_secret("prod/database", &json!({ "password": "first" }));
        let parameter = json!({ "Name": "/prod/canary", "Value": "chirp", "Type": "SecureString" });
        aws.send("ssm", "PutParameter", &parameter);
        aws
    }

    fn create_secret(&self, name: &str, value: &Value) {
        let body = json!({ "Name": name, "SecretString": value.to_string() });
        self.send("secretsmanager", "CreateSecret", &body);
    }

    fn put_secret(&self, name: &str, value: &Value) {
        let body = json!({ "SecretId": name, "SecretString": value.to_string() });
        self.send("secretsmanager", "PutSecretValue", &body);
    }

    fn send(&self, service: &str, act: &str, body: &Value) {
        self.try_send(service, act, body).unwrap();
    }

    /// moto looks at the service in the signature's scope, and neither at its day nor at the signature.
    fn try_send(&self, service: &str, act: &str, body: &Value) -> Result<(), String> {
        let target = if service == "ssm" { format!("AmazonSSM.{act}") } else { format!("{service}.{act}") };
        let scope = format!("test/20260101/eu-west-1/{service}/aws4_request");
        let signature = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none");
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        self.cluster.block_on(async {
            let response = client
                .post(&self.address)
                .header("Authorization", signature)
                .header("Content-Type", "application/x-amz-json-1.1")
                .header("X-Amz-Target", &target)
                .body(body.to_string())
                .send()
                .await
                .map_err(|error| error.to_string())?;
            let status = response.status();
            if status.is_success() {
                return Ok(());
            }
            Err(format!("{target}: {status}: {}", response.text().await.unwrap_or_default()))
        })
    }
}

impl Drop for Aws<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
