//! The secrets of an environment on their way in: learnt by the scrubber, their files remembered.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::BoxFuture;

use super::{Surroundings, WorkflowError};
use crate::environment::{Names, Schema, Sops, Source, SourceError};
use crate::keys::{Identities, Recipient};
use crate::resource::{Map, Value};
use crate::scrubber::Scrubber;
use crate::sops::Document;

/// The SOPS source, watched: which files it opened.
#[derive(Clone)]
pub(super) struct Watched {
    source: Arc<Sops>,
    project: PathBuf,
    files: Arc<Mutex<BTreeSet<PathBuf>>>,
}

impl Watched {
    pub(super) fn new(surroundings: &Surroundings, identities: Arc<Identities>) -> Self {
        let project = surroundings.project.clone();
        Self { source: Arc::new(Sops::new(project.clone(), identities)), project, files: Arc::default() }
    }

    /// Returns the age recipients of all files that were opened.
    pub(super) fn recipients(&self) -> Result<Vec<Recipient>, WorkflowError> {
        let mut texts = BTreeSet::new();
        for file in self.files().iter() {
            // A file that can't be read any more was read a moment ago: its recipients are left out.
            if let Ok(document) = Document::load(&self.project.join(file)) {
                texts.extend(document.metadata().recipients());
            }
        }
        let parse = |text: String| {
            text.parse()
                .map_err(|error| WorkflowError::Recipients { file: text.clone(), source: Box::new(error) })
        };
        texts.into_iter().map(parse).collect()
    }

    fn files(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Watched {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn inputs(&self) -> Schema {
        self.source.inputs()
    }

    fn output(&self) -> Schema {
        self.source.output()
    }

    fn open<'a>(&'a self, inputs: &'a Map, names: &'a Names) -> BoxFuture<'a, Result<Value, SourceError>> {
        if let Some(path) = inputs.get("path").and_then(Value::as_str) {
            self.files().insert(path.into());
        }
        self.source.open(inputs, names)
    }
}

/// Teaches the scrubber every secret of a value.
#[expect(clippy::disallowed_methods, reason = "the scrubber must know what it is to look for")]
pub(super) fn learn(value: &Value, scrubber: &Scrubber) {
    match value {
        Value::Secret(secret) => learn_all(secret.expose(), scrubber),
        Value::List(values) => values.iter().for_each(|value| learn(value, scrubber)),
        Value::Map(entries) => entries.values().for_each(|value| learn(value, scrubber)),
        _ => {}
    }
}

/// All texts below are secret.
fn learn_all(value: &Value, scrubber: &Scrubber) {
    match value {
        Value::String(text) => scrubber.learn(text.as_bytes()),
        Value::Bytes(bytes) => scrubber.learn(bytes),
        Value::List(values) => values.iter().for_each(|value| learn_all(value, scrubber)),
        Value::Map(entries) => entries.values().for_each(|value| learn_all(value, scrubber)),
        other => learn(other, scrubber),
    }
}
