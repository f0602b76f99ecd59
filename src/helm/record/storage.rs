//! Where records lie: Secrets in the release's namespace.

use serde_json::json;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Record, RecordError, Status, key};
use crate::kubernetes::{ApiResource, Client, KubernetesError, Manifest, Propagation, Selection};
use crate::resource::{GroupKind, ObjectName};

/// The manager of Helm's own objects.
pub const MANAGER: &str = "helm";
/// The annotation by which we know our own records: what they were rendered from. Helm drops it when it writes.
const RENDERED_FROM: &str = "eggtooth.dev/rendered-from";

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

/// A record with the version of its Secret, so that nobody else's change is overwritten.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// What it was rendered from, where we made it.
    pub rendered_from: Option<String>,
    created_at: String,
    resource_version: String,
}

/// The records of a namespace.
#[derive(Clone)]
pub struct Storage<'a> {
    client: &'a Client,
    namespace: &'a str,
}

impl<'a> Storage<'a> {
    /// Returns the records of a namespace.
    pub fn new(client: &'a Client, namespace: &'a str) -> Self {
        Self { client, namespace }
    }

    /// Returns the revisions of a release, the latest last. One LIST without the records themselves.
    pub async fn history(&self, name: &str) -> Result<Vec<Revision>, StorageError> {
        let labels = format!("name={name},owner=helm");
        let selection =
            Selection { namespace: Some(self.namespace), labels: Some(&labels), ..Selection::default() };
        let found = self.client.list_metadata(&self.secrets().await?, selection).await?;
        let mut revisions: Vec<Revision> = found
            .iter()
            .filter_map(|secret| {
                Some(Revision {
                    version: secret.label("version")?.parse().ok()?,
                    status: Status::parse(secret.label("status")?),
                    rendered_from: secret.annotation(RENDERED_FROM).map(str::to_owned),
                    uid: secret.uid().to_owned(),
                })
            })
            .collect();
        revisions.sort_by_key(|revision| revision.version);
        Ok(revisions)
    }

    /// Returns a revision's record.
    pub async fn read(&self, name: &str, version: u64) -> Result<Option<Stored>, StorageError> {
        let object = self.object(name, version);
        let Some(secret) = self.client.get(&self.secrets().await?, &object).await? else { return Ok(None) };
        let data = BASE64.decode(secret.text(&["data", "release"])).map_err(RecordError::Base64)?;
        Ok(Some(Stored {
            record: Record::decode(&data)?,
            rendered_from: secret.annotation(RENDERED_FROM).map(str::to_owned),
            created_at: secret.label("createdAt").unwrap_or_default().to_owned(),
            resource_version: secret.resource_version().to_owned(),
        }))
    }

    /// Writes a record for the first time; it is a conflict when the revision is there.
    pub async fn create(
        &self,
        record: Record,
        rendered_from: Option<String>,
        now: jiff::Timestamp,
    ) -> Result<Stored, StorageError> {
        let created_at = now.as_second().to_string();
        let mut stored = Stored { record, rendered_from, created_at, resource_version: String::new() };
        let secret = self.secret(&stored, "createdAt", now)?;
        let created = self.client.create(&secret, MANAGER).await?;
        created.resource_version().clone_into(&mut stored.resource_version);
        Ok(stored)
    }

    /// Writes a record again; it is a conflict when somebody else has written it since.
    pub async fn update(&self, stored: &mut Stored, now: jiff::Timestamp) -> Result<(), StorageError> {
        let secret = self.secret(stored, "modifiedAt", now)?;
        let replaced = self.client.replace(&secret, MANAGER).await?;
        replaced.resource_version().clone_into(&mut stored.resource_version);
        Ok(())
    }

    /// Takes a revision's record away.
    pub async fn delete(&self, name: &str, revision: &Revision) -> Result<(), StorageError> {
        let object = self.object(name, revision.version);
        let resource = self.secrets().await?;
        self.client.delete(&resource, &object, &revision.uid, Propagation::Background).await?;
        Ok(())
    }

    async fn secrets(&self) -> Result<ApiResource, KubernetesError> {
        self.client.resource(&GroupKind::new("", "Secret"), Some("v1")).await
    }

    fn object(&self, name: &str, version: u64) -> ObjectName {
        ObjectName::namespaced(self.namespace, key(name, version))
    }

    fn secret(&self, stored: &Stored, when: &str, now: jiff::Timestamp) -> Result<Manifest, StorageError> {
        let Stored { record, rendered_from, created_at, resource_version } = stored;
        let mut labels = json!({"createdAt": created_at});
        labels[when] = now.as_second().to_string().into();
        for (key, label) in record.labels() {
            labels[key] = label.into();
        }
        let mut metadata = json!({"name": record.key(), "namespace": self.namespace, "labels": labels});
        if !resource_version.is_empty() {
            metadata["resourceVersion"] = resource_version.as_str().into();
        }
        if let Some(rendered_from) = rendered_from {
            metadata["annotations"] = json!({RENDERED_FROM: rendered_from});
        }
        Ok(Manifest::new(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": "helm.sh/release.v1",
            "data": {"release": BASE64.encode(record.encode()?)},
        }))?)
    }
}

/// Returns the revisions that are too many when one more is made: the oldest, but never the one that counts.
pub fn surplus(history: &[Revision], limit: usize) -> Vec<&Revision> {
    let deployed = history.iter().rev().find(|revision| revision.status == Status::Deployed);
    let deployed = deployed.map(|revision| revision.version);
    let excess = (history.len() + 1).saturating_sub(limit);
    history.iter().filter(|revision| Some(revision.version) != deployed).take(excess).collect()
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
