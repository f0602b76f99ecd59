//! A workload that is started anew when a Secret of its changes, as it must where it reads the Secret once.
//!
//! Its pods carry a keyed fingerprint of the Secrets that they were started for. The Secrets are read in the cluster, so
//! it does not matter who rotated them: the environment, or a provider through the operator. The workload is somebody
//! else's: nothing but the annotation is written, and where workload or Secret are not there, nothing at all.

use std::sync::Arc;

use hmac::{Hmac, Mac};
use k8s_openapi::api::core::v1::Secret as KubernetesSecret;
use kube::{
    Client,
    api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams},
};
use sha2::Sha256;

use crate::resource::{
    Access, Applied, Change, GroupKind, Inputs, Known, Live, Operation, ProviderError, Urn, Value, redacted,
};

/// The resource's type; its name is the workload's namespace and name.
const KIND: &str = "external-secrets:Restart";
/// The annotation of the pods, as of releases.
const STARTED_FOR: &str = "eggtooth.dev/started-for";

/// Starts workloads anew.
pub(super) struct Restart {
    client: Client,
}

/// What the pods were started for, and what they would be started for now.
struct Seen {
    now: Option<String>,
    wanted: Option<String>,
}

impl Restart {
    pub(super) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(super) fn is(urn: &Urn) -> bool {
        urn.kind() == KIND
    }

    pub(super) fn accesses(known: Known<'_>) -> Vec<Access> {
        let Some(inputs) = known.inputs else { return Vec::new() };
        let namespace = text(inputs, "namespace");
        let workload = |verb| {
            Access::to(verb, GroupKind::new("apps", text(inputs, "workload").unwrap_or_default()), namespace)
        };
        vec![workload("get"), workload("patch"), Access::to("get", GroupKind::new("", "Secret"), namespace)]
    }

    /// Reads those among `all`, in their order.
    pub(super) async fn read(&self, all: &[Known<'_>]) -> Result<Vec<Live>, ProviderError> {
        let ours = all.iter().filter(|known| Self::is(known.urn));
        let each = ours.map(|known| async move {
            let seen = match known.inputs {
                Some(inputs) => self.look(inputs).await.map_err(|error| failed(known.urn, error))?,
                None => None,
            };
            let data = seen.map(|seen| -> Arc<dyn std::any::Any + Send + Sync> { Arc::new(seen) });
            Ok(Live { exists: known.record.is_some(), uid: None, data })
        });
        futures::future::try_join_all(each).await
    }

    pub(super) fn diff(known: Known<'_>, live: &Live) -> Change {
        let is_stale = live.data::<Seen>().is_some_and(Seen::is_stale);
        match (known.inputs, known.record) {
            (None, _) => Change::of(Operation::Delete),
            (Some(_), None) => Change::of(Operation::Create),
            (Some(inputs), Some(record)) if differs(inputs, &record.inputs) => {
                Change::of(Operation::Update).because("it is started anew for what is written to its Secrets")
            }
            (Some(_), Some(_)) if is_stale => {
                Change::of(Operation::Update).because("its Secrets changed since its pods were started")
            }
            (Some(_), Some(_)) => Change::of(Operation::Same),
        }
    }

    /// Looks once more, as the Secrets may have been written meanwhile.
    pub(super) async fn apply(&self, urn: &Urn, inputs: &Inputs) -> Result<Applied, ProviderError> {
        let seen = self.look(inputs).await.map_err(|error| failed(urn, error))?;
        if let Some(Seen { wanted: Some(wanted), .. }) = seen.filter(Seen::is_stale) {
            let annotations = serde_json::json!({ STARTED_FOR: wanted });
            let patch =
                serde_json::json!({ "spec": { "template": { "metadata": { "annotations": annotations } } } });
            let manager =
                PatchParams { field_manager: Some("eggtooth".to_owned()), ..PatchParams::default() };
            let (workloads, name) = (self.workloads(inputs), text(inputs, "name").unwrap_or_default());
            workloads
                .patch(name, &manager, &Patch::Merge(&patch))
                .await
                .map_err(|error| failed(urn, error))?;
        }
        Ok(Applied { outputs: Value::map::<&str>([]), created: true, uid: None })
    }

    /// Returns nothing where the workload, one of the Secrets, or the key of fingerprints is not there.
    async fn look(&self, inputs: &Inputs) -> Result<Option<Seen>, kube::Error> {
        let name = text(inputs, "name").unwrap_or_default();
        let Some(workload) = self.workloads(inputs).get_opt(name).await? else { return Ok(None) };
        let annotations = &workload.data["spec"]["template"]["metadata"]["annotations"];
        let now = annotations[STARTED_FOR].as_str().map(str::to_owned);
        Ok(Some(Seen { now, wanted: self.fingerprint(inputs).await? }))
    }

    async fn fingerprint(&self, inputs: &Inputs) -> Result<Option<String>, kube::Error> {
        let key = inputs.get("key").and_then(hidden_text).filter(|key| !key.is_empty());
        let Some(key) = key else { return Ok(None) };
        let namespace = text(inputs, "namespace").unwrap_or_default();
        let secrets: Api<KubernetesSecret> = Api::namespaced(self.client.clone(), namespace);
        let mut hash = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
        let mut add = |part: &[u8]| {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        };
        let Some(Value::List(names)) = inputs.get("secrets") else { return Ok(None) };
        for name in names.iter().filter_map(Value::as_str) {
            let Some(secret) = secrets.get_opt(name).await? else { return Ok(None) };
            add(name.as_bytes());
            for (key, value) in secret.data.iter().flatten() {
                add(key.as_bytes());
                add(&value.0);
            }
        }
        Ok(Some(hex::encode(&hash.finalize().into_bytes()[..16])))
    }

    fn workloads(&self, inputs: &Inputs) -> Api<DynamicObject> {
        let kind = text(inputs, "workload").unwrap_or_default();
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk("apps", "v1", kind));
        Api::namespaced_with(self.client.clone(), text(inputs, "namespace").unwrap_or_default(), &resource)
    }
}

impl Seen {
    fn is_stale(&self) -> bool {
        self.wanted.is_some() && self.now != self.wanted
    }
}

/// Says whether what we write to the Secrets ourselves changed since the last run.
fn differs(inputs: &Inputs, recorded: &serde_json::Value) -> bool {
    inputs.get("writes").map(redacted).unwrap_or_default() != recorded["writes"]
}

fn failed(urn: &Urn, error: kube::Error) -> ProviderError {
    ProviderError::new(format!("start {} anew", urn.name()), error)
}

fn text<'a>(inputs: &'a Inputs, field: &str) -> Option<&'a str> {
    inputs.get(field).and_then(Value::as_str)
}

#[expect(clippy::disallowed_methods, reason = "the key goes into a keyed hash, and nowhere else")]
fn hidden_text(value: &Value) -> Option<&str> {
    match value {
        Value::Secret(secret) => secret.expose().as_str(),
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Record;

    fn seen(now: Option<&str>, wanted: Option<&str>) -> Live {
        let seen = Seen { now: now.map(str::to_owned), wanted: wanted.map(str::to_owned) };
        Live { exists: true, uid: None, data: Some(Arc::new(seen)) }
    }

    fn operation(live: &Live, writes: &str, recorded: Option<&str>) -> Operation {
        let urn = Urn::new("e", "s", KIND, "shop/web");
        let inputs = Value::map([("writes", Value::from(writes))]);
        let record = recorded.map(|writes| Record {
            urn: urn.clone(),
            inputs: serde_json::json!({ "writes": writes }),
            outputs: serde_json::Value::Null,
            dependencies: Vec::new(),
            uid: None,
            created: true,
            protect: false,
            retain_on_delete: false,
        });
        let known = Known { urn: &urn, inputs: Some(&inputs), record: record.as_ref(), options: None };
        Restart::diff(known, live).operation
    }

    #[test]
    fn pods_are_started_anew_for_another_secret_only() {
        assert_eq!(operation(&seen(Some("a"), Some("a")), "1", Some("1")), Operation::Same);
        assert_eq!(operation(&seen(Some("a"), Some("b")), "1", Some("1")), Operation::Update);
        assert_eq!(operation(&seen(None, Some("b")), "1", Some("1")), Operation::Update);
        // The Secret is not there, or there is no key to make a fingerprint by.
        assert_eq!(operation(&seen(Some("a"), None), "1", Some("1")), Operation::Same);
        // What is about to be written can't be read yet.
        assert_eq!(operation(&seen(Some("a"), Some("a")), "2", Some("1")), Operation::Update);
    }
}
