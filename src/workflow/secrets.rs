//! The secrets of an environment on their way in: learnt by the scrubber, and what each file gave remembered.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::future::BoxFuture;

use super::{Secrets, Surroundings, WorkflowError, made_up::Silence, placeholders};
use crate::environment::{Names, Schema, Sops, SopsError, Source, SourceError, Sources};
use crate::keys::{Identities, Recipient};
use crate::remote::Meter;
use crate::resource::{Map, Value};
use crate::scrubber::Scrubber;
use crate::sops::{self, Document};

/// The SOPS source, watched: which files it opened, and what they gave.
#[derive(Clone)]
pub(super) struct Watched {
    source: Sops,
    project: PathBuf,
    /// Whether placeholders stand for what no key opens.
    lenient: bool,
    /// The sources that are not asked then.
    silence: Silence,
    files: Arc<Mutex<BTreeMap<String, SecretFile>>>,
}

/// An encrypted file of an environment.
#[derive(Clone, Debug)]
pub struct SecretFile {
    /// The file, from the project's root.
    pub path: String,
    /// What it holds.
    pub value: Value,
    /// Whether placeholders stand for its secrets, because no key here opens it.
    pub made_up: bool,
}

impl Watched {
    pub(super) fn new(surroundings: &Surroundings, identities: Arc<Identities>, secrets: Secrets) -> Self {
        let project = surroundings.project.clone();
        let source = Sops::new(project.clone(), identities);
        let lenient = secrets == Secrets::Placeholders;
        Self { source, project, lenient, silence: Silence::default(), files: Arc::default() }
    }

    pub(super) fn source(&self) -> &Sops {
        &self.source
    }

    /// Returns the sources with this one in the place of the plain one; where placeholders stand for what no key opens, no
    /// other is asked.
    pub(super) fn among(&self, sources: Sources) -> Sources {
        let sources = sources.source(self.clone());
        if self.lenient { self.silence.over(sources) } else { sources }
    }

    /// Returns the sources that something was made up for, in the order of their names.
    pub(super) fn made_up(&self) -> Vec<String> {
        self.silence.kept()
    }

    /// Returns the files that were opened, in the order of their paths.
    pub(super) fn opened(&self) -> Vec<SecretFile> {
        self.files().values().cloned().collect()
    }

    /// Reads a file, and says whether what it gave is made up.
    async fn read(&self, inputs: &Map, names: &Names, meter: &Meter) -> Result<(Value, bool), SourceError> {
        let error = match self.source.open(inputs, names, meter).await {
            Ok(value) => return Ok((value, false)),
            Err(error) => error,
        };
        let path = inputs.get("path").and_then(Value::as_str).filter(|_| self.lenient && is_closed(&error));
        let document = path.and_then(|path| Document::load(&self.project.join(path)).ok());
        document.as_ref().and_then(placeholders::of).map(|value| (value, true)).ok_or(error)
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, SecretFile>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says whether only the key is missing.
fn is_closed(error: &SourceError) -> bool {
    match error.downcast_ref::<SopsError>() {
        Some(SopsError::Open(error)) => matches!(**error, sops::Error::NoKey { .. }),
        Some(_) | None => false,
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

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        names: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let (value, made_up) = self.read(inputs, names, meter).await?;
            if let Some(path) = inputs.get("path").and_then(Value::as_str) {
                let file = SecretFile { path: path.to_owned(), value: value.clone(), made_up };
                self.files().insert(path.to_owned(), file);
            }
            Ok(value)
        })
    }
}

/// Returns the age recipients of all files that were opened.
pub(super) fn recipients(source: &Sops) -> Result<Vec<Recipient>, WorkflowError> {
    let parse = |text: String| {
        text.parse()
            .map_err(|error| WorkflowError::Recipients { recipient: text.clone(), source: Box::new(error) })
    };
    source.recipients().into_iter().map(parse).collect()
}

/// Variables that sources take tokens from.
const TOKENS: [&str; 4] =
    ["OP_CONNECT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN", "PULUMI_ACCESS_TOKEN", "VAULT_TOKEN"];

/// Teaches the scrubber the tokens of the process environment.
pub(super) fn learn_tokens(surroundings: &Surroundings) {
    let tokens = TOKENS.iter().filter_map(|name| surroundings.process.get(name));
    tokens.for_each(|token| surroundings.scrubber.learn(token.trim().as_bytes()));
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
