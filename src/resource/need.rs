//! What a resource needs and what it brings: the engine matches the two and nobody writes the edge.

use std::fmt;

/// A kind of object whatever its version, as `ClusterSecretStore` of `external-secrets.io`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKind {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
}

impl GroupKind {
    /// Returns the kind `kind` of the group `group`.
    pub fn new(group: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { group: group.into(), kind: kind.into() }
    }
}

impl fmt::Display for GroupKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group.as_str() {
            "" => formatter.write_str(&self.kind),
            group => write!(formatter, "{}.{group}", self.kind),
        }
    }
}

/// An object's name and, where it has one, namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The namespace; `None` for what is cluster-scoped.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectName {
    /// Returns the name of an object in a namespace.
    pub fn namespaced(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: Some(namespace.into()), name: name.into() }
    }

    /// Returns the name of a cluster-scoped object.
    pub fn cluster(name: impl Into<String>) -> Self {
        Self { namespace: None, name: name.into() }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(formatter, "{namespace}/{}", self.name),
            None => formatter.write_str(&self.name),
        }
    }
}

/// Something that must be there before a resource can be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// A namespace.
    Namespace(String),
    /// A kind that the API server serves.
    Kind(GroupKind),
    /// A key of a Secret.
    SecretKey {
        /// The Secret.
        secret: ObjectName,
        /// The key in its data.
        key: String,
    },
    /// A store of External Secrets; without a namespace it is a ClusterSecretStore.
    Store(ObjectName),
    /// An admission webhook that serves a kind.
    Webhook(GroupKind),
}

/// Something that is there once a resource is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Brings {
    /// A namespace.
    Namespace(String),
    /// A kind, by its definition.
    Kind(GroupKind),
    /// A Secret with all its keys.
    Secret(ObjectName),
    /// A store of External Secrets.
    Store(ObjectName),
    /// An admission webhook for a kind.
    Webhook(GroupKind),
}

impl Brings {
    /// Says whether this satisfies `need`.
    pub fn satisfies(&self, need: &Need) -> bool {
        match (self, need) {
            (Self::Namespace(brought), Need::Namespace(needed)) => brought == needed,
            (Self::Kind(brought), Need::Kind(needed)) | (Self::Webhook(brought), Need::Webhook(needed)) => {
                brought == needed
            }
            (Self::Secret(brought), Need::SecretKey { secret, .. }) => brought == secret,
            (Self::Store(brought), Need::Store(needed)) => brought == needed,
            (Self::Namespace(_) | Self::Kind(_) | Self::Secret(_) | Self::Store(_) | Self::Webhook(_), _) => {
                false
            }
        }
    }
}
