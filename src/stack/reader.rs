//! Who may read the Secrets that the operator makes.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, SyncedSecret};

/// A service account that may read the Secrets which are synced into its namespace, and nothing else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reader {
    /// The name of the service account, its `Role` and its `RoleBinding`.
    pub name: String,
    /// The namespace.
    pub namespace: String,
}

impl Context<'_> {
    /// Registers service accounts with a `Role` and a `RoleBinding` each, by the names of the Secrets.
    pub fn secret_readers(&mut self, readers: &[Reader], secrets: &[SyncedSecret]) {
        for (index, reader) in readers.iter().enumerate() {
            let namespace = reader.namespace.as_str();
            let own = secrets.iter().filter(|secret| secret.namespace == namespace);
            let names: BTreeSet<&str> = own.map(|secret| secret.name.as_str()).collect();
            if names.is_empty() {
                let message = format!("there is no Secret in {namespace} to read");
                self.error(
                    &format!("readers[{index}]"),
                    message,
                    "name a namespace of one of `externalSecrets`",
                );
                continue;
            }
            self.secret_reader(namespace, &reader.name, names);
        }
    }
}
