//! The 1Password Connect server as a stack installs it: seeded credentials, the chart, who may reach it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::{ChartChoice, Context, Operator, Release, overlay};
use crate::external_secrets::SecretKey;
use crate::onepassword::{Credentials, Encoding, Token};
use crate::resource::{GroupKind, ObjectName, Options, Urn, Value};
use crate::secret::Secret;

/// The Connect server, as configuration chooses it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConnectServer {
    /// The text or object of `1password-credentials.json`.
    pub credentials: Secret<Credentials>,
    /// The token by which the operator reads from the server.
    pub token: Secret<String>,
    /// 1Password's own operator beside the server, for `OnePasswordItem` objects.
    #[serde(default)]
    pub operator: bool,
    /// Has Prometheus scrape the server, where the cluster has the kind `ServiceMonitor`.
    pub service_monitor: Option<ServiceMonitor>,
    /// Another chart version than the pinned one.
    #[serde(default)]
    pub chart: ChartChoice,
    /// Values of the chart `connect`, over ours.
    #[serde(default)]
    pub values: Option<Map<String, Json>>,
}

/// How Prometheus scrapes the server.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceMonitor {
    /// Where Prometheus lives: the NetworkPolicy lets it in.
    pub namespace: String,
    /// Labels by which Prometheus chooses what it scrapes.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

const CREDENTIALS: (&str, &str) = ("op-credentials", "1password-credentials.json");
const TOKEN: (&str, &str) = ("onepassword-token", "token");
const CONNECT: &str = "onepassword-connect";

impl ConnectServer {
    /// Returns the server's address.
    pub fn host(namespace: &str) -> String {
        format!("http://{CONNECT}.{namespace}.svc:8080")
    }

    /// Returns where a store finds the token.
    pub fn token_key(namespace: &str) -> SecretKey {
        SecretKey { namespace: namespace.to_owned(), name: TOKEN.0.to_owned(), key: TOKEN.1.to_owned() }
    }

    /// Returns the Secret with the credentials: a Connect that was started anew may take other tokens than before.
    pub fn credentials_secret(namespace: &str) -> ObjectName {
        ObjectName::namespaced(namespace, CREDENTIALS.0)
    }

    /// Returns the server's deployment.
    pub fn deployment(namespace: &str) -> ObjectName {
        ObjectName::namespaced(namespace, CONNECT)
    }

    /// Reports what is wrong with the credentials or the token (`connect.credentials`, `connect.token`), as far as that
    /// can be seen here; `vaults` are those that the token must reach.
    #[expect(
        clippy::disallowed_methods,
        reason = "the credentials are checked, and nothing of them is shown"
    )]
    pub fn check<'v>(&self, context: &mut Context<'_>, vaults: impl IntoIterator<Item = &'v str>) {
        if let Err(error) = self.credentials.expose().check() {
            context.error("connect.credentials", error.to_string(), error.hint());
        }
        let now = context.now();
        if let Err(error) = Token::parse(&self.token).and_then(|token| token.check(now, vaults)) {
            context.error("connect.token", error.to_string(), error.hint());
        }
    }

    /// Registers the credentials in `namespace`, and the token there and in the namespaces of SecretStores: never as Helm
    /// values, which Helm stores.
    pub fn seed<'n>(
        &self,
        context: &mut Context<'_>,
        namespace: &'n str,
        others: impl IntoIterator<Item = &'n str>,
    ) {
        let credentials = self.encoded(context);
        context.secret(namespace, CREDENTIALS.0, [(CREDENTIALS.1.to_owned(), credentials)]);
        let Ok(token) = Token::parse(&self.token) else { return };
        for namespace in others.into_iter().chain([namespace]).collect::<BTreeSet<&str>>() {
            context.secret(namespace, TOKEN.0, [(TOKEN.1.to_owned(), token.text().into())]);
        }
    }

    /// Registers the release. With the namespace of the operator, only that, the kubelet's probes and what the server was
    /// told to serve reach it.
    pub fn install(&self, context: &mut Context<'_>, namespace: &str, only_for: Option<&str>) -> Urn {
        let mut values =
            json!({ "connect": { "credentialsName": CREDENTIALS.0, "credentialsKey": CREDENTIALS.1 } });
        if self.operator {
            values["operator"] = json!({ "create": true, "authMethod": "connect",
                "token": { "name": TOKEN.0, "key": TOKEN.1 } });
        }
        overlay(&mut values, self.values.as_ref());
        let mut release = Release::new("connect", namespace, "connect");
        release.version.clone_from(&self.chart.version);
        // The kind OnePasswordItem is for 1Password's own operator, which the chart leaves out unless asked.
        release.skip_crds = values["operator"]["create"] != true;
        if values["connect"]["probes"]["readiness"] != false {
            release.patches = vec![quick_probes()];
        }
        // The credentials are mounted by `subPath`, which the kubelet never refreshes.
        release.restart_on("Deployment", CONNECT, self.encoded(context));
        release.values = Value::from(&values);
        if let Some(operator) = only_for {
            context.object(Value::from(&self.network_policy(namespace, operator)), Options::default());
        }
        let release = context.release(release, Options::default());
        if let Some(monitor) = &self.service_monitor {
            let kind = GroupKind::new("monitoring.coreos.com", "ServiceMonitor");
            let options =
                Options { only_with: Some(kind), depends_on: vec![release.clone()], ..Options::default() };
            context.object(Value::from(&monitor.manifest(namespace)), options);
        }
        release
    }

    /// The credentials as the chart's version mounts them.
    #[expect(clippy::disallowed_methods, reason = "the credentials move on, hidden, into a Secret's data")]
    fn encoded(&self, context: &Context<'_>) -> Value {
        let version = context.chart_version("connect", self.chart.version.as_deref());
        let encoding = Encoding::of_chart(version.as_deref().unwrap_or("2.3.0"));
        self.credentials.expose().encoded(encoding).into()
    }

    /// The kubelet's probes come from the node and always pass.
    fn network_policy(&self, namespace: &str, operator: &str) -> Json {
        let named = |namespace: &str| json!({ "matchLabels": { "kubernetes.io/metadata.name": namespace } });
        let mut peers = vec![json!({
            "namespaceSelector": named(operator),
            "podSelector": { "matchLabels": { "app.kubernetes.io/name": Operator::NAME } },
        })];
        if self.operator {
            // So the chart labels the pods of 1Password's operator.
            peers.push(json!({ "podSelector": { "matchLabels": { "name": CONNECT } } }));
        }
        peers.extend(
            self.service_monitor
                .iter()
                .map(|monitor| json!({ "namespaceSelector": named(&monitor.namespace) })),
        );
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": { "name": CONNECT, "namespace": namespace },
            "spec": {
                "podSelector": { "matchLabels": { "app": CONNECT } },
                "policyTypes": ["Ingress"],
                "ingress": [{ "from": peers, "ports": [{ "port": 8080, "protocol": "TCP" }] }],
            },
        })
    }
}

impl ServiceMonitor {
    fn manifest(&self, namespace: &str) -> Json {
        json!({
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "ServiceMonitor",
            "metadata": { "name": CONNECT, "namespace": namespace, "labels": self.labels },
            "spec": {
                "selector": { "matchLabels": { "app.kubernetes.io/component": "connect" } },
                "endpoints": [{ "port": "connect-api", "path": "/metrics" }],
            },
        })
    }
}

/// The chart fixes the first look at fifteen seconds.
fn quick_probes() -> Value {
    let probe = |container: usize, field: &str| {
        let path = format!("/spec/template/spec/containers/{container}/readinessProbe/{field}");
        Value::map([("op", "add".into()), ("path", path.into()), ("value", 1.into())])
    };
    let fields = ["initialDelaySeconds", "periodSeconds"];
    let operations = (0..2).flat_map(|container| fields.map(|field| probe(container, field)));
    let target = Value::map([("kind", Value::from("Deployment")), ("name", CONNECT.into())]);
    Value::map([("target", target), ("patch", Value::list(operations))])
}
