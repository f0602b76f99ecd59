//! The controller of Sealed Secrets, with key pairs that outlive the cluster.
//!
//! A controller without a key pair makes its own, and no sealed file of git opens any more. So the pairs come from
//! SOPS, are checked, and are there before the controller starts.

use eggtooth::{
    resource::{Options, Urn, Value},
    sealed_secrets::{KEY_LABEL, KeyPair, SealedSecretsError},
    secret::Secret,
    stack::{ChartChoice, Context, Release, Stack, overlay},
};
use schemars::JsonSchema;
use serde::Deserialize;

/// Returns the stack `sealed-secrets`.
pub(crate) fn stack() -> Stack {
    Stack::new("sealed-secrets", "The controller of Sealed Secrets, with its key pairs from SOPS", program)
}

/// The stack's configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Config {
    /// Where the controller and its key pairs live.
    #[serde(default = "default_namespace")]
    namespace: String,
    /// Another chart version than the pinned one.
    #[serde(default)]
    chart: ChartChoice,
    /// Values of the chart `sealed-secrets`, over ours.
    #[serde(default)]
    values: Option<serde_json::Map<String, serde_json::Value>>,
    /// The key pairs, in any order: the controller opens with all and seals for the newest.
    keys: Vec<KeyConfig>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KeyConfig {
    /// The certificate, in PEM.
    certificate: Secret<String>,
    /// Its private RSA key, in PEM.
    key: Secret<String>,
}

fn default_namespace() -> String {
    CHART.to_owned()
}

const CHART: &str = "sealed-secrets";
/// The name by which kubeseal looks for the controller.
const CONTROLLER: &str = "sealed-secrets-controller";

fn program(context: &mut Context<'_>, config: &Config) {
    context.namespace(&config.namespace);
    if config.keys.is_empty() {
        context.error(
            "keys",
            "there is no key pair, so the controller would make one that is lost with the cluster",
            "make one with `eggtooth seal new-key FILE.sops.yaml`",
        );
    }
    let mut expired = 0;
    let mut seeded = Vec::new();
    for (index, key) in config.keys.iter().enumerate() {
        let pair = key.pair();
        match pair.check(context.now()) {
            Ok(certificate) => {
                expired += usize::from(certificate.not_after < context.now());
                seeded.push(seed(context, &config.namespace, certificate.fingerprint(), &pair));
            }
            Err(error) => context.error(
                &format!("keys[{index}]"),
                format!("key pair {}: {error}", index + 1),
                remedy(&error),
            ),
        }
    }
    if expired > 0 && expired == config.keys.len() {
        // It still opens what was sealed for it, which is what matters after a disaster.
        context.warning(
            "keys",
            "all certificates have expired: kubeseal seals for none of them",
            "add a pair with `eggtooth seal new-key FILE.sops.yaml`",
        );
    }
    install(context, config, seeded);
    context.output("namespaceName", config.namespace.as_str());
    context.output("controllerName", CONTROLLER);
}

impl KeyConfig {
    #[expect(clippy::disallowed_methods, reason = "a certificate is public")]
    fn pair(&self) -> KeyPair {
        KeyPair { certificate: self.certificate.expose().clone(), key: self.key.clone() }
    }
}

fn remedy(error: &SealedSecretsError) -> &'static str {
    match error {
        SealedSecretsError::Mismatch => {
            "put the certificate beside its own key: `git log -p` tells who changed them"
        }
        SealedSecretsError::NotYet(_) => "look at this machine's clock, or wait",
        _ => "take the pair from a backup, or make one with `eggtooth seal new-key FILE.sops.yaml`",
    }
}

/// Registers a pair as the controller writes its own, under a name that follows from the key.
#[expect(clippy::disallowed_methods, reason = "the key moves on, hidden, into a Secret's data")]
fn seed(context: &mut Context<'_>, namespace: &str, fingerprint: &str, pair: &KeyPair) -> Urn {
    let name = format!("sealed-secrets-key-{}", fingerprint.get(..10).unwrap_or(fingerprint));
    let text = |text: &str| Value::from(text);
    let metadata = Value::map([
        ("name", text(&name)),
        ("namespace", text(namespace)),
        ("labels", Value::map([(KEY_LABEL, text("active"))])),
    ]);
    let data = Value::map([
        ("tls.crt", text(&pair.certificate).secret()),
        ("tls.key", text(pair.key.expose()).secret()),
    ]);
    let manifest = Value::map([
        ("apiVersion", text("v1")),
        ("kind", text("Secret")),
        ("metadata", metadata),
        ("type", text("kubernetes.io/tls")),
        ("stringData", data),
    ]);
    context.object(manifest, Options::default())
}

fn install(context: &mut Context<'_>, config: &Config, seeded: Vec<Urn>) {
    let mut values = serde_json::json!({ "fullnameOverride": CONTROLLER });
    overlay(&mut values, config.values.as_ref());
    let mut release = Release::new(CHART, &config.namespace, CHART);
    release.version.clone_from(&config.chart.version);
    release.values = Value::from(&values);
    // The controller reads its key pairs once, when it starts.
    let mut names: Vec<&str> = seeded.iter().map(Urn::name).collect();
    names.sort_unstable();
    release.restart_on("Deployment", CONTROLLER, Value::from(names.join(" ")));
    context.release(release, Options { depends_on: seeded, ..Options::default() });
}
