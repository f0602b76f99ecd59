//! Plain verbs on objects: get, create, replace, merge, and delete.

use http::Method;
use serde_json::Value as Json;

use super::{ApiResource, Client, KubernetesError, Manifest, client::Call};
use crate::resource::ObjectName;

impl Client {
    /// Returns the object, if it is there.
    pub async fn get(
        &self,
        resource: &ApiResource,
        name: &ObjectName,
    ) -> Result<Option<Manifest>, KubernetesError> {
        let call = Call::get(format!("read {} {name}", resource.kind), resource.object(name));
        match self.json(call).await {
            Ok(json) => Manifest::new(json).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Creates the object; [`is_conflict`](KubernetesError::is_conflict) when it is there already.
    pub async fn create(&self, manifest: &Manifest, manager: &str) -> Result<Manifest, KubernetesError> {
        let resource = self.resource_of(manifest).await?;
        let path = resource.collection(manifest.namespace());
        self.write("create", manifest, Method::POST, path, manager).await
    }

    /// Replaces the object; its `resourceVersion` makes it a compare-and-swap, and
    /// [`is_conflict`](KubernetesError::is_conflict) says that somebody was faster.
    pub async fn replace(&self, manifest: &Manifest, manager: &str) -> Result<Manifest, KubernetesError> {
        let resource = self.resource_of(manifest).await?;
        let path = resource.object(&manifest.object_name());
        self.write("replace", manifest, Method::PUT, path, manager).await
    }

    /// Changes the parts of an object that `patch` names (JSON merge patch); null removes.
    pub async fn merge(
        &self,
        resource: &ApiResource,
        name: &ObjectName,
        patch: &Json,
        manager: &str,
    ) -> Result<Manifest, KubernetesError> {
        let act = format!("change {} {name}", resource.kind);
        let call =
            Call::send(act, Method::PATCH, resource.object(name), "application/merge-patch+json", patch)
                .query("fieldManager", manager);
        Manifest::new(self.json(call).await?)
    }

    async fn write(
        &self,
        verb: &str,
        manifest: &Manifest,
        method: Method,
        path: String,
        manager: &str,
    ) -> Result<Manifest, KubernetesError> {
        let call =
            Call::send(format!("{verb} {manifest}"), method, path, super::client::JSON, manifest.json())
                .query("fieldManager", manager)
                .query("fieldValidation", "Strict");
        Manifest::new(self.json(call).await?)
    }
}
