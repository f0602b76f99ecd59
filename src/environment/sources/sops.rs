//! `fn::open::sops`: a file that SOPS encrypted.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;

use super::inputs::{self, InputsError};
use crate::environment::{Names, Schema, Source, SourceError, extract};
use crate::keys::{Identities, Identity, Origin};
use crate::remote::Meter;
use crate::resource::{Map, Number, Value};
use crate::secret::Secret;
use crate::sops::{self, Document, Element, Entry, Format, Kind, Scalar};
use crate::yaml::format_float;

/// Opens SOPS files of a project. What was encrypted in a file is secret, the rest is not.
#[derive(Clone)]
pub struct Sops {
    root: PathBuf,
    identities: Arc<Identities>,
    /// The age recipients of what was opened.
    recipients: Arc<Mutex<BTreeSet<String>>>,
}

impl Sops {
    /// Returns a source that finds files under `root` and opens them with `identities`.
    pub fn new(root: impl Into<PathBuf>, identities: Arc<Identities>) -> Self {
        Self { root: root.into(), identities, recipients: Arc::default() }
    }

    /// Returns the age recipients of all files that were opened so far; keys of other services are not among them.
    pub fn recipients(&self) -> Vec<String> {
        self.known_recipients().iter().cloned().collect()
    }

    fn known_recipients(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.recipients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a SOPS file gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SopsError {
    /// The inputs are not what the source takes.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// A given key is none.
    #[error("key {index} of fn::open::sops is not an age identity")]
    Key {
        /// Which, from 0.
        index: usize,
    },
    /// `extract` leads nowhere.
    #[error("`{path}` has no `{extract}`")]
    Extract {
        /// The file.
        path: String,
        /// What was to be taken out of it.
        extract: String,
    },
    /// The file can't be read or decrypted.
    #[error(transparent)]
    Open(Box<sops::Error>),
    /// A file holds several documents, and which is meant can't be said.
    #[error("`{path}` holds {count} documents; one is expected")]
    Documents {
        /// The file.
        path: String,
        /// How many it holds.
        count: usize,
    },
    /// Decryption was cut off.
    #[error("decrypt `{path}`")]
    Aborted {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: tokio::task::JoinError,
    },
}

impl From<sops::Error> for SopsError {
    fn from(error: sops::Error) -> Self {
        Self::Open(Box::new(error))
    }
}

/// What the source takes.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// The file, from the project's root
    path: String,
    /// age identities to try before those of this machine
    #[serde(default)]
    keys: Vec<Secret<String>>,
    /// The part to take: `a.b[0]` or `["a"]["b"][0]`
    extract: Option<String>,
}

impl Source for Sops {
    fn name(&self) -> &'static str {
        "sops"
    }

    fn inputs(&self) -> Schema {
        inputs::schema::<Inputs>()
    }

    fn json_schema(&self) -> serde_json::Value {
        inputs::json_schema::<Inputs>()
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        _: &'a Names,
        _: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let inputs: Inputs = inputs::read(self.name(), inputs).map_err(SopsError::from)?;
            let path = inputs.path.clone();
            let source = self.clone();
            let opened = tokio::task::spawn_blocking(move || source.open_file(&inputs)).await;
            Ok(opened.map_err(|source| SopsError::Aborted { path, source })??)
        })
    }
}

impl Sops {
    fn open_file(&self, inputs: &Inputs) -> Result<Value, SopsError> {
        let path = &inputs.path;
        let file = self.root.join(path);
        let content = std::fs::read(&file)
            .map_err(|source| sops::Error::Read { file: path.as_str().into(), source })?;
        let document = Document::parse(&content, Format::of_path(&file), path.as_str())?;
        let plain = match given(&inputs.keys)? {
            Some(given) => match sops::decrypt(&document, &given) {
                Err(sops::Error::NoKey { .. }) => sops::decrypt(&document, &self.identities),
                decided => decided,
            },
            None => sops::decrypt(&document, &self.identities),
        }?;
        self.known_recipients().extend(document.metadata().age_recipients().map(str::to_owned));
        let [entries] = plain.branches.as_slice() else {
            return Err(SopsError::Documents { path: path.clone(), count: plain.branches.len() });
        };
        let value = mapping(entries);
        match &inputs.extract {
            Some(part) => extract(&value, part)
                .ok_or_else(|| SopsError::Extract { path: path.clone(), extract: part.clone() }),
            None => Ok(value),
        }
    }
}

fn given(keys: &[Secret<String>]) -> Result<Option<Identities>, SopsError> {
    #[expect(clippy::disallowed_methods, reason = "the key goes to age")]
    let identity = |(index, key): (usize, &Secret<String>)| {
        Identity::parse(key.expose().trim()).ok_or(SopsError::Key { index })
    };
    let identities = keys.iter().enumerate().map(identity).collect::<Result<Vec<_>, _>>()?;
    let origin = Origin::Given("the keys of fn::open::sops".into());
    Ok((!identities.is_empty()).then(|| Identities::of(identities, origin)))
}

fn mapping(entries: &[Entry]) -> Value {
    let item = |entry: &Entry| match entry {
        Entry::Item(item) => Some((Arc::clone(&item.key), convert(&item.value))),
        Entry::Comment(_) => None,
    };
    Value::map(entries.iter().filter_map(item))
}

fn convert(value: &sops::Value) -> Value {
    match &value.kind {
        Kind::Null => Value::Null,
        Kind::List(elements) => Value::list(elements.iter().filter_map(|element| match element {
            Element::Value(value) => Some(convert(value)),
            Element::Comment(_) => None,
        })),
        Kind::Map(entries) => mapping(entries),
        Kind::Leaf(leaf) => {
            #[expect(clippy::disallowed_methods, reason = "the value moves into another hiding place")]
            let value = scalar(leaf.value.expose());
            if leaf.encrypted { value.secret() } else { value }
        }
    }
}

fn scalar(scalar: &Scalar) -> Value {
    match scalar {
        Scalar::String(text) => text.as_str().into(),
        Scalar::Int(value) => (*value).into(),
        Scalar::Float(value) => Value::Number(Number::from_text(format_float(*value))),
        Scalar::Bool(value) => (*value).into(),
        Scalar::Time(time) => time.to_string().into(),
        Scalar::Bytes(bytes) => Value::Bytes(bytes.as_slice().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Evaluator, Folder, Options, Sources, read_json};
    use crate::keys::Passphrases;
    use crate::resource::redacted;

    fn names() -> Names {
        Names { root: "env".into(), current: "env".into() }
    }

    #[tokio::test]
    async fn a_missing_file_and_a_wrong_key_are_named() {
        let root = tempfile::tempdir().unwrap();
        let source = Sops::new(root.path(), Arc::new(Identities::default()));
        let inputs = |entries: &str| match read_json(entries.as_bytes()) {
            Ok(Value::Map(entries)) => Map::clone(&entries),
            _ => Map::new(),
        };
        let error =
            source.open(&inputs(r#"{"path": "a/b.yaml"}"#), &names(), &Meter::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "read `a/b.yaml`");
        std::fs::write(root.path().join("plain.yaml"), "a: 1\n").unwrap();
        let error =
            source.open(&inputs(r#"{"path": "plain.yaml"}"#), &names(), &Meter::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "`plain.yaml` is not encrypted with SOPS");
    }

    #[tokio::test]
    #[expect(clippy::print_stdout, reason = "a skipped test says so")]
    async fn what_was_encrypted_is_secret() {
        let shared = std::env::var("EGGTOOTH_SHARED").unwrap_or_else(|_| "../shared".to_owned());
        let vectors = PathBuf::from(shared).join("vectors/sops");
        if !vectors.is_dir() {
            println!("SKIPPED: the vectors of SOPS are not here");
            return;
        }
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("environments")).unwrap();
        let document = "values:\n  s: {fn::open::sops: {path: example.yaml}}\n";
        std::fs::write(root.path().join("environments/prod.yaml"), document).unwrap();
        std::fs::copy(vectors.join("sops-repo/example.age.yaml"), root.path().join("example.yaml")).unwrap();
        let keys = std::fs::read_to_string(vectors.join("keys/x25519.txt")).unwrap();
        let identities = Identities::parse(&keys, Origin::Given("keys".into()), Passphrases::default());
        let sources = Sources::new().source(Sops::new(root.path(), Arc::new(identities)));
        let evaluator = Evaluator::new(Folder::new(root.path()), sources, Map::new(), Options::default());
        let evaluation = evaluator.evaluate("prod").await.unwrap();
        assert!(evaluation.diagnostics.is_empty(), "{}", evaluation.diagnostics);
        let shown = redacted(&evaluation.value);
        assert_eq!(shown["s"]["myapp1"], "[secret]", "{shown}");
    }
}
