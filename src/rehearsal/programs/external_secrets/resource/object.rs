//! One object of a kind: its metadata, its spec and its status.

use std::borrow::Cow;
use std::fmt::{self, Debug};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::DynamicResourceScope;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{GROUP, Kind};

/// What a spec's object says of itself.
pub(crate) trait StatusOf: Clone + Debug + DeserializeOwned + Send + Sync + 'static {
    type Status: Clone + Debug + Default + DeserializeOwned + Send + Sync + 'static;
}

#[derive(Clone, Debug, Deserialize)]
#[serde(bound = "S: StatusOf")]
pub(crate) struct Object<S: StatusOf> {
    #[serde(default)]
    pub(crate) metadata: ObjectMeta,
    pub(crate) spec: S,
    #[serde(default)]
    pub(crate) status: S::Status,
}

/// Where an object is; a cluster-scoped one has no namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
}

impl<S: StatusOf> Object<S> {
    pub(crate) fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// Returns the namespace, empty for cluster-scoped objects.
    pub(crate) fn namespace(&self) -> &str {
        self.metadata.namespace.as_deref().unwrap_or_default()
    }

    pub(crate) fn is_deleted(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    pub(crate) fn has_finalizer(&self, finalizer: &str) -> bool {
        self.metadata.finalizers.iter().flatten().any(|found| found == finalizer)
    }
}

impl Place {
    pub(crate) fn of(metadata: &ObjectMeta) -> Option<Self> {
        Some(Self { namespace: metadata.namespace.clone(), name: metadata.name.clone()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "{namespace}/{}", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

impl<S: StatusOf> Resource for Object<S> {
    type DynamicType = Kind;
    type Scope = DynamicResourceScope;

    fn kind(kind: &Kind) -> Cow<'_, str> {
        kind.name().into()
    }

    fn group(_kind: &Kind) -> Cow<'_, str> {
        GROUP.into()
    }

    fn version(kind: &Kind) -> Cow<'_, str> {
        kind.version().into()
    }

    fn plural(kind: &Kind) -> Cow<'_, str> {
        kind.plural().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}
