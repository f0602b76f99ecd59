//! What the operator asks of Connect.

use std::collections::BTreeMap;

use crate::rehearsal::{
    network::Network,
    programs::external_secrets::{
        error::Failure,
        providers::{client::Validation, find::Names},
        resource::{Find, RemoteReference},
        secret::Data,
    },
};

use super::item::{Item, Property, is_id};
use super::rest::Rest;

/// A store's vaults on a Connect server.
pub(crate) struct Connect {
    pub(super) rest: Rest,
    vaults: BTreeMap<String, i64>,
}

impl Connect {
    pub(crate) fn new(network: Network, host: &str, token: &[u8], vaults: BTreeMap<String, i64>) -> Self {
        let authorization = [b"Bearer ", token].concat();
        Self { rest: Rest { network, host: host.to_owned(), authorization }, vaults }
    }

    /// Looks at every vault; the first error is the answer. Items are not looked at.
    pub(crate) async fn validate(&self) -> Validation {
        for vault in self.vaults.keys() {
            if let Err(failure) = self.rest.vault(vault).await {
                return Validation::Error(failure);
            }
        }
        Validation::Ready
    }

    /// Returns the vaults' names in the order of their numbers.
    pub(super) fn sorted(&self) -> Vec<&str> {
        let mut vaults: Vec<(&str, i64)> =
            self.vaults.iter().map(|(name, order)| (name.as_str(), *order)).collect();
        vaults.sort_by_key(|(_, order)| *order);
        vaults.into_iter().map(|(name, _)| name).collect()
    }

    pub(super) fn has_vault(&self, name: &str) -> bool {
        self.vaults.contains_key(name)
    }

    pub(crate) async fn secret(&self, reference: &RemoteReference) -> Result<Vec<u8>, Failure> {
        let item = self.referred(reference).await?;
        match item.property(&reference.property) {
            Property::Field(label) => Ok(item.field(label)?.value.clone().into_bytes()),
            Property::File(name) => self.file(&item, name).await,
        }
    }

    pub(crate) async fn extract(&self, reference: &RemoteReference) -> Result<Data, Failure> {
        let item = self.referred(reference).await?;
        match item.property(&reference.property) {
            Property::Field(label) => {
                let mut data = Data::new();
                for field in item.fields.iter().filter(|field| label.is_empty() || field.label == label) {
                    item.check_unique(&field.label)?;
                    data.insert(field.label.clone(), field.value.clone().into_bytes());
                }
                Ok(data)
            }
            Property::File(name) => {
                let mut data = Data::new();
                for file in item.files.iter().filter(|file| name.is_empty() || file.name == name) {
                    data.insert(file.name.clone(), self.rest.content(&file.content_path).await?);
                }
                Ok(data)
            }
        }
    }

    /// Looks through the vaults in their order; what an earlier one has is not overwritten. With tags only the first
    /// vault is looked at, as by the operator.
    pub(crate) async fn find(&self, wanted: &Find) -> Result<Data, Failure> {
        let names = wanted.name.as_ref().map(Names::new).transpose()?;
        let mut data = Data::new();
        for name in self.sorted() {
            let vault = self.rest.vault(name).await;
            let vault = vault.map_err(|failure| failure.within("error finding 1Password Vault"))?;
            let items = self.rest.items(&vault.id).await;
            for item in items.map_err(|failure| failure.within("error finding 1Password Item"))? {
                let fits = match &wanted.tags {
                    Some(tags) => tags.keys().all(|tag| item.tags.contains(tag)),
                    None => wanted.path.as_ref().is_none_or(|path| *path == item.title),
                };
                if fits {
                    self.collect(&item, names.as_ref(), &mut data).await?;
                }
            }
            if wanted.tags.is_some() {
                break;
            }
        }
        Ok(data)
    }

    async fn collect(&self, summary: &Item, names: Option<&Names>, data: &mut Data) -> Result<(), Failure> {
        let fits = |name: &str| names.is_none_or(|names| names.fit(name));
        for file in summary.files.iter().filter(|file| fits(&file.name)) {
            if !data.contains_key(&file.name) {
                data.insert(file.name.clone(), self.rest.content(&file.content_path).await?);
            }
        }
        let item = self.rest.item(&summary.id, &summary.vault.id).await;
        let item = item.map_err(|failure| failure.within("error finding 1Password Item"))?;
        for field in &item.fields {
            item.check_unique(&field.label)?;
            if fits(&field.label) {
                data.entry(field.label.clone()).or_insert_with(|| field.value.clone().into_bytes());
            }
        }
        Ok(())
    }

    async fn referred(&self, reference: &RemoteReference) -> Result<Item, Failure> {
        if !reference.version.is_empty() {
            let text = "'remoteRef.version' is not implemented in the 1Password provider";
            return Err(Failure::said(text));
        }
        self.item(&reference.key).await?.ok_or_else(|| self.not_found(&reference.key))
    }

    /// Finds an item by title in the vaults' order, or by id in the first vault alone; nothing where no vault has it.
    pub(super) async fn item(&self, name: &str) -> Result<Option<Item>, Failure> {
        for vault in self.sorted() {
            let vault = self.rest.vault(vault).await;
            let vault = vault.map_err(|failure| failure.within("error finding 1Password Vault"))?;
            if is_id(name) {
                return self.rest.item(name, &vault.id).await.map(Some);
            }
            let items = self.rest.items_titled(name, &vault.id).await;
            let items = items.map_err(|failure| failure.within("error finding 1Password Item"))?;
            match items.as_slice() {
                [] => {}
                [item] => return self.rest.item(&item.id, &item.vault.id).await.map(Some),
                several => {
                    let count = several.len();
                    let text = format!("expected one 1Password Item matching: '{name}', got {count}");
                    return Err(Failure::said(text));
                }
            }
        }
        Ok(None)
    }

    pub(super) fn not_found(&self, name: &str) -> Failure {
        let vaults: Vec<String> =
            self.vaults.iter().map(|(vault, order)| format!("{vault}:{order}")).collect();
        let vaults = vaults.join(" ");
        Failure::said(format!("key not found in 1Password Vaults: {name} in: map[{vaults}]"))
    }

    async fn file(&self, item: &Item, name: &str) -> Result<Vec<u8>, Failure> {
        let file = item.files.iter().find(|file| name.is_empty() || file.name == name);
        let Some(file) = file else {
            let title = &item.title;
            return Err(Failure::said(format!("error finding 1Password Document: '{title}', '{name}'")));
        };
        self.rest.content(&file.content_path).await
    }
}
