//! The controller of ClusterExternalSecrets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PostParams};
use serde_json::{Value, json};

use crate::rehearsal::programs::external_secrets::{
    duration,
    error::Failure,
    queue::Next,
    resource::{
        ClusterExternalSecret, ClusterExternalSecretStatus, Condition, ExternalSecret, GROUP, Kind,
        NamespaceFailure, Object, Place,
    },
    world::{World, difference, writing},
};

use super::finalizers;
use super::selection::{removed, selects};

const FINALIZER: &str = "externalsecrets.external-secrets.io/clusterexternalsecret-cleanup";
/// Given on to the ExternalSecrets.
const FORCE_SYNC: &str = "external-secrets.io/force-sync";
const INTERVAL: Duration = Duration::from_hours(1);
const LOGGER: &str = "controllers.ClusterExternalSecret";

/// Keeps ExternalSecrets in namespaces.
pub(crate) struct Controller {
    world: World,
}

type Failures = BTreeMap<String, Failure>;

impl Controller {
    pub(crate) fn new(world: World) -> Self {
        Self { world }
    }

    pub(crate) async fn reconcile(&self, place: &Place) -> Result<Next, Failure> {
        let kind = Kind::ClusterExternalSecret;
        let Some(object) = self.world.read::<ClusterExternalSecret>(kind, place).await? else {
            return Ok(Next::Wait);
        };
        if object.is_deleted() {
            return self.clean_up(&object).await;
        }
        if !object.has_finalizer(FINALIZER) {
            self.world.write_finalizer(kind, &object, FINALIZER, true).await?;
            // The change itself brings it back.
            return Ok(Next::Wait);
        }
        let mut status = object.status.clone();
        let result = self.provision(&object, &mut status).await;
        let written = self
            .world
            .write_status::<ClusterExternalSecret>(kind, place, &object.status, &status, None)
            .await;
        if let Err(failure) = written {
            let error = failure.to_string();
            self.world.journal.error(LOGGER, "unable to patch status", object.name(), &error);
        }
        result
    }

    async fn provision(
        &self,
        object: &Object<ClusterExternalSecret>,
        status: &mut ClusterExternalSecretStatus,
    ) -> Result<Next, Failure> {
        let name = match object.spec.external_secret_name.as_str() {
            "" => object.name(),
            name => name,
        };
        let previous = status.external_secret_name.clone();
        if !previous.is_empty() && previous != name {
            self.remove_from(&status.provisioned_namespaces.clone(), &previous, object.name(), status)
                .await?;
        }
        name.clone_into(&mut status.external_secret_name);
        let namespaces = match self.selected(&object.spec).await {
            Ok(namespaces) => namespaces,
            Err(failure) => {
                set_failures(status, &[("unknown".to_owned(), Failure::said(failure.to_string()))].into());
                return Err(failure);
            }
        };
        let mut failures = Failures::new();
        let names: BTreeSet<&str> =
            namespaces.iter().filter_map(|namespace| namespace.metadata.name.as_deref()).collect();
        for namespace in removed(&object.status.provisioned_namespaces, &names) {
            if let Err(failure) = self.delete(name, namespace, object.name()).await {
                failures.insert(namespace.to_owned(), failure);
            }
        }
        let mut provisioned = Vec::new();
        for namespace in &namespaces {
            let of = namespace.metadata.name.clone().unwrap_or_default();
            if namespace.metadata.deletion_timestamp.is_some() {
                if let Err(failure) = finalizers::remove(&self.world, namespace, object.name()).await {
                    let error = failure.to_string();
                    let message = "failed to remove finalizer from terminating namespace";
                    self.world.journal.error(LOGGER, message, &of, &error);
                }
                continue;
            }
            match self.provision_one(object, namespace, name).await {
                Ok(()) => provisioned.push(of),
                Err(failure) => {
                    failures.insert(of, failure);
                }
            }
        }
        provisioned.sort();
        status.provisioned_namespaces = provisioned;
        set_failures(status, &failures);
        if let Some(conflict) = failures.into_values().find(Failure::is_conflict) {
            return Err(conflict.within("conflict detected, will retry"));
        }
        let interval = object.spec.refresh_interval.as_deref().and_then(duration::parse);
        Ok(match interval.unwrap_or(INTERVAL) {
            Duration::ZERO => Next::Wait,
            interval => Next::After(interval),
        })
    }

    async fn selected(&self, spec: &ClusterExternalSecret) -> Result<Vec<Namespace>, Failure> {
        let namespaces: Api<Namespace> = Api::all(self.world.client());
        let mut selected = Vec::new();
        for namespace in namespaces.list(&ListParams::default()).await?.items {
            let is_selected = selects(spec, &namespace);
            if is_selected
                .map_err(|error| Failure::said(format!("failed to convert label selector: {error}")))?
            {
                selected.push(namespace);
            }
        }
        Ok(selected)
    }

    async fn provision_one(
        &self,
        object: &Object<ClusterExternalSecret>,
        namespace: &Namespace,
        name: &str,
    ) -> Result<(), Failure> {
        let of = namespace.metadata.name.clone().unwrap_or_default();
        let api = self.external_secrets(&of);
        let existing = api.get_opt(name).await?;
        if existing.as_ref().is_some_and(|existing| !is_owned(&existing.metadata, object.name())) {
            return Err(Failure::said("external secret already exists in namespace"));
        }
        finalizers::add(&self.world, namespace, object.name()).await?;
        let wanted = external_secret(object, &of, name);
        let written = match existing {
            None => create(&api, &wanted).await,
            Some(existing) => update(&api, &existing, &wanted).await,
        };
        written.map_err(|failure| failure.within("could not create or update ExternalSecret"))
    }

    fn external_secrets(&self, namespace: &str) -> Api<DynamicObject> {
        let kind = Kind::ExternalSecret;
        let resource = ApiResource {
            group: GROUP.to_owned(),
            version: kind.version().to_owned(),
            api_version: kind.api_version(),
            kind: kind.name().to_owned(),
            plural: kind.plural().to_owned(),
        };
        Api::namespaced_with(self.world.client(), namespace, &resource)
    }

    async fn delete(&self, name: &str, namespace: &str, owner: &str) -> Result<(), Failure> {
        let kind = Kind::ExternalSecret;
        let api = self.world.objects::<ExternalSecret>(kind, Some(namespace));
        let Some(existing) = api.get_opt(name).await? else { return Ok(()) };
        if !is_owned(&existing.metadata, owner) {
            return Ok(());
        }
        let deleted = api.delete(name, &DeleteParams::default()).await.map_err(Failure::from);
        deleted.map(drop).map_err(|failure| {
            failure.within("external secret in non matching namespace could not be deleted")
        })
    }

    async fn remove_from(
        &self,
        namespaces: &[String],
        name: &str,
        owner: &str,
        status: &mut ClusterExternalSecretStatus,
    ) -> Result<(), Failure> {
        let mut failures = Failures::new();
        for namespace in namespaces {
            if let Err(failure) = self.delete(name, namespace, owner).await {
                failures.insert(namespace.clone(), failure);
            }
        }
        if failures.is_empty() {
            return Ok(());
        }
        set_failures(status, &failures);
        let last = failures.pop_last().map(|(_, failure)| failure);
        last.map_or(Ok(()), Err)
    }

    /// Takes away what it put into the namespaces, then lets it go.
    async fn clean_up(&self, object: &Object<ClusterExternalSecret>) -> Result<Next, Failure> {
        let name = match object.status.external_secret_name.as_str() {
            "" => object.name(),
            name => name,
        };
        let namespaces: Api<Namespace> = Api::all(self.world.client());
        let mut failed = None;
        for of in &object.status.provisioned_namespaces {
            let cleaned = async {
                let Some(namespace) = namespaces.get_opt(of).await? else { return Ok(()) };
                finalizers::remove(&self.world, &namespace, object.name()).await?;
                let deleted = self.delete(name, of, object.name()).await;
                deleted.map_err(|failure| {
                    failure.within(format!("failed to delete ExternalSecret in namespace {of}"))
                })
            };
            let cleaned: Result<(), Failure> = cleaned.await;
            failed = cleaned.err().or(failed);
        }
        if let Some(failure) = failed {
            return Err(failure);
        }
        if object.has_finalizer(FINALIZER) {
            let kind = Kind::ClusterExternalSecret;
            let gone = self.world.write_finalizer(kind, object, FINALIZER, false).await;
            gone.map(drop).or_else(|failure| if failure.is_missing() { Ok(()) } else { Err(failure) })?;
        }
        Ok(Next::Wait)
    }
}

async fn create(api: &Api<DynamicObject>, wanted: &Value) -> Result<(), Failure> {
    let object: DynamicObject = serde_json::from_value(wanted.clone())
        .map_err(|error| Failure::said(format!("cannot make an ExternalSecret: {error}")))?;
    let parameters = PostParams { field_manager: writing().field_manager, ..PostParams::default() };
    api.create(&parameters, &object).await?;
    Ok(())
}

/// Labels and annotations are replaced as a whole; so is the spec, but for what the definition's defaults add.
async fn update(api: &Api<DynamicObject>, existing: &DynamicObject, wanted: &Value) -> Result<(), Failure> {
    let found = json!({
        "metadata": { "labels": existing.metadata.labels, "annotations": existing.metadata.annotations,
            "ownerReferences": existing.metadata.owner_references },
        "spec": existing.data.get("spec"),
    });
    let wanted = json!({
        "metadata": { "labels": wanted["metadata"].get("labels"), "annotations": wanted["metadata"].get("annotations"),
            "ownerReferences": wanted["metadata"]["ownerReferences"] },
        "spec": wanted["spec"],
    });
    let Some(mut patch) = difference(&found, &wanted) else { return Ok(()) };
    patch["metadata"]["resourceVersion"] = json!(existing.metadata.resource_version);
    let name = existing.metadata.name.as_deref().unwrap_or_default();
    api.patch(name, &writing(), &Patch::Merge(patch)).await?;
    Ok(())
}

fn external_secret(object: &Object<ClusterExternalSecret>, namespace: &str, name: &str) -> Value {
    let mut annotations = object.spec.metadata.annotations.clone();
    match object.metadata.annotations.as_ref().and_then(|found| found.get(FORCE_SYNC)) {
        Some(value) => annotations.insert(FORCE_SYNC.to_owned(), value.clone()),
        None => annotations.remove(FORCE_SYNC),
    };
    let kind = Kind::ClusterExternalSecret;
    let mut metadata = json!({ "name": name, "namespace": namespace, "ownerReferences": [{
        "apiVersion": kind.api_version(), "kind": kind.name(), "name": object.name(), "uid": object.metadata.uid,
        "controller": true, "blockOwnerDeletion": true }] });
    if !annotations.is_empty() {
        metadata["annotations"] = json!(annotations);
    }
    if !object.spec.metadata.labels.is_empty() {
        metadata["labels"] = json!(object.spec.metadata.labels);
    }
    let kind = Kind::ExternalSecret;
    json!({ "apiVersion": kind.api_version(), "kind": kind.name(), "metadata": metadata,
        "spec": object.spec.external_secret_spec })
}

fn is_owned(metadata: &ObjectMeta, name: &str) -> bool {
    let mut owners = metadata.owner_references.iter().flatten();
    let controller = owners.find(|owner| owner.controller == Some(true));
    controller.is_some_and(|owner| {
        owner.kind == Kind::ClusterExternalSecret.name()
            && owner.api_version.starts_with(GROUP)
            && owner.name == name
    })
}

/// The condition has no reason and no time.
fn set_failures(status: &mut ClusterExternalSecretStatus, failures: &Failures) {
    let condition = Condition {
        kind: "Ready".to_owned(),
        status: if failures.is_empty() { "True" } else { "False" }.to_owned(),
        message: if failures.is_empty() { String::new() } else { "one or more namespaces failed".to_owned() },
        ..Condition::default()
    };
    status.conditions = vec![condition];
    status.failed_namespaces = failures
        .iter()
        .map(|(namespace, failure)| NamespaceFailure {
            namespace: namespace.clone(),
            reason: failure.to_string(),
        })
        .collect();
}
