//! Access to 1Password by a service account, without a Connect server.

use super::SecretKey;
use crate::resource::Value;

/// Access to one vault of 1Password by a service account: the operator asks 1Password's cloud itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnePasswordSdk {
    /// The vault's name or id.
    pub vault: String,
    /// Where the service account's token is.
    pub token: SecretKey,
}

impl OnePasswordSdk {
    pub(super) fn block(&self) -> Value {
        Value::map([
            ("vault", Value::from(self.vault.as_str())),
            ("auth", Value::map([("serviceAccountSecretRef", self.token.selector())])),
        ])
    }
}
