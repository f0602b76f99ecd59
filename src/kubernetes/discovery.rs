//! Which kinds the cluster serves, and where.
//!
//! One round trip (two with the core group) of aggregated discovery, kept for the run and read again when a kind is
//! missing, because a definition may just have been applied.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::Deserialize;

use super::{Client, KubernetesError, Manifest, client::Call};
use crate::resource::{GroupKind, ObjectName};

/// A kind as the server serves it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiResource {
    /// The API group; empty for the core group.
    pub group: String,
    /// The version without the group.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The name in paths, as `deployments`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl ApiResource {
    /// Returns `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    /// Returns the kind with its group.
    pub fn group_kind(&self) -> GroupKind {
        GroupKind::new(&self.group, &self.kind)
    }

    /// Returns the path of the kind's objects in a namespace, or in all of them.
    pub(super) fn collection(&self, namespace: Option<&str>) -> String {
        let root = match self.group.as_str() {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{}/{}", escape(namespace), self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// Returns the path of an object.
    pub(super) fn object(&self, name: &ObjectName) -> String {
        format!("{}/{}", self.collection(name.namespace.as_deref()), escape(&name.name))
    }
}

fn escape(segment: &str) -> percent_encoding::PercentEncode<'_> {
    percent_encoding::utf8_percent_encode(segment, percent_encoding::NON_ALPHANUMERIC)
}

/// All kinds that the cluster serves.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    resources: BTreeMap<GroupKind, Vec<ApiResource>>,
    api_versions: BTreeSet<String>,
}

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList";

impl Discovery {
    /// Returns the kind at this version, or at the preferred one when `version` is `None`.
    pub fn find(&self, kind: &GroupKind, version: Option<&str>) -> Option<&ApiResource> {
        let served = self.resources.get(kind)?;
        match version {
            Some(version) => served.iter().find(|resource| resource.version == version),
            None => served.first(),
        }
    }

    /// Returns each kind at its preferred version.
    pub fn kinds(&self) -> impl Iterator<Item = &ApiResource> {
        self.resources.values().filter_map(|served| served.first())
    }

    /// Returns `v1`, `apps/v1`, `apps/v1/Deployment` …, as Helm's `.Capabilities.APIVersions` has them; sorted.
    pub fn api_versions(&self) -> impl Iterator<Item = &str> {
        self.api_versions.iter().map(String::as_str)
    }

    fn add(&mut self, list: GroupList) {
        for group in list.items {
            let name = group.metadata.name;
            for version in group.versions {
                let of_group = ApiResource {
                    group: name.clone(),
                    version: version.version,
                    kind: String::new(),
                    plural: String::new(),
                    namespaced: false,
                };
                self.api_versions.insert(of_group.api_version());
                for served in version.resources {
                    let resource = ApiResource {
                        kind: served.response_kind.kind,
                        plural: served.resource,
                        namespaced: served.scope == "Namespaced",
                        ..of_group.clone()
                    };
                    self.api_versions.insert(format!("{}/{}", resource.api_version(), resource.kind));
                    self.resources.entry(resource.group_kind()).or_default().push(resource);
                }
            }
        }
    }
}

#[derive(Deserialize)]
struct GroupList {
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    version: String,
    #[serde(default)]
    resources: Vec<Served>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Served {
    resource: String,
    response_kind: ResponseKind,
    #[serde(default)]
    scope: String,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

impl Client {
    /// Returns the kinds that the cluster serves, as read at first or after the last
    /// [`rediscover`](Self::rediscover).
    pub async fn discovery(&self) -> Result<Arc<Discovery>, KubernetesError> {
        if let Some(discovery) = &*self.cached_discovery().read().await {
            return Ok(Arc::clone(discovery));
        }
        // Held while reading, so that many who ask at once cost one round trip.
        let mut kept = self.cached_discovery().write().await;
        if let Some(discovery) = &*kept {
            return Ok(Arc::clone(discovery));
        }
        let discovery = Arc::new(self.read_discovery().await?);
        *kept = Some(Arc::clone(&discovery));
        Ok(discovery)
    }

    /// Reads the kinds again: definitions were applied.
    pub async fn rediscover(&self) -> Result<Arc<Discovery>, KubernetesError> {
        let discovery = Arc::new(self.read_discovery().await?);
        *self.cached_discovery().write().await = Some(Arc::clone(&discovery));
        Ok(discovery)
    }

    async fn read_discovery(&self) -> Result<Discovery, KubernetesError> {
        let read = |path: &'static str| {
            self.json(Call {
                accept: AGGREGATED,
                ..Call::get("discover the kinds that the cluster serves", path)
            })
        };
        let (core, groups): (GroupList, GroupList) = futures::try_join!(read("/api"), read("/apis"))?;
        let mut discovery = Discovery::default();
        discovery.add(core);
        discovery.add(groups);
        Ok(discovery)
    }

    /// Returns where objects of this kind and version are; looks again when the kind is not known.
    pub async fn resource(
        &self,
        kind: &GroupKind,
        version: Option<&str>,
    ) -> Result<ApiResource, KubernetesError> {
        if let Some(resource) = self.discovery().await?.find(kind, version) {
            return Ok(resource.clone());
        }
        let discovery = self.rediscover().await?;
        discovery.find(kind, version).cloned().ok_or_else(|| KubernetesError::UnknownKind {
            kind: kind.kind.clone(),
            version: match (kind.group.as_str(), version) {
                ("", version) => version.unwrap_or("v1").to_owned(),
                (group, Some(version)) => format!("{group}/{version}"),
                (group, None) => group.to_owned(),
            },
        })
    }

    /// Returns where the manifest's object is.
    pub async fn resource_of(&self, manifest: &Manifest) -> Result<ApiResource, KubernetesError> {
        self.resource(&manifest.group_kind(), Some(manifest.version())).await
    }
}
