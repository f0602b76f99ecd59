//! Where records lie: Secrets or ConfigMaps in the release's namespace.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Record, RecordError, Status, key};
use crate::kubernetes::{ApiResource, Client, KubernetesError, Manifest, Propagation, Selection};
use crate::resource::{GroupKind, ObjectName};

/// The labels that are Helm's own; all others are the user's.
pub const SYSTEM_LABELS: [&str; 6] = ["name", "owner", "status", "version", "createdAt", "modifiedAt"];

/// What kind of object holds a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Driver {
    /// Secrets, as without `HELM_DRIVER`.
    #[default]
    Secret,
    /// ConfigMaps.
    ConfigMap,
}

impl Driver {
    /// Reads the word of `HELM_DRIVER`.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "" | "secret" | "secrets" => Some(Self::Secret),
            "configmap" | "configmaps" => Some(Self::ConfigMap),
            _ => None,
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
        }
    }
}

/// The manager of Helm's own objects.
pub const MANAGER: &str = "helm";
/// The annotation by which we know our own records: what they were rendered from. Helm drops it when it writes.
const RENDERED_FROM: &str = "eggtooth.dev/rendered-from";
/// The annotation that names who makes a pending revision.
const HOLDER: &str = "eggtooth.dev/holder";

/// Why a record cannot be stored or found.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The record cannot be written or read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The cluster refuses, or does not answer.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
}

/// A revision as its Secret's labels tell it, without the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The number.
    pub version: u64,
    /// Where it stands.
    pub status: Status,
    /// What it was rendered from, where we made it.
    pub rendered_from: Option<String>,
    uid: String,
}

/// A revision of any release, as its object's labels tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The release's name.
    pub name: String,
    /// The release's namespace.
    pub namespace: String,
    /// The revision.
    pub revision: Revision,
}

/// A record with the version of its Secret, so that nobody else's change is overwritten.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// What it was rendered from, where we made it.
    pub rendered_from: Option<String>,
    /// The user's labels.
    pub labels: BTreeMap<String, String>,
    /// All labels, as they were read.
    pub all_labels: BTreeMap<String, String>,
    /// Who makes it, while it is pending.
    pub holder: Option<String>,
    created_at: String,
    resource_version: String,
}

/// The records of a namespace.
#[derive(Clone)]
pub struct Storage<'a> {
    client: &'a Client,
    namespace: &'a str,
    driver: Driver,
    holder: Option<&'a str>,
}

impl<'a> Storage<'a> {
    /// Returns the records of a namespace that Secrets hold; of all namespaces when it is empty.
    pub fn new(client: &'a Client, namespace: &'a str) -> Self {
        Self { client, namespace, driver: Driver::Secret, holder: None }
    }

    /// Returns the records that objects of this kind hold.
    #[must_use]
    pub fn driven_by(self, driver: Driver) -> Self {
        Self { driver, ..self }
    }

    /// Writes into pending records who makes them.
    #[must_use]
    pub fn held_by(self, holder: &'a str) -> Self {
        Self { holder: Some(holder), ..self }
    }

    /// Returns the revisions of all releases whose labels fit the selector too, without the records themselves.
    pub async fn heads(&self, selector: &str) -> Result<Vec<Head>, StorageError> {
        let labels =
            if selector.is_empty() { "owner=helm".to_owned() } else { format!("owner=helm,{selector}") };
        let namespace = Some(self.namespace).filter(|namespace| !namespace.is_empty());
        let selection = Selection { namespace, labels: Some(&labels), ..Selection::default() };
        let found = self.client.list_metadata(&self.resource().await?, selection).await?;
        Ok(found
            .iter()
            .filter_map(|object| {
                Some(Head {
                    name: object.label("name")?.to_owned(),
                    namespace: object.namespace()?.to_owned(),
                    revision: revision(object)?,
                })
            })
            .collect())
    }

    /// Returns the revisions of a release, the latest last. One LIST without the records themselves.
    pub async fn history(&self, name: &str) -> Result<Vec<Revision>, StorageError> {
        let labels = format!("name={name},owner=helm");
        let selection =
            Selection { namespace: Some(self.namespace), labels: Some(&labels), ..Selection::default() };
        let found = self.client.list_metadata(&self.resource().await?, selection).await?;
        let mut revisions: Vec<Revision> = found.iter().filter_map(revision).collect();
        revisions.sort_by_key(|revision| revision.version);
        Ok(revisions)
    }

    /// Returns a revision's record.
    pub async fn read(&self, name: &str, version: u64) -> Result<Option<Stored>, StorageError> {
        let object = self.object(name, version);
        let Some(object) = self.client.get(&self.resource().await?, &object).await? else { return Ok(None) };
        let text = object.text(&["data", "release"]);
        let record = match self.driver {
            Driver::Secret => Record::decode(&BASE64.decode(text).map_err(RecordError::Base64)?)?,
            Driver::ConfigMap => Record::decode(text.as_bytes())?,
        };
        let labels = object.get(&["metadata", "labels"]).and_then(Json::as_object).into_iter().flatten();
        let all_labels: BTreeMap<String, String> =
            labels.filter_map(|(key, label)| Some((key.clone(), label.as_str()?.to_owned()))).collect();
        let is_own = |(key, _): &(&String, &String)| !SYSTEM_LABELS.contains(&key.as_str());
        let labels = all_labels.iter().filter(is_own);
        Ok(Some(Stored {
            record,
            rendered_from: object.annotation(RENDERED_FROM).map(str::to_owned),
            labels: labels.map(|(key, label)| (key.clone(), label.clone())).collect(),
            all_labels,
            holder: object.annotation(HOLDER).map(str::to_owned),
            created_at: object.label("createdAt").unwrap_or_default().to_owned(),
            resource_version: object.resource_version().to_owned(),
        }))
    }

    /// Writes a record for the first time; it is a conflict when the revision is there.
    pub async fn create(
        &self,
        record: Record,
        rendered_from: Option<String>,
        labels: BTreeMap<String, String>,
        now: jiff::Timestamp,
    ) -> Result<Stored, StorageError> {
        let created_at = now.as_second().to_string();
        let all_labels = labels.clone();
        let resource_version = String::new();
        let holder = self.holder.map(str::to_owned);
        let mut stored =
            Stored { record, rendered_from, labels, all_labels, holder, created_at, resource_version };
        let object = self.manifest(&stored, "createdAt", now)?;
        let created = self.client.create(&object, MANAGER).await?;
        created.resource_version().clone_into(&mut stored.resource_version);
        Ok(stored)
    }

    /// Writes a record again; it is a conflict when somebody else has written it since.
    pub async fn update(&self, stored: &mut Stored, now: jiff::Timestamp) -> Result<(), StorageError> {
        let object = self.manifest(stored, "modifiedAt", now)?;
        let replaced = self.client.replace(&object, MANAGER).await?;
        replaced.resource_version().clone_into(&mut stored.resource_version);
        Ok(())
    }

    /// Takes a revision's record away.
    pub async fn delete(&self, name: &str, revision: &Revision) -> Result<(), StorageError> {
        let object = self.object(name, revision.version);
        let resource = self.resource().await?;
        self.client.delete(&resource, &object, &revision.uid, Propagation::Background).await?;
        Ok(())
    }

    async fn resource(&self) -> Result<ApiResource, KubernetesError> {
        self.client.resource(&GroupKind::new("", self.driver.kind()), Some("v1")).await
    }

    fn object(&self, name: &str, version: u64) -> ObjectName {
        ObjectName::namespaced(self.namespace, key(name, version))
    }

    fn manifest(&self, stored: &Stored, when: &str, now: jiff::Timestamp) -> Result<Manifest, StorageError> {
        let Stored { record, rendered_from, labels: own, holder, created_at, resource_version, .. } = stored;
        let mut labels = json!(own);
        labels["createdAt"] = created_at.as_str().into();
        labels[when] = now.as_second().to_string().into();
        for (key, label) in record.labels() {
            labels[key] = label.into();
        }
        let mut metadata = json!({"name": record.key(), "namespace": self.namespace, "labels": labels});
        if !resource_version.is_empty() {
            metadata["resourceVersion"] = resource_version.as_str().into();
        }
        if let Some(rendered_from) = rendered_from {
            metadata["annotations"][RENDERED_FROM] = rendered_from.as_str().into();
        }
        if let Some(holder) = holder.as_deref().filter(|_| record.info.status.is_pending()) {
            metadata["annotations"][HOLDER] = holder.into();
        }
        let data = record.encode()?;
        let data = match self.driver {
            Driver::Secret => BASE64.encode(data),
            Driver::ConfigMap => data,
        };
        let mut object = json!({
            "apiVersion": "v1",
            "kind": self.driver.kind(),
            "metadata": metadata,
            "data": {"release": data},
        });
        if self.driver == Driver::Secret {
            object["type"] = "helm.sh/release.v1".into();
        }
        Ok(Manifest::new(object)?)
    }
}

fn revision(object: &Manifest) -> Option<Revision> {
    Some(Revision {
        version: object.label("version")?.parse().ok()?,
        status: Status::parse(object.label("status")?),
        rendered_from: object.annotation(RENDERED_FROM).map(str::to_owned),
        uid: object.uid().to_owned(),
    })
}

/// Returns the revisions that are too many when one more is made: the oldest, but never the one that counts.
pub fn surplus(history: &[Revision], limit: usize) -> Vec<&Revision> {
    let deployed = history.iter().rev().find(|revision| revision.status == Status::Deployed);
    let deployed = deployed.map(|revision| revision.version);
    let excess = (history.len() + 1).saturating_sub(limit);
    history.iter().filter(|revision| Some(revision.version) != deployed).take(excess).collect()
}

#[cfg(test)]
impl Revision {
    /// Returns a revision of which only this is known.
    pub(in crate::helm) fn told(version: u64, status: Status) -> Self {
        Self { version, status, rendered_from: None, uid: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_revisions_go_and_the_deployed_one_stays() {
        let revision =
            |version, status| Revision { version, status, rendered_from: None, uid: String::new() };
        let history = [
            revision(1, Status::Superseded),
            revision(2, Status::Deployed),
            revision(3, Status::Failed),
            revision(4, Status::Failed),
        ];
        let versions = |limit| surplus(&history, limit).iter().map(|it| it.version).collect::<Vec<_>>();
        assert_eq!(versions(10), Vec::<u64>::new());
        assert_eq!(versions(4), [1]);
        assert_eq!(versions(2), [1, 3, 4]);
    }
}
