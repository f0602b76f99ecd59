//! What goes with an object when it is deleted: counted before, so that a deletion can be allowed by number.

use std::collections::BTreeSet;

use futures::FutureExt;
use serde_json::Value as Json;

use super::{
    ApiResource, Client, KubernetesError, Manifest, Selection, list::side_by_side, settled::is_built_in,
};
use crate::resource::{Collateral, GroupKind};

/// What of a namespace's content is worth counting; custom resources come on top.
const CONTENT: [(&str, &str); 7] = [
    ("", "Secret"),
    ("", "ConfigMap"),
    ("", "PersistentVolumeClaim"),
    ("", "Service"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("batch", "Job"),
];

impl Client {
    /// Returns what the garbage collector and the server delete along with the object: of a definition its objects
    /// and the Secrets that they own, of a namespace its content.
    pub async fn blast_radius(&self, object: &Manifest) -> Result<Vec<Collateral>, KubernetesError> {
        match object.kind() {
            "CustomResourceDefinition" => {
                // A definition's name is `plural.group`; its spec may not have been read.
                let Some((plural, group)) = object.name().split_once('.') else { return Ok(Vec::new()) };
                let discovery = self.discovery().await?;
                let defined = |resource: &&ApiResource| resource.plural == plural && resource.group == group;
                match discovery.kinds().find(defined) {
                    Some(resource) => self.of_kind(resource).await,
                    None => Ok(Vec::new()),
                }
            }
            "Namespace" => self.of_namespace(object.name()).await,
            _ => Ok(Vec::new()),
        }
    }

    /// Returns all objects of a kind and the Secrets that they own: what goes with the kind's definition.
    pub async fn of_kind(&self, resource: &ApiResource) -> Result<Vec<Collateral>, KubernetesError> {
        let objects = self.list_metadata(resource, Selection::default()).await?;
        let owners: BTreeSet<&str> = objects.iter().map(Manifest::uid).collect();
        let namespaces: BTreeSet<&str> = objects.iter().filter_map(Manifest::namespace).collect();
        let secrets = self.resource(&GroupKind::new("", "Secret"), Some("v1")).await?;
        let owned = namespaces.into_iter().map(|namespace| self.owned(&secrets, namespace, &owners).boxed());
        let owned = side_by_side(owned.collect()).await?;
        Ok(objects.iter().map(collateral).chain(owned.into_iter().flatten()).collect())
    }

    async fn of_namespace(&self, namespace: &str) -> Result<Vec<Collateral>, KubernetesError> {
        let discovery = self.discovery().await?;
        let resources: Vec<ApiResource> = discovery
            .kinds()
            .filter(|resource| {
                resource.namespaced
                    && (!is_built_in(&resource.group)
                        || CONTENT.contains(&(resource.group.as_str(), resource.kind.as_str())))
            })
            .cloned()
            .collect();
        let contents = resources.iter().map(|resource| self.content(resource, namespace).boxed());
        Ok(side_by_side(contents.collect()).await?.into_iter().flatten().collect())
    }

    async fn owned(
        &self,
        secrets: &ApiResource,
        namespace: &str,
        owners: &BTreeSet<&str>,
    ) -> Result<Vec<Collateral>, KubernetesError> {
        let selection = Selection { namespace: Some(namespace), ..Selection::default() };
        let all = self.list_metadata(secrets, selection).await?;
        Ok(all.iter().filter(|secret| is_owned(secret, owners)).map(collateral).collect())
    }

    async fn content(
        &self,
        resource: &ApiResource,
        namespace: &str,
    ) -> Result<Vec<Collateral>, KubernetesError> {
        let selection = Selection { namespace: Some(namespace), ..Selection::default() };
        match self.list_metadata(resource, selection).await {
            Ok(objects) => {
                Ok(objects.iter().filter(|object| !is_everywhere(object)).map(collateral).collect())
            }
            // A virtual kind that can't be listed holds nothing.
            Err(error) if error.status().is_some_and(|status| matches!(status.code, 404 | 405)) => {
                Ok(Vec::new())
            }
            Err(error) => Err(error),
        }
    }
}

/// What the cluster puts into each namespace, and the records of releases, whose objects are counted themselves.
fn is_everywhere(object: &Manifest) -> bool {
    let record = object.kind() == "Secret" && object.name().starts_with("sh.helm.release.v1.");
    record || (object.kind() == "ConfigMap" && object.name() == "kube-root-ca.crt")
}

fn collateral(object: &Manifest) -> Collateral {
    let named = |name: &str| match object.namespace() {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name.to_owned(),
    };
    let references = object.get(&["metadata", "ownerReferences"]).and_then(Json::as_array);
    let owner =
        |reference: &Json| Some((reference["kind"].as_str()?.to_owned(), named(reference["name"].as_str()?)));
    Collateral {
        kind: object.kind().to_owned(),
        name: named(object.name()),
        owners: references.into_iter().flatten().filter_map(owner).collect(),
    }
}

fn is_owned(object: &Manifest, owners: &BTreeSet<&str>) -> bool {
    let references = object.get(&["metadata", "ownerReferences"]).and_then(Json::as_array);
    references
        .into_iter()
        .flatten()
        .any(|reference| reference["uid"].as_str().is_some_and(|uid| owners.contains(uid)))
}
