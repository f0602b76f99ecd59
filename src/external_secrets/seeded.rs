//! The Secret with the seeded webhook certificate: made when absent, then the operator's.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use k8s_openapi::{
    ByteString, api::core::v1::Secret as KubernetesSecret, apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{
    Client, ResourceExt,
    api::{Api, DeleteParams, PostParams, Preconditions},
};
use tokio::task::JoinHandle;

use super::{CertificateError, WebhookCertificate};
use crate::clock::Clock;
use crate::resource::{
    Access, Applied, Brings, GroupKind, Inputs, Known, Live, Need, ObjectName, Operation, ProviderError,
    Record, Value,
};

type Generating = JoinHandle<Result<WebhookCertificate, CertificateError>>;

/// Makes the certificate while the rest of the plan is still being decided: a key takes a while.
pub(super) struct Seeded {
    client: Client,
    clock: Clock,
    generating: Mutex<BTreeMap<ObjectName, Generating>>,
}

impl Seeded {
    pub(super) fn new(client: Client, clock: Clock) -> Self {
        Self { client, clock, generating: Mutex::default() }
    }

    pub(super) fn needs(inputs: &Inputs) -> Vec<Need> {
        name_of(inputs).and_then(|name| name.namespace).map(Need::Namespace).into_iter().collect()
    }

    pub(super) fn brings(inputs: &Inputs) -> Vec<Brings> {
        name_of(inputs).map(Brings::Secret).into_iter().collect()
    }

    /// Returns what the cluster must allow: for a planned operation, or for whatever may come.
    pub(super) fn accesses(known: Known<'_>, operation: Option<Operation>) -> Vec<Access> {
        let namespace = parse(known.urn.name()).and_then(|name| name.namespace);
        let secret = |verb| Access::to(verb, GroupKind::new("", "Secret"), namespace.as_deref());
        match (operation, known.inputs) {
            (None, Some(_)) => vec![secret("get"), secret("create")],
            (Some(Operation::Create | Operation::Update | Operation::Replace), _) => vec![secret("create")],
            (None, None) | (Some(Operation::Delete), _) => vec![secret("get"), secret("delete")],
            (Some(Operation::Same | Operation::Retain), _) => Vec::new(),
        }
    }

    /// Reads the certificates among `all`, in their order.
    pub(super) async fn read(&self, all: &[Known<'_>]) -> Result<Vec<Live>, ProviderError> {
        let mut found = Vec::new();
        for known in all.iter().filter(|known| known.urn.kind() == "external-secrets:WebhookCertificate") {
            let Some(name) = parse(known.urn.name()) else {
                found.push(Live::default());
                continue;
            };
            let secret = self.secrets(&name).get_metadata_opt(&name.name).await;
            let secret = secret.map_err(|error| ProviderError::new(format!("read Secret {name}"), error))?;
            if secret.is_none() && known.inputs.is_some() {
                self.begin(&name);
            }
            found.push(Live {
                exists: secret.is_some(),
                uid: secret.and_then(|secret| secret.uid()),
                data: None,
            });
        }
        Ok(found)
    }

    #[expect(clippy::disallowed_methods, reason = "the keys go into the Secret that the operator reads")]
    pub(super) async fn apply(&self, inputs: &Inputs) -> Result<Applied, ProviderError> {
        let name = name_of(inputs).unwrap_or_else(|| ObjectName::cluster("external-secrets-webhook"));
        let act = || format!("seed Secret {name}");
        let task = {
            let mut generating = self.generating.lock().unwrap_or_else(PoisonError::into_inner);
            generating.remove(&name)
        };
        let made = task.unwrap_or_else(|| self.generate(&name)).await;
        let made = made.map_err(|error| ProviderError::new(act(), error))?;
        let made = made.map_err(|error| ProviderError::new(act(), error))?;
        let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
        let data = [
            ("ca.crt", bytes(&made.ca_certificate)),
            ("ca.key", bytes(made.ca_key.expose())),
            ("tls.crt", bytes(&made.certificate)),
            ("tls.key", bytes(made.key.expose())),
        ];
        let secret = KubernetesSecret {
            metadata: metadata(&name, text(inputs, "release")),
            data: Some(data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
            ..KubernetesSecret::default()
        };
        let parameters = PostParams { field_manager: Some("eggtooth".to_owned()), dry_run: false };
        let created = match self.secrets(&name).create(&parameters, &secret).await {
            Ok(secret) => secret.uid(),
            // Somebody else made it since: it is theirs.
            Err(kube::Error::Api(status)) if status.code == 409 => None,
            Err(error) => return Err(ProviderError::new(act(), error)),
        };
        Ok(Applied { outputs: Value::map::<&str>([]), created: created.is_some(), uid: created })
    }

    /// The release takes it away with its other objects; what is left of it goes here.
    pub(super) async fn delete(&self, record: &Record) -> Result<(), ProviderError> {
        let (Some(name), Some(uid), true) = (parse(record.urn.name()), &record.uid, record.created) else {
            return Ok(());
        };
        let preconditions = Preconditions { uid: Some(uid.clone()), resource_version: None };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.secrets(&name).delete(&name.name, &parameters).await {
            Ok(_) => Ok(()),
            // Gone, or another one of the same name.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
            Err(error) => Err(ProviderError::new(format!("delete Secret {name}"), error)),
        }
    }

    fn begin(&self, name: &ObjectName) {
        let mut generating = self.generating.lock().unwrap_or_else(PoisonError::into_inner);
        generating.entry(name.clone()).or_insert_with(|| self.generate(name));
    }

    fn generate(&self, name: &ObjectName) -> Generating {
        let (name, now) = (name.clone(), self.clock.now());
        tokio::task::spawn_blocking(move || {
            WebhookCertificate::generate(&name.name, name.namespace.as_deref().unwrap_or("default"), now)
        })
    }

    fn secrets(&self, name: &ObjectName) -> Api<KubernetesSecret> {
        Api::namespaced(self.client.clone(), name.namespace.as_deref().unwrap_or("default"))
    }
}

/// As the release will own it, so that Helm takes it for its own.
fn metadata(name: &ObjectName, release: &str) -> ObjectMeta {
    let namespace = name.namespace.clone().unwrap_or_default();
    let pairs = |pairs: &[(&str, &str)]| {
        Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    };
    ObjectMeta {
        name: Some(name.name.clone()),
        namespace: Some(namespace.clone()),
        labels: pairs(&[("app.kubernetes.io/managed-by", "Helm")]),
        annotations: pairs(&[
            ("meta.helm.sh/release-name", release),
            ("meta.helm.sh/release-namespace", &namespace),
        ]),
        ..ObjectMeta::default()
    }
}

fn name_of(inputs: &Inputs) -> Option<ObjectName> {
    Some(ObjectName::namespaced(inputs.get("namespace")?.as_str()?, inputs.get("name")?.as_str()?))
}

fn parse(name: &str) -> Option<ObjectName> {
    name.split_once('/').map(|(namespace, name)| ObjectName::namespaced(namespace, name))
}

fn text<'a>(inputs: &'a Inputs, key: &str) -> &'a str {
    inputs.get(key).and_then(Value::as_str).unwrap_or_default()
}
