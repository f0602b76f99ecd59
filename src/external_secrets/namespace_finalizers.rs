//! The finalizers that a ClusterExternalSecret leaves on namespaces, taken off where nobody else would.
//!
//! The operator puts one on each namespace that it provisions. From a namespace that lost its label it takes the Secret
//! away, but not the finalizer, and it forgets the namespace: that could never be deleted again
//! (external-secrets issue 6677).

use std::sync::Arc;

use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Client, ResourceExt,
    api::{Api, ListParams, PartialObjectMeta, Patch, PatchParams},
};

use crate::resource::{
    Access, Applied, Change, GroupKind, Inputs, Known, Live, Operation, ProviderError, Urn, Value,
};

/// The resource's type; its name is the ClusterExternalSecret's.
const KIND: &str = "external-secrets:NamespaceFinalizers";

/// So often a namespace is read again because somebody else changed it meanwhile.
const TRIES: usize = 5;

/// Takes the finalizers off.
pub(super) struct NamespaceFinalizers {
    namespaces: Api<Namespace>,
}

impl NamespaceFinalizers {
    pub(super) fn new(client: Client) -> Self {
        Self { namespaces: Api::all(client) }
    }

    pub(super) fn is(urn: &Urn) -> bool {
        urn.kind() == KIND
    }

    pub(super) fn accesses() -> Vec<Access> {
        ["list", "get", "patch"].map(|verb| Access::to(verb, GroupKind::new("", "Namespace"), None)).to_vec()
    }

    /// Reads those among `all`, in their order, with one request.
    pub(super) async fn read(&self, all: &[Known<'_>]) -> Result<Vec<Live>, ProviderError> {
        let ours: Vec<&Known<'_>> = all.iter().filter(|known| Self::is(known.urn)).collect();
        if ours.is_empty() {
            return Ok(Vec::new());
        }
        let namespaces = self.list().await?;
        let live = |known: &Known<'_>| Live {
            exists: known.record.is_some(),
            uid: None,
            data: Some(Arc::new(held(&namespaces, known.urn.name(), known.inputs.and_then(label)))),
        };
        Ok(ours.into_iter().map(live).collect())
    }

    pub(super) fn diff(known: Known<'_>, live: &Live) -> Change {
        let held = live.data::<Vec<String>>().map(Vec::as_slice).unwrap_or_default();
        match (known.inputs, known.record) {
            (None, _) => Change::of(Operation::Delete),
            (Some(_), None) => Change::of(Operation::Create),
            (Some(_), Some(_)) if held.is_empty() => Change::of(Operation::Same),
            (Some(_), Some(_)) => {
                let names = held.join(", ");
                let reason = format!("{names} lost the label, but not the operator's finalizer");
                Change::of(Operation::Update).because(reason)
            }
        }
    }

    pub(super) async fn apply(&self, urn: &Urn, inputs: &Inputs) -> Result<Applied, ProviderError> {
        self.free(urn.name(), label(inputs)).await?;
        Ok(Applied { outputs: Value::map::<&str>([]), created: true, uid: None })
    }

    /// The ClusterExternalSecret has gone before: whatever has its finalizer still would keep it for ever.
    pub(super) async fn delete(&self, urn: &Urn) -> Result<(), ProviderError> {
        self.free(urn.name(), None).await
    }

    /// Frees the namespaces that hold the finalizer of `owner` and have not the label.
    async fn free(&self, owner: &str, label: Option<&str>) -> Result<(), ProviderError> {
        for namespace in held(&self.list().await?, owner, label) {
            self.free_one(&namespace, owner).await.map_err(|error| {
                ProviderError::new(format!("take the finalizer off Namespace {namespace}"), error)
            })?;
        }
        Ok(())
    }

    async fn free_one(&self, name: &str, owner: &str) -> Result<(), kube::Error> {
        let finalizer = finalizer(owner);
        for rest in (0..TRIES).rev() {
            let Some(found) = self.namespaces.get_metadata_opt(name).await? else { return Ok(()) };
            let kept: Vec<&String> = found.finalizers().iter().filter(|one| **one != finalizer).collect();
            // The version makes the server refuse it when somebody else was faster.
            let patch = serde_json::json!({
                "metadata": { "finalizers": kept, "resourceVersion": found.resource_version() },
            });
            let parameters =
                PatchParams { field_manager: Some("eggtooth".to_owned()), ..PatchParams::default() };
            match self.namespaces.patch_metadata(name, &parameters, &Patch::Merge(&patch)).await {
                Ok(_) => return Ok(()),
                Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
                Err(kube::Error::Api(status)) if status.code == 409 && rest > 0 => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn list(&self) -> Result<Vec<PartialObjectMeta<Namespace>>, ProviderError> {
        let listed = self.namespaces.list_metadata(&ListParams::default()).await;
        Ok(listed.map_err(|error| ProviderError::new("list Namespaces", error))?.items)
    }
}

/// Returns the namespaces that are held for nothing.
fn held(namespaces: &[PartialObjectMeta<Namespace>], owner: &str, label: Option<&str>) -> Vec<String> {
    let finalizer = finalizer(owner);
    let is_wanted = |namespace: &PartialObjectMeta<Namespace>| {
        label.is_some_and(|label| namespace.labels().get(label).is_some_and(|value| value == "true"))
    };
    namespaces
        .iter()
        .filter(|namespace| namespace.finalizers().contains(&finalizer) && !is_wanted(namespace))
        .map(PartialObjectMeta::name_any)
        .collect()
}

fn finalizer(owner: &str) -> String {
    format!("externalsecrets.external-secrets.io/ces-{owner}")
}

fn label(inputs: &Inputs) -> Option<&str> {
    inputs.get("label").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_namespace_without_the_label_is_held_for_nothing() {
        let namespace = |name: &str, labelled: bool, owner: &str| {
            let labels =
                if labelled { serde_json::json!({"secrets/a": "true"}) } else { serde_json::json!({}) };
            serde_json::from_value::<PartialObjectMeta<Namespace>>(serde_json::json!({
                "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
                "metadata": {"name": name, "labels": labels, "finalizers": [finalizer(owner)]},
            }))
            .unwrap()
        };
        let all = [namespace("in", true, "a"), namespace("out", false, "a"), namespace("other", false, "ab")];
        assert_eq!(held(&all, "a", Some("secrets/a")), ["out"]);
        assert_eq!(held(&all, "a", None), ["in", "out"]);
    }
}
