//! A store as secrets refer to it.

use super::Context;
use crate::external_secrets::{Naming, StoreReference};

/// A store as secrets refer to it.
#[derive(Clone, Debug)]
pub struct KnownStore {
    /// Where it is and what it is called.
    pub reference: StoreReference,
    /// How its provider names values.
    pub naming: Naming,
}

impl Context<'_> {
    /// Returns the store of this name, which must be one that the namespace may use.
    pub(super) fn known_store<'s>(
        &mut self,
        field: &str,
        name: &str,
        namespace: &str,
        stores: &'s [KnownStore],
    ) -> Option<&'s KnownStore> {
        let field = format!("{field}.store");
        let named = || stores.iter().filter(|store| store.reference.name == name);
        let reaches =
            |store: &&KnownStore| store.reference.namespace.as_deref().is_none_or(|own| own == namespace);
        let found = named().find(reaches);
        match (found, named().next()) {
            (Some(_), _) => {}
            (None, Some(store)) => {
                let own = store.reference.namespace.as_deref().unwrap_or_default();
                let message = format!("the SecretStore {name} is for the namespace {own} alone");
                self.error(&field, message, "use it there, or a ClusterSecretStore");
            }
            (None, None) => {
                let known: Vec<&str> = stores.iter().map(|store| store.reference.name.as_str()).collect();
                self.error(
                    &field,
                    format!("no store is called {name}"),
                    format!("there is {}", known.join(", ")),
                );
            }
        }
        found
    }
}
