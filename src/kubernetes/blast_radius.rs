//! What goes with an object when it is deleted: counted before, so that a deletion can be allowed by number.

use std::collections::BTreeSet;

use futures::FutureExt;
use serde_json::Value as Json;

use super::{
    ApiResource, Client, KubernetesError, Manifest, Selection, list::side_by_side, settled::is_built_in,
};
use crate::resource::GroupKind;

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
    /// Returns what the garbage collector and the server delete along with the object, by kind: of a definition its
    /// objects and the Secrets that they own, of a namespace its content.
    pub async fn blast_radius(&self, object: &Manifest) -> Result<Vec<(String, usize)>, KubernetesError> {
        match object.kind() {
            "CustomResourceDefinition" => self.of_definition(object).await,
            "Namespace" => self.of_namespace(object.name()).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn of_definition(&self, object: &Manifest) -> Result<Vec<(String, usize)>, KubernetesError> {
        let discovery = self.discovery().await?;
        // A definition's name is `plural.group`; its spec may not have been read.
        let Some((plural, group)) = object.name().split_once('.') else { return Ok(Vec::new()) };
        let defined = |resource: &&ApiResource| resource.plural == plural && resource.group == group;
        let Some(resource) = discovery.kinds().find(defined) else { return Ok(Vec::new()) };
        let objects = self.list_metadata(resource, Selection::default()).await?;
        let owners: BTreeSet<&str> = objects.iter().map(Manifest::uid).collect();
        let namespaces: BTreeSet<&str> = objects.iter().filter_map(Manifest::namespace).collect();
        let secrets = self.resource(&GroupKind::new("", "Secret"), Some("v1")).await?;
        let counts = namespaces.into_iter().map(|namespace| self.owned(&secrets, namespace, &owners).boxed());
        let owned = side_by_side(counts.collect()).await?;
        let counted = [(resource.kind.clone(), objects.len()), ("Secret".to_owned(), owned.iter().sum())];
        Ok(counted.into_iter().filter(|(_, count)| *count > 0).collect())
    }

    async fn of_namespace(&self, namespace: &str) -> Result<Vec<(String, usize)>, KubernetesError> {
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
        let counts = resources.iter().map(|resource| self.content(resource, namespace).boxed());
        let counted = side_by_side(counts.collect()).await?;
        Ok(counted.into_iter().filter(|(_, count)| *count > 0).collect())
    }

    async fn owned(
        &self,
        secrets: &ApiResource,
        namespace: &str,
        owners: &BTreeSet<&str>,
    ) -> Result<usize, KubernetesError> {
        let selection = Selection { namespace: Some(namespace), ..Selection::default() };
        let all = self.list_metadata(secrets, selection).await?;
        Ok(all.iter().filter(|secret| is_owned(secret, owners)).count())
    }

    async fn content(
        &self,
        resource: &ApiResource,
        namespace: &str,
    ) -> Result<(String, usize), KubernetesError> {
        let selection = Selection { namespace: Some(namespace), ..Selection::default() };
        match self.count(resource, selection).await {
            Ok(count) => Ok((resource.kind.clone(), count)),
            // A virtual kind that can't be listed holds nothing.
            Err(error) if error.status().is_some_and(|status| matches!(status.code, 404 | 405)) => {
                Ok((resource.kind.clone(), 0))
            }
            Err(error) => Err(error),
        }
    }
}

fn is_owned(object: &Manifest, owners: &BTreeSet<&str>) -> bool {
    let references = object.get(&["metadata", "ownerReferences"]).and_then(Json::as_array);
    references
        .into_iter()
        .flatten()
        .any(|reference| reference["uid"].as_str().is_some_and(|uid| owners.contains(uid)))
}
