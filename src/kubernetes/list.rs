//! Reading many objects in few round trips.
//!
//! Many of a kind in a namespace are one LIST, in pages; few are GETs side by side, because a LIST of a crowded
//! namespace costs more. Secrets are always fetched by name: a LIST would bring those of others along.

use std::collections::BTreeMap;

use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};
use serde::Deserialize;
use serde_json::Value as Json;

use super::{ApiResource, Client, KubernetesError, Manifest, client::Call};
use crate::resource::ObjectName;

/// Which objects of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// The namespace; all of them without one.
    pub namespace: Option<&'a str>,
    /// A label selector.
    pub labels: Option<&'a str>,
    /// A field selector.
    pub fields: Option<&'a str>,
}

/// How many requests are on their way at once.
const AT_ONCE: usize = 8;
const PAGE: usize = 250;
/// From this many wanted objects of a kind and namespace on, a LIST is cheaper.
const MANY: usize = 4;
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Does all of it, some at once, and returns the results in order, or the first error.
pub(super) async fn side_by_side<T: Send>(
    all: Vec<BoxFuture<'_, Result<T, KubernetesError>>>,
) -> Result<Vec<T>, KubernetesError> {
    stream::iter(all).buffered(AT_ONCE).try_collect().await
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    /// The server writes null for no items of a metadata list.
    items: Option<Vec<Json>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageMetadata {
    #[serde(rename = "continue")]
    next: String,
    remaining_item_count: Option<usize>,
}

impl Client {
    /// Returns the objects of a kind.
    pub async fn list(
        &self,
        resource: &ApiResource,
        selection: Selection<'_>,
    ) -> Result<Vec<Manifest>, KubernetesError> {
        self.pages(resource, selection, super::client::JSON).await
    }

    /// Returns the objects of a kind without spec and status: kind, names, labels, owners, versions.
    pub async fn list_metadata(
        &self,
        resource: &ApiResource,
        selection: Selection<'_>,
    ) -> Result<Vec<Manifest>, KubernetesError> {
        self.pages(resource, selection, METADATA).await
    }

    /// Returns how many objects of a kind there are; one object is transferred.
    pub async fn count(
        &self,
        resource: &ApiResource,
        selection: Selection<'_>,
    ) -> Result<usize, KubernetesError> {
        if selection.labels.is_some() || selection.fields.is_some() {
            // The server does not count what remains of a selection.
            return Ok(self.list_metadata(resource, selection).await?.len());
        }
        let page = self.page(resource, selection, METADATA, "", 1).await?;
        Ok(page.items.map_or(0, |items| items.len()) + page.metadata.remaining_item_count.unwrap_or_default())
    }

    async fn pages(
        &self,
        resource: &ApiResource,
        selection: Selection<'_>,
        accept: &'static str,
    ) -> Result<Vec<Manifest>, KubernetesError> {
        let mut found = Vec::new();
        let mut next = String::new();
        loop {
            let page = self.page(resource, selection, accept, &next, PAGE).await?;
            for item in page.items.into_iter().flatten() {
                found.push(typed(item, resource)?);
            }
            next = page.metadata.next;
            if next.is_empty() {
                return Ok(found);
            }
        }
    }

    async fn page(
        &self,
        resource: &ApiResource,
        selection: Selection<'_>,
        accept: &'static str,
        next: &str,
        limit: usize,
    ) -> Result<Page, KubernetesError> {
        let act = format!("list objects of kind {}", resource.kind);
        let mut call = Call { accept, ..Call::get(act, resource.collection(selection.namespace)) }
            .query("limit", limit.to_string());
        for (key, value) in [("labelSelector", selection.labels), ("fieldSelector", selection.fields)] {
            if let Some(value) = value {
                call = call.query(key, value);
            }
        }
        if !next.is_empty() {
            call = call.query("continue", next);
        }
        self.json(call).await
    }

    /// Returns the objects of these names in their order, each `None` where it is not there.
    pub async fn get_many(
        &self,
        wanted: &[(ApiResource, ObjectName)],
    ) -> Result<Vec<Option<Manifest>>, KubernetesError> {
        let mut groups: BTreeMap<(&ApiResource, Option<&str>), Vec<usize>> = BTreeMap::new();
        for (index, (resource, name)) in wanted.iter().enumerate() {
            groups.entry((resource, name.namespace.as_deref())).or_default().push(index);
        }
        let mut reads: Vec<Read<'_>> = Vec::new();
        for ((resource, namespace), indexes) in groups {
            let secrets = resource.kind == "Secret" && resource.group.is_empty();
            if secrets || indexes.len() < MANY || crowded(resource) {
                reads.extend(indexes.into_iter().map(Read::One));
            } else {
                reads.push(Read::All { resource, namespace, indexes });
            }
        }
        let reads = reads.into_iter().map(|read| self.read_some(wanted, read).boxed()).collect();
        let answers = side_by_side(reads).await?;
        let mut found: Vec<Option<Manifest>> = wanted.iter().map(|_| None).collect();
        for (index, object) in answers.into_iter().flatten() {
            found[index] = object;
        }
        Ok(found)
    }

    async fn read_some(
        &self,
        wanted: &[(ApiResource, ObjectName)],
        read: Read<'_>,
    ) -> Result<Vec<(usize, Option<Manifest>)>, KubernetesError> {
        match read {
            Read::One(index) => {
                let (resource, name) = &wanted[index];
                Ok(vec![(index, self.get(resource, name).await?)])
            }
            Read::All { resource, namespace, indexes } => {
                let selection = Selection { namespace, ..Selection::default() };
                let listed = match self.list(resource, selection).await {
                    // Who may read each of them need not be allowed to list them.
                    Err(error) if error.is_refused() => return self.read_each(wanted, indexes).await,
                    listed => listed?,
                };
                let mut by_name: BTreeMap<String, Manifest> =
                    listed.into_iter().map(|object| (object.name().to_owned(), object)).collect();
                Ok(indexes.into_iter().map(|index| (index, by_name.remove(&wanted[index].1.name))).collect())
            }
        }
    }

    async fn read_each(
        &self,
        wanted: &[(ApiResource, ObjectName)],
        indexes: Vec<usize>,
    ) -> Result<Vec<(usize, Option<Manifest>)>, KubernetesError> {
        let reads = indexes.iter().map(|&index| self.get(&wanted[index].0, &wanted[index].1).boxed());
        Ok(indexes.iter().copied().zip(side_by_side(reads.collect()).await?).collect())
    }
}

/// One request of a batch, by the indexes of what it answers.
enum Read<'a> {
    One(usize),
    All { resource: &'a ApiResource, namespace: Option<&'a str>, indexes: Vec<usize> },
}

/// Every cluster has some hundred of these of its own, or each is large.
fn crowded(resource: &ApiResource) -> bool {
    matches!(
        (resource.group.as_str(), resource.kind.as_str()),
        ("rbac.authorization.k8s.io", "ClusterRole" | "ClusterRoleBinding")
            | ("apiextensions.k8s.io", "CustomResourceDefinition")
            | ("", "Pod" | "Event")
    )
}

/// The items of a list do not say their kind.
fn typed(mut item: Json, resource: &ApiResource) -> Result<Manifest, KubernetesError> {
    if let Some(entries) = item.as_object_mut() {
        entries.insert("apiVersion".into(), resource.api_version().into());
        entries.insert("kind".into(), resource.kind.clone().into());
    }
    Manifest::new(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::testing::Api;
    use crate::resource::GroupKind;
    use serde_json::json;

    async fn config_maps(api: &Api) -> ApiResource {
        api.client.resource(&GroupKind::new("", "ConfigMap"), None).await.unwrap()
    }

    #[tokio::test]
    async fn a_list_of_nothing_may_be_null() {
        let api = Api::start().await;
        let empty =
            json!({"kind": "PartialObjectMetadataList", "metadata": {"resourceVersion": "1"}, "items": null});
        api.answer("GET", "/api/v1/configmaps", empty).await;
        let resource = config_maps(&api).await;
        assert!(api.client.list_metadata(&resource, Selection::default()).await.unwrap().is_empty());
        assert_eq!(api.client.count(&resource, Selection::default()).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn pages_follow_one_another_and_what_remains_is_counted() {
        let api = Api::start().await;
        let item = |name: &str| json!({"metadata": {"name": name}});
        let first = json!({"metadata": {"continue": "next", "remainingItemCount": 1}, "items": [item("a")]});
        api.respond("GET", "/api/v1/configmaps", 200, first.clone(), Some(1)).await;
        api.answer("GET", "/api/v1/configmaps", json!({"metadata": {}, "items": [item("b")]})).await;
        let resource = config_maps(&api).await;
        let names: Vec<String> = api
            .client
            .list(&resource, Selection::default())
            .await
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(names, ["ConfigMap a", "ConfigMap b"]);
        assert!(api.requests().await[1].contains("continue=next"));
        api.respond("GET", "/api/v1/configmaps", 200, first, Some(1)).await;
        assert_eq!(api.client.count(&resource, Selection::default()).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn many_of_a_kind_are_one_list_and_secrets_are_fetched_by_name() {
        let api = Api::start().await;
        api.answer(
            "GET",
            "/api/v1/namespaces/n/configmaps",
            json!({"items": [{"metadata": {"name": "c2"}}]}),
        )
        .await;
        let secrets = api.client.resource(&GroupKind::new("", "Secret"), None).await.unwrap();
        let maps = config_maps(&api).await;
        let wanted: Vec<(ApiResource, ObjectName)> = (0..5)
            .flat_map(|index| {
                let name = |prefix: &str| ObjectName::namespaced("n", format!("{prefix}{index}"));
                [(maps.clone(), name("c")), (secrets.clone(), name("s"))]
            })
            .collect();
        let found = api.client.get_many(&wanted).await.unwrap();
        let there: Vec<usize> = (0..10).filter(|index| found[*index].is_some()).collect();
        assert_eq!(there, [4]);
        let requests = api.requests().await;
        assert_eq!(requests.iter().filter(|request| request.contains("configmaps")).count(), 1);
        assert_eq!(requests.iter().filter(|request| request.contains("secrets/s")).count(), 5);
    }
}
