//! A store with the canary that proves it.

use super::Context;
use crate::external_secrets::{Condition, Store, canary, canary_name};
use crate::resource::{ObjectName, Options, Urn};
use crate::secret::Secret;
use crate::verify::{Canary, Proof, StoreKind};

/// A store, and what its proof needs.
#[derive(Debug)]
pub struct ProvenStore<'a> {
    /// The store.
    pub store: Store,
    /// What must come out of it; without one it is taken at its word.
    pub canary: Option<CanaryOf<'a>>,
    /// The namespace of the canary where neither it nor the store's conditions name one.
    pub namespace: &'a str,
    /// The Secrets that the store or its server reads: a change of theirs makes its verdict stale.
    pub secrets: Vec<ObjectName>,
    /// The deployments that it stands on.
    pub deployments: Vec<ObjectName>,
    /// What must be there before it.
    pub depends_on: Vec<Urn>,
}

/// What a canary fetches.
#[derive(Debug)]
pub struct CanaryOf<'a> {
    /// The name of the secret at the provider.
    pub key: &'a str,
    /// A property of it.
    pub property: Option<&'a str>,
    /// The value it must have; without it any value will do.
    pub equals: Option<&'a Secret<String>>,
    /// Where the canary lives.
    pub namespace: Option<&'a str>,
}

impl Context<'_> {
    /// Checks that a store of this kind has a namespace or has none, as it must; `field` is its place in the
    /// configuration (`stores[0]`).
    pub fn check_store_kind(&mut self, field: &str, kind: StoreKind, namespace: Option<&str>) {
        match (kind, namespace) {
            (StoreKind::SecretStore, None) => {
                self.error(&format!("{field}.kind"), "a SecretStore needs a namespace", "add `namespace`");
            }
            (StoreKind::ClusterSecretStore, Some(_)) => {
                self.error(
                    &format!("{field}.namespace"),
                    "a ClusterSecretStore has no namespace",
                    "drop it, or use `kind: SecretStore`",
                );
            }
            (StoreKind::SecretStore, Some(_)) | (StoreKind::ClusterSecretStore, None) => {}
        }
    }

    /// Registers a store and its canary, and has it proven once everything is applied.
    pub fn proven_store(&mut self, wanted: ProvenStore<'_>) {
        let ProvenStore { store, canary, namespace, secrets, deployments, depends_on } = wanted;
        let options = Options { depends_on, ..Options::default() };
        self.external_secret_object(store.manifest(), options);
        let canary = canary.map(|canary| self.canary(&store, namespace, &canary));
        let kind = match store.reference.namespace {
            Some(_) => StoreKind::SecretStore,
            None => StoreKind::ClusterSecretStore,
        };
        let origin = store.access.origin();
        let store = ObjectName { namespace: store.reference.namespace, name: store.reference.name };
        self.prove(Proof { kind, store, origin, canary, secrets, deployments, apart: Vec::new() });
    }

    /// Has it proven that no namespace of these conditions gets at the store which was registered last.
    pub fn keep_apart(&mut self, conditions: Vec<Condition>) {
        if let Some(proof) = self.last_proof() {
            proof.apart = conditions;
        }
    }

    /// A canary lives where the store may be used.
    #[expect(clippy::disallowed_methods, reason = "the expected value moves on to the proof, hidden")]
    fn canary(&mut self, store: &Store, namespace: &str, wanted: &CanaryOf<'_>) -> Canary {
        let first_allowed = || store.conditions.iter().flat_map(|condition| &condition.namespaces).next();
        let namespace = wanted
            .namespace
            .or(store.reference.namespace.as_deref())
            .or_else(|| first_allowed().map(String::as_str))
            .unwrap_or(namespace);
        let manifest = canary(&store.reference, namespace, wanted.key, wanted.property);
        self.external_secret_object(manifest, Options::default());
        Canary {
            name: ObjectName::namespaced(namespace, canary_name(&store.reference.name)),
            key: "value".to_owned(),
            equals: wanted.equals.map(|expected| Secret::new(expected.expose().clone())),
        }
    }
}
