//! Azure Key Vault.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Caller, present};
use crate::resource::Value;
use crate::secret::Secret;

/// Access to a Key Vault.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Azure {
    /// The vault's address.
    pub vault_url: String,
    /// The tenant.
    pub tenant_id: String,
    /// The application or managed identity to read as.
    pub client_id: Option<String>,
    /// A client's secret, which does not change by itself.
    pub credentials: Option<AzureClient>,
}

/// A client with its secret.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AzureClient {
    /// The client's id.
    pub client_id: Secret<String>,
    /// The secret of it.
    pub client_secret: Secret<String>,
}

impl Azure {
    pub(super) fn block(&self, caller: &Caller) -> Value {
        let keys = caller.key("client-id").zip(caller.key("client-secret"));
        // The service account names its tenant already, and the operator refuses to be told twice.
        let (kind, account, tenant) = match caller.reference() {
            Some(account) => ("WorkloadIdentity", Some(account), None),
            None => ("ServicePrincipal", None, Some(self.tenant_id.as_str().into())),
        };
        present([
            ("vaultUrl", Some(self.vault_url.as_str().into())),
            ("tenantId", tenant),
            ("authType", Some(kind.into())),
            ("serviceAccountRef", account),
            (
                "authSecretRef",
                keys.map(|(id, secret)| Value::map([("clientId", id), ("clientSecret", secret)])),
            ),
        ])
    }

    pub(super) fn credential(&self) -> Option<BTreeMap<String, Secret<String>>> {
        let client = self.credentials.as_ref()?;
        Some(
            [
                ("client-id".to_owned(), client.client_id.clone()),
                ("client-secret".to_owned(), client.client_secret.clone()),
            ]
            .into(),
        )
    }
}
