//! The vaults of an account.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::ConnectFault;

/// The vaults that Connect servers show, with what they were asked and how they misbehave; cheap to clone, and every
/// clone is the same account. Nothing of it is shown by `Debug`.
///
/// # Which token goes with which credentials
///
/// A real server decides that with a key that is encrypted in its credentials, in a way that only 1Password knows. Here
/// a token must be a Connect token (ES256, for `com.1password.connect`, within its time) to be taken at all. One that
/// was made by the test kit of this project, which a signature of its own shows, must be signed with the key of the very
/// credentials. Of any other token that cannot be checked: the first one that is presented to a server is believed,
/// and from then on those credentials answer only tokens of the same Connect server (the claim `sub`).
#[derive(Clone, Default)]
pub struct Vaults(Arc<Mutex<Account>>);

#[derive(Default)]
pub(super) struct Account {
    /// As the API has them, each with its `items` in full.
    pub(super) vaults: Vec<Json>,
    /// The vaults whose real id is not known: every token may see them.
    pub(super) placeholders: Vec<String>,
    /// Which Connect server each set of credentials belongs to.
    pub(super) servers: BTreeMap<String, String>,
    fault: Option<(ConnectFault, u32)>,
    requests: Vec<ConnectRequest>,
    /// Wakes what waits for the end of a fault.
    healed: Arc<Notify>,
}

/// A request that a Connect server got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectRequest {
    /// Its method.
    pub method: String,
    /// Its path with the query.
    pub path: String,
    /// The status of the answer; nothing for a request that was left without one.
    pub status: Option<u16>,
}

impl Vaults {
    /// Adds a vault under the id that it has at 1Password: only tokens with that id in their scope see it.
    #[must_use]
    pub fn vault(self, name: &str, id: &str) -> Self {
        self.add(name, id.to_owned());
        self
    }

    /// Adds a vault whose id is not known: it gets one, and every token sees it.
    #[must_use]
    pub fn placeholder(self, name: &str) -> Self {
        let id = identifier(&format!("vault/{name}"));
        self.account().placeholders.push(id.clone());
        self.add(name, id);
        self
    }

    /// Adds a login to a vault, which is made when it is not there: labels and values of its fields.
    #[must_use]
    pub fn login(self, vault: &str, title: &str, fields: &[(&str, &str)]) -> Self {
        let fields: Vec<Json> = fields
            .iter()
            .map(|(label, value)| {
                let (kind, purpose) = match *label {
                    "username" => ("STRING", "USERNAME"),
                    "password" => ("CONCEALED", "PASSWORD"),
                    _ => ("CONCEALED", ""),
                };
                json!({ "id": label, "type": kind, "purpose": purpose, "label": label, "value": value })
            })
            .collect();
        let id = identifier(&format!("item/{vault}/{title}"));
        let item = json!({
            "id": id, "title": title, "category": "LOGIN", "version": 1, "tags": [], "fields": fields,
        });
        self.item(vault, item)
    }

    /// Adds an item in the API's own form to a vault, which is made when it is not there.
    #[must_use]
    pub fn item(self, vault: &str, item: Json) -> Self {
        let known = self.account().vaults.iter().any(|one| one["name"] == vault);
        let this = if known { self } else { self.placeholder(vault) };
        {
            let mut account = this.account();
            let found = account.vaults.iter_mut().find(|one| one["name"] == vault);
            if let Some(items) = found.and_then(|vault| vault["items"].as_array_mut()) {
                items.push(item);
            }
        }
        this
    }

    /// Sets a field as a person does in 1Password's app; false when there is no such field.
    pub fn set_field(&self, vault: &str, item: &str, label: &str, value: &str) -> bool {
        let mut account = self.account();
        let vault = account.vaults.iter_mut().find(|one| one["name"] == vault);
        let items = vault.and_then(|vault| vault["items"].as_array_mut());
        let item = items.and_then(|items| items.iter_mut().find(|one| one["title"] == item));
        let fields = item.and_then(|item| item["fields"].as_array_mut());
        let field = fields.and_then(|fields| fields.iter_mut().find(|one| one["label"] == label));
        let Some(field) = field else { return false };
        field["value"] = value.into();
        true
    }

    /// Makes the servers misbehave from the next request on.
    pub fn inject(&self, fault: ConnectFault) {
        self.account().fault = Some((fault, 0));
    }

    /// Lets the servers work again.
    pub fn heal(&self) {
        let mut account = self.account();
        account.fault = None;
        account.healed.notify_waiters();
    }

    /// Returns every request to `/v1` so far, in order.
    pub fn requests(&self) -> Vec<ConnectRequest> {
        self.account().requests.clone()
    }

    pub(super) fn account(&self) -> MutexGuard<'_, Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the fault in force and how many requests it met before this one.
    pub(super) fn meet(&self) -> Option<(ConnectFault, u32)> {
        let mut account = self.account();
        let (fault, met) = account.fault.as_mut()?;
        *met += 1;
        Some((fault.clone(), *met - 1))
    }

    /// Returns the fault in force, without a request.
    pub(super) fn fault(&self) -> Option<ConnectFault> {
        self.account().fault.as_ref().map(|(fault, _)| fault.clone())
    }

    /// Waits until the servers work again.
    pub(super) async fn healed(&self) {
        let healed = {
            let account = self.account();
            if account.fault.is_none() {
                return;
            }
            Arc::clone(&account.healed).notified_owned()
        };
        healed.await;
    }

    pub(super) fn note(&self, method: &http::Method, path: &str, status: Option<u16>) {
        let request = ConnectRequest { method: method.to_string(), path: path.to_owned(), status };
        self.account().requests.push(request);
    }

    fn add(&self, name: &str, id: String) {
        self.account().vaults.push(json!({ "id": id, "name": name, "type": "USER_CREATED", "items": [] }));
    }
}

impl fmt::Debug for Vaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.account();
        let names: Vec<&str> = account.vaults.iter().filter_map(|vault| vault["name"].as_str()).collect();
        formatter.debug_tuple("Vaults").field(&names).finish()
    }
}

/// Returns 26 characters as 1Password's ids have them, the same for the same text.
pub(super) fn identifier(text: &str) -> String {
    identifier_of(&Sha256::digest(text))
}

/// Returns the id that some bytes make.
pub(super) fn identifier_of(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    bytes.iter().take(26).map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}
