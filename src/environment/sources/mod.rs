//! What `fn::open`, `fn::rotate` and ciphertext are evaluated with.

mod eggtooth_stack;
mod exec;
mod file;
mod inputs;
mod kubernetes_secret;
mod onepassword;
mod onepassword_connect;
mod process_environment;
mod pulumi_esc;
mod several;
mod sops;
mod standard;
mod vault_kv;

use std::{collections::BTreeMap, fmt, sync::Arc};

use futures::future::BoxFuture;
use serde_json::Value as Json;

pub use inputs::InputsError;
pub use sops::{Sops, SopsError};
pub use standard::Outside;
pub(crate) use standard::left_out;

use super::Schema;
use crate::remote::Meter;
use crate::resource::{Map, Value};
use crate::secret::Secret;

/// Why a source gave nothing. Its text goes into a diagnostic, so it may hold no secret.
pub type SourceError = Box<dyn std::error::Error + Send + Sync>;

/// A [`SourceError`] that is shared.
pub type Failure = Arc<dyn std::error::Error + Send + Sync>;

/// Something that `fn::open::NAME` reads values from.
pub trait Source: Send + Sync {
    /// Returns the name by which documents call it.
    fn name(&self) -> &str;

    /// Returns the schema of what it takes; it has to accept objects only.
    fn inputs(&self) -> Schema;

    /// Returns the schema of what it takes as editors read it.
    fn json_schema(&self) -> Json {
        Json::Object([("type".to_owned(), "object".into())].into_iter().collect())
    }

    /// Returns the schema of what it gives, for checks that open nothing.
    fn output(&self) -> Schema {
        Schema::always()
    }

    /// Reads the values; what must not be seen is marked as secret in them.
    ///
    /// Each request to a service, and each start of a program, is counted in `meter`.
    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        names: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>>;
}

/// Something that `fn::rotate::NAME` takes credentials from, which it renews from time to time.
pub trait Rotator: Send + Sync {
    /// Returns the name by which documents call it.
    fn name(&self) -> &str;

    /// Returns the schema of what it takes; `rotateOnly` lists what only a rotation needs.
    fn inputs(&self) -> Schema;

    /// Returns the schema of what it keeps between rotations.
    fn state(&self) -> Schema;

    /// Returns the schema of what it gives.
    fn output(&self) -> Schema {
        Schema::always()
    }

    /// Returns the credentials of the last rotation; `state` is absent before the first.
    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        state: Option<&'a Map>,
        names: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>>;
}

/// Decrypts the `ciphertext` of `fn::secret`.
pub trait Decrypter: Send + Sync {
    /// Returns the plaintext of an envelope's body.
    fn decrypt(&self, body: &[u8]) -> Result<Secret<Vec<u8>>, SourceError>;
}

/// The environments on whose behalf a source is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The environment that is evaluated.
    pub root: Arc<str>,
    /// The environment that holds the call.
    pub current: Arc<str>,
}

/// All that documents can call.
#[derive(Clone, Default)]
pub struct Sources {
    opened: BTreeMap<String, Arc<dyn Source>>,
    rotators: BTreeMap<String, Arc<dyn Rotator>>,
    decrypter: Option<Arc<dyn Decrypter>>,
}

impl Sources {
    /// Returns an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source.
    #[must_use]
    pub fn source(mut self, source: impl Source + 'static) -> Self {
        self.opened.insert(source.name().to_owned(), Arc::new(source));
        self
    }

    /// Lets documents call a source by another name, too.
    #[must_use]
    pub fn alias(mut self, name: &str, of: &str) -> Self {
        if let Some(source) = self.opened.get(of) {
            let source = Arc::clone(source);
            self.opened.insert(name.to_owned(), source);
        }
        self
    }

    /// Puts another source in the place of each.
    #[must_use]
    pub fn each(mut self, other: impl Fn(Arc<dyn Source>) -> Arc<dyn Source>) -> Self {
        self.opened = self.opened.into_iter().map(|(name, source)| (name, other(source))).collect();
        self
    }

    /// Adds a rotator.
    #[must_use]
    pub fn rotator(mut self, rotator: impl Rotator + 'static) -> Self {
        self.rotators.insert(rotator.name().to_owned(), Arc::new(rotator));
        self
    }

    /// Says how ciphertext is decrypted.
    #[must_use]
    pub fn decrypter(mut self, decrypter: impl Decrypter + 'static) -> Self {
        self.decrypter = Some(Arc::new(decrypter));
        self
    }

    /// Returns the names of the sources.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.opened.keys().map(String::as_str)
    }

    /// Returns the schemas of what the sources take, as editors read them.
    pub fn schemas(&self) -> impl Iterator<Item = (&str, Json)> {
        self.opened.iter().map(|(name, source)| (name.as_str(), source.json_schema()))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Arc<dyn Source>> {
        self.opened.get(name)
    }

    pub(crate) fn find_rotator(&self, name: &str) -> Option<&Arc<dyn Rotator>> {
        self.rotators.get(name)
    }

    pub(crate) fn find_decrypter(&self) -> Option<&Arc<dyn Decrypter>> {
        self.decrypter.as_ref()
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.opened.keys().chain(self.rotators.keys())).finish()
    }
}
