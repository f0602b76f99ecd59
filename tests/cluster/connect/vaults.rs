//! The vaults and items that the Connect server shows, kept in a file that the harness and every replica share.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// `{"vaults": [{"id", "name", …, "items": [FullItem, …]}]}` in a file, read anew for each request.
pub(crate) struct Vaults {
    path: PathBuf,
}

impl Vaults {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join("vaults.json") }
    }

    pub(crate) fn write(&self, document: &Value) {
        let temporary = self.path.with_extension("new");
        std::fs::write(&temporary, document.to_string()).unwrap();
        std::fs::rename(temporary, &self.path).unwrap();
    }

    pub(crate) fn read(&self) -> Value {
        serde_json::from_slice(&std::fs::read(&self.path).unwrap()).unwrap()
    }

    /// Sets a field's value, as a person does in 1Password's app.
    pub(crate) fn set_field(&self, vault: &str, item: &str, label: &str, value: &str) {
        let mut document = self.read();
        let field = by_title(array_mut(&mut document, "vaults"), "name", vault)
            .and_then(|vault| by_title(array_mut(vault, "items"), "title", item))
            .and_then(|item| by_title(array_mut(item, "fields"), "label", label))
            .unwrap_or_else(|| panic!("no field `{label}` in item `{item}` of vault `{vault}`"));
        field["value"] = value.into();
        self.write(&document);
    }
}

/// The list under a key, made when absent.
pub(crate) fn array_mut<'a>(value: &'a mut Value, key: &str) -> &'a mut Vec<Value> {
    if !value[key].is_array() {
        value[key] = json!([]);
    }
    value[key].as_array_mut().expect("made an array above")
}

fn by_title<'a>(values: &'a mut [Value], key: &str, title: &str) -> Option<&'a mut Value> {
    values.iter_mut().find(|value| value[key] == title)
}

/// What a fresh cluster's Connect shows: the vault `production` with a login `db` and a `canary`, and the vault `staging`.
pub(crate) fn example() -> Value {
    json!({ "vaults": [
        { "id": PRODUCTION, "name": "production", "type": "USER_CREATED", "items": [
            login("bbbbbbbbbbbbbbbbbbbbbbbbbb", "db", "dragon", "correct horse battery staple"),
            login("canarycanarycanarycanaryca", "canary", "bird", "chirp"),
        ]},
        { "id": STAGING, "name": "staging", "type": "USER_CREATED", "items": [
            login("dddddddddddddddddddddddddd", "db", "kitten", "meow"),
        ]},
    ]})
}

/// The id of the example's vault `production`.
pub(crate) const PRODUCTION: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
/// The id of the example's vault `staging`.
pub(crate) const STAGING: &str = "cccccccccccccccccccccccccc";

/// An item of category LOGIN.
pub(crate) fn login(id: &str, title: &str, username: &str, password: &str) -> Value {
    json!({
        "id": id, "title": title, "category": "LOGIN", "version": 1, "tags": [],
        "fields": [
            { "id": "username", "type": "STRING", "purpose": "USERNAME", "label": "username", "value": username },
            { "id": "password", "type": "CONCEALED", "purpose": "PASSWORD", "label": "password", "value": password },
            { "id": "notesPlain", "type": "STRING", "purpose": "NOTES", "label": "notesPlain" },
        ],
    })
}
