//! Documents in Secrets. What does not fit into one goes on in parts, named by their content and written first: the
//! one write of the document's own Secret makes all of them current at once.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, ListParams, ObjectMeta, PostParams};
use sha2::{Digest as _, Sha256};

use super::{ClusterBackend, FIELD_MANAGER, NAMESPACE, failed, is_code, unless_missing};
use crate::state::{Document, Documents, Revision, StateError, Stored};

/// How many bytes one Secret takes; the server takes 1 MiB.
const PART: usize = 768 * 1024;
/// The key in a Secret's data.
const CONTENT: &str = "document";
/// Names the parts that go on from a Secret, in order.
const PARTS: &str = "eggtooth.dev/parts";

impl ClusterBackend {
    pub(super) fn document_name(&self, document: Document) -> String {
        format!("{}.{}", self.name(), document.name())
    }

    fn selector(&self) -> ListParams {
        let labels: Vec<String> =
            self.labels().iter().map(|(label, value)| format!("{label}={value}")).collect();
        ListParams::default().labels(&labels.join(","))
    }

    pub(super) async fn read_documents(&self) -> Result<Documents, StateError> {
        let place = format!("Secrets of {} in {NAMESPACE}", self.name());
        let list = self.secrets().list(&self.selector()).await.map_err(failed("read the", place))?;
        let secrets: BTreeMap<String, Secret> = list
            .items
            .into_iter()
            .filter_map(|secret| Some((secret.metadata.name.clone()?, secret)))
            .collect();
        Ok(Documents {
            snapshot: self.assemble(Document::Snapshot, &secrets)?,
            journal: self.assemble(Document::Journal, &secrets)?,
        })
    }

    fn assemble(
        &self,
        document: Document,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<Option<Stored>, StateError> {
        let Some(head) = secrets.get(&self.document_name(document)) else { return Ok(None) };
        let parts = parts_of(head);
        let mut bytes = content(head).to_vec();
        for part in &parts {
            let secret = secrets.get(part).ok_or_else(|| StateError::Malformed {
                place: self.place_of(document),
                source: format!("its part {part} is missing").into(),
            })?;
            bytes.extend_from_slice(content(secret));
        }
        self.remember_parts(document, parts);
        let revision = Revision(head.metadata.resource_version.clone().unwrap_or_default());
        Ok(Some(Stored { bytes, revision }))
    }

    pub(super) async fn write_document(
        &self,
        document: Document,
        bytes: &[u8],
        over: Option<&Revision>,
    ) -> Result<Revision, StateError> {
        let name = self.document_name(document);
        let (first, rest) = bytes.split_at(bytes.len().min(PART));
        let parts: Vec<(String, &[u8])> =
            rest.chunks(PART).map(|part| (format!("{name}.{}", digest(part)), part)).collect();
        try_join_all(parts.iter().map(|(name, part)| self.write_part(name, part))).await?;

        let names: Vec<String> = parts.into_iter().map(|(name, _)| name).collect();
        let mut head = self.secret(name.clone(), first);
        if !names.is_empty() {
            head.metadata.annotations = Some([(PARTS.to_owned(), names.join(","))].into());
        }
        head.metadata.resource_version = over.map(|revision| revision.0.clone());
        let written = match over {
            Some(_) => self.secrets().replace(&name, &post(), &head).await,
            None => self.secrets().create(&post(), &head).await,
        };
        let place = self.place_of(document);
        let written = written.map_err(|error| match error {
            // What was to be written over is gone, is another writing, or there is one where none was.
            error if is_code(&error, 409) || (over.is_some() && is_code(&error, 404)) => {
                StateError::Conflict { place }
            }
            error => failed("write the", place)(error),
        })?;
        let former = self.remember_parts(document, names.clone());
        let stale = former.iter().filter(|part| !names.contains(part));
        try_join_all(stale.map(|part| self.remove_secret(part))).await?;
        Ok(Revision(written.metadata.resource_version.unwrap_or_default()))
    }

    async fn write_part(&self, name: &str, part: &[u8]) -> Result<(), StateError> {
        match self.secrets().create(&post(), &self.secret(name.to_owned(), part)).await {
            Ok(_) => Ok(()),
            // The name is the content's digest: it was written before.
            Err(error) if is_code(&error, 409) => Ok(()),
            Err(error) => Err(failed("write the", format!("Secret {NAMESPACE}/{name}"))(error)),
        }
    }

    pub(super) async fn remove_all_documents(&self) -> Result<(), StateError> {
        let place = format!("Secrets of {} in {NAMESPACE}", self.name());
        let list = self.secrets().list_metadata(&self.selector()).await.map_err(failed("read the", place))?;
        let names = list.items.iter().filter_map(|secret| secret.metadata.name.as_deref());
        try_join_all(names.map(|name| self.remove_secret(name))).await?;
        Ok(())
    }

    async fn remove_secret(&self, name: &str) -> Result<(), StateError> {
        let deleted = self.secrets().delete(name, &DeleteParams::default()).await;
        unless_missing(deleted).map(drop).map_err(failed("delete the", format!("Secret {NAMESPACE}/{name}")))
    }

    fn secret(&self, name: String, content: &[u8]) -> Secret {
        Secret {
            metadata: ObjectMeta {
                name: Some(name),
                labels: Some(self.labels().into()),
                ..ObjectMeta::default()
            },
            type_: Some("eggtooth.dev/state".into()),
            data: Some([(CONTENT.to_owned(), ByteString(content.to_vec()))].into()),
            ..Secret::default()
        }
    }

    fn place_of(&self, document: Document) -> String {
        format!("Secret {NAMESPACE}/{}", self.document_name(document))
    }

    /// Remembers the parts of a document's current writing and returns those of the one before.
    fn remember_parts(&self, document: Document, parts: Vec<String>) -> Vec<String> {
        let mut all = self.parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::replace(&mut all[document as usize], parts)
    }
}

fn content(secret: &Secret) -> &[u8] {
    secret.data.as_ref().and_then(|data| data.get(CONTENT)).map_or(&[], |content| &content.0)
}

fn parts_of(secret: &Secret) -> Vec<String> {
    let annotations = secret.metadata.annotations.as_ref();
    let parts = annotations.and_then(|annotations| annotations.get(PARTS));
    parts.map(|parts| parts.split(',').map(str::to_owned).collect()).unwrap_or_default()
}

fn digest(part: &[u8]) -> String {
    hex::encode(&Sha256::digest(part)[..8])
}

pub(super) fn post() -> PostParams {
    PostParams { field_manager: Some(FIELD_MANAGER.into()), ..PostParams::default() }
}
