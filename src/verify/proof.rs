//! What has to be proven.

use std::fmt;

use crate::external_secrets::{Condition, GROUP, Origin};
use crate::resource::{Access, GroupKind, ObjectName};
use crate::secret::Secret;

/// The kind of a store.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Deserialize,
    schemars::JsonSchema,
)]
pub enum StoreKind {
    /// For all namespaces that its conditions allow.
    #[default]
    ClusterSecretStore,
    /// For its own namespace.
    SecretStore,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ClusterSecretStore => "ClusterSecretStore",
            Self::SecretStore => "SecretStore",
        })
    }
}

/// A store, and how to prove that it delivers.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The store's kind.
    pub kind: StoreKind,
    /// The store.
    pub store: ObjectName,
    /// Who answers behind it.
    pub origin: Origin,
    /// The canary's ExternalSecret; without one only the store's own verdict can be told.
    pub canary: Option<Canary>,
    /// The Secrets that the store or its server reads: a change of theirs makes its verdict stale.
    pub secrets: Vec<ObjectName>,
    /// The deployments that must be available, as of the operator and of Connect.
    pub deployments: Vec<ObjectName>,
    /// Namespaces that must not get at the store, whatever its conditions have become.
    pub apart: Vec<Condition>,
}

impl Proof {
    /// Returns what the cluster must allow, so that the store can be proven.
    pub fn accesses(&self) -> Vec<Access> {
        let to = |group: &str, kind: &str, namespace: Option<&str>, verbs: &[&'static str]| -> Vec<Access> {
            let access = |verb: &&'static str| Access::to(verb, GroupKind::new(group, kind), namespace);
            verbs.iter().map(access).collect()
        };
        let watched = ["list", "watch", "patch"];
        let namespace = self.store.namespace.as_deref();
        let mut accesses = to(GROUP, &self.kind.to_string(), namespace, &watched);
        // Events of cluster-scoped objects are in the namespace `default`.
        accesses.extend(to("", "Event", namespace.or(Some("default")), &["list"]));
        if !self.apart.is_empty() {
            accesses.extend(to("", "Namespace", None, &["list"]));
        }
        for deployment in &self.deployments {
            accesses.extend(to("apps", "Deployment", deployment.namespace.as_deref(), &watched[..2]));
        }
        if let Some(canary) = &self.canary {
            let namespace = canary.name.namespace.as_deref();
            accesses.extend(to(GROUP, "ExternalSecret", namespace, &watched));
            accesses.extend(to("", "Event", namespace, &["list"]));
            accesses.extend(to("", "Secret", namespace, &["get"]));
        }
        accesses
    }
}

/// The ExternalSecret that proves a store.
#[derive(Clone, Debug)]
pub struct Canary {
    /// The ExternalSecret, whose Secret has the same name.
    pub name: ObjectName,
    /// The key in the Secret.
    pub key: String,
    /// The value that must come out; without it any value but an empty one will do.
    pub equals: Option<Secret<String>>,
}
