//! PushSecrets to 1Password: a field of an item, made where it is not there.

use std::time::Duration;

use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Map, json};

use crate::rehearsal::programs::external_secrets::{error::Failure, resource::PushData, secret::Data};

use super::item::{Field, Item, ItemVault};
use super::provider::Connect;

/// What was written is waited for: 1Password answers before it shows it.
const TICK: Duration = Duration::from_millis(500);
const TICKS: usize = 10;

/// What a PushSecret may say of the item.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    spec: MetadataSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetadataSpec {
    tags: Option<Vec<String>>,
    vault: String,
}

impl Connect {
    pub(crate) async fn push(&self, data: &Data, entry: &PushData) -> Result<(), Failure> {
        let Some(value) = data.get(&entry.matched.secret_key) else {
            return Err(Failure::said("key not found in 1Password Vaults"));
        };
        let value = String::from_utf8_lossy(value).into_owned();
        let metadata = metadata(entry)?;
        let title = &entry.matched.remote_ref.remote_key;
        let label = match entry.matched.remote_ref.property.as_str() {
            "" => "password",
            property => property,
        };
        let Some(mut item) = self.item(title).await? else {
            let created = self.create(title, label, value, metadata).await;
            created.map_err(|failure| failure.within("error creating 1Password Item"))?;
            return wait(|| Box::pin(async { Ok(self.item(title).await?.is_some()) })).await;
        };
        if let Some(tags) = metadata.spec.tags {
            item.tags = tags;
        }
        set_field(&mut item, label, &value)?;
        let updated = self.rest.update(&item).await;
        updated.map_err(|failure| failure.within("error updating 1Password Item"))?;
        let waited = wait(|| Box::pin(self.shows(title, label, &value)));
        waited.await.map_err(|failure| failure.within("failed waiting for label update"))
    }

    pub(crate) async fn delete(&self, entry: &PushData) -> Result<(), Failure> {
        let remote = &entry.matched.remote_ref;
        let Some(mut item) = self.item(&remote.remote_key).await? else {
            return Err(self.not_found(&remote.remote_key));
        };
        let count = item.fields.iter().filter(|field| field.label == remote.property).count();
        if count > 1 {
            return Err(expected_one().within("error updating 1Password Item"));
        }
        item.fields.retain(|field| field.label != remote.property);
        let is_empty = item.fields.is_empty() && item.files.is_empty() && item.sections.is_empty();
        let deleted = if is_empty { self.rest.delete(&item).await } else { self.rest.update(&item).await };
        deleted.map_err(|failure| failure.within("error deleting 1Password Item"))
    }

    async fn create(
        &self,
        title: &str,
        label: &str,
        value: String,
        metadata: Metadata,
    ) -> Result<(), Failure> {
        let vault = metadata.spec.vault;
        if !vault.is_empty() && !self.has_vault(&vault) {
            return Err(Failure::said(format!("metadata vault '{vault}' not in provider vaults")));
        }
        let first = self.sorted().first().map(|first| (*first).to_owned());
        let vault = if vault.is_empty() { first } else { Some(vault) };
        let vault = vault.ok_or_else(|| Failure::said("no vaults found"))?;
        let item = Item {
            title: title.to_owned(),
            category: "SERVER".to_owned(),
            vault: ItemVault { id: vault.clone() },
            tags: metadata.spec.tags.unwrap_or_default(),
            fields: vec![concealed(label, value)],
            ..Item::default()
        };
        let id = self.rest.vault(&vault).await?.id;
        self.rest.create(&item, &id).await
    }

    async fn shows(&self, title: &str, label: &str, value: &str) -> Result<bool, Failure> {
        let item = self.item(title).await?;
        let mut fields = item.iter().flat_map(|item| &item.fields);
        Ok(fields.any(|field| field.label == label && field.value == value))
    }
}

async fn wait<'a>(shown: impl Fn() -> BoxFuture<'a, Result<bool, Failure>>) -> Result<(), Failure> {
    for _ in 0..TICKS {
        tokio::time::sleep(TICK).await;
        if shown().await.unwrap_or(false) {
            return Ok(());
        }
    }
    Err(Failure::said("timeout to wait for function to run successfully"))
}

fn metadata(entry: &PushData) -> Result<Metadata, Failure> {
    let Some(metadata) = &entry.metadata else { return Ok(Metadata::default()) };
    Metadata::deserialize(metadata)
        .map_err(|error| Failure::said(format!("failed to parse push secret metadata: {error}")))
}

fn set_field(item: &mut Item, label: &str, value: &str) -> Result<(), Failure> {
    let mut found = item.fields.iter_mut().filter(|field| field.label == label);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => return Err(expected_one().within("error updating 1Password Item")),
        (Some(field), None) => value.clone_into(&mut field.value),
        (None, _) => item.fields.push(concealed(label, value.to_owned())),
    }
    Ok(())
}

fn concealed(label: &str, value: String) -> Field {
    let rest = Map::from_iter([("type".to_owned(), json!("CONCEALED"))]);
    Field { label: label.to_owned(), value, rest }
}

fn expected_one() -> Failure {
    Failure::said("expected one 1Password ItemField matching")
}
