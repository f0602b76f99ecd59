//! All keys that can be had.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use zeroize::Zeroizing;

use crate::secret::Secret;

use super::sources::Deferred;
use super::{
    Error, Identity, NoKey, Origin, Passphrases, ProcessEnvironment, SourceError, SourceProblem, Tried,
};

/// Private keys with their origins; `Debug` shows public parts only.
///
/// Keys that cost something (a passphrase, a command) are fetched only if the others do not open.
#[derive(Debug, Default)]
pub struct Identities {
    pub(super) keys: Vec<(Identity, Origin)>,
    pub(super) deferred: Vec<Deferred>,
    pub(super) problems: Vec<Arc<SourceProblem>>,
    pub(super) environment: ProcessEnvironment,
    pub(super) passphrases: Passphrases,
    /// What deferred sources gave, by their number and the recipient that they were asked for.
    pub(super) fetched: Mutex<HashMap<(usize, String), Fetched>>,
}

pub(super) type Fetched = Arc<Found>;

/// What sources gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) keys: Vec<(Identity, Origin)>,
    pub(super) problems: Vec<Arc<SourceProblem>>,
}

/// Whether a key opened an age file.
enum Attempt {
    Opened(Secret<Vec<u8>>),
    WrongKey,
    /// The key's plugin failed, which may say nothing about the key.
    Failed(String),
}

impl Identities {
    /// Returns the given keys, which were found in `origin`.
    pub fn of(keys: impl IntoIterator<Item = Identity>, origin: Origin) -> Self {
        let keys = keys.into_iter().map(move |key| (key, origin.clone())).collect();
        Self { keys, ..Self::default() }
    }

    /// Says whether there is nothing to try.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.deferred.is_empty()
    }

    /// Opens an armored age file.
    ///
    /// `recipient` is the public key that it was made for, where that is known: a key command is told.
    pub fn open(&self, sealed: &str, recipient: Option<&str>) -> Result<Secret<Vec<u8>>, Error> {
        for (key, _) in &self.keys {
            if let Attempt::Opened(content) = attempt(key, sealed)? {
                return Ok(content);
            }
        }
        let mut fetched = Vec::new();
        let mut failures = Vec::new();
        for index in 0..self.deferred.len() {
            let found = self.fetch(index, recipient.unwrap_or_default());
            for (key, origin) in &found.keys {
                match attempt(key, sealed)? {
                    Attempt::Opened(content) => return Ok(content),
                    Attempt::WrongKey => {}
                    Attempt::Failed(message) => {
                        let error = SourceError::Plugin(message);
                        failures.push(Arc::new(SourceProblem { origin: origin.clone(), error }));
                    }
                }
            }
            fetched.push(found);
        }
        let mut no_key = self.no_key(&fetched);
        no_key.problems.extend(failures);
        Err(no_key.into())
    }

    /// Returns what a deferred source gives; it is asked once for each recipient.
    fn fetch(&self, index: usize, recipient: &str) -> Fetched {
        let mut all = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = all.entry((index, recipient.to_owned())).or_insert_with(|| {
            Arc::new(self.deferred[index].fetch(&self.environment, &self.passphrases, recipient))
        });
        Arc::clone(entry)
    }

    fn no_key(&self, fetched: &[Fetched]) -> NoKey {
        let keys = self.keys.iter().chain(fetched.iter().flat_map(|found| &found.keys));
        let problems = self.problems.iter().chain(fetched.iter().flat_map(|found| &found.problems));
        NoKey {
            tried: keys.map(|(key, origin)| Tried { key: key.public(), origin: origin.clone() }).collect(),
            problems: problems.map(Arc::clone).collect(),
        }
    }
}

/// Tries one key. A key that fails (a wrong passphrase, a broken agent) must not hide the next.
fn attempt(key: &Identity, sealed: &str) -> Result<Attempt, Error> {
    let armor = ArmoredReader::new(sealed.trim().as_bytes());
    let decryptor = Decryptor::new_buffered(armor).map_err(Error::Malformed)?;
    let identity = key.to_age();
    match decryptor.decrypt(std::iter::once(identity.as_ref())) {
        Ok(mut reader) => {
            let mut content = Zeroizing::new(Vec::new());
            reader.read_to_end(&mut content).map_err(Error::Content)?;
            Ok(Attempt::Opened(Secret::new(std::mem::take(&mut *content))))
        }
        Err(error) => match error {
            DecryptError::Io(error) if key.has_plugin() => Ok(Attempt::Failed(error.to_string())),
            DecryptError::InvalidHeader
            | DecryptError::InvalidMac
            | DecryptError::UnknownFormat
            | DecryptError::Io(_) => Err(Error::Malformed(error)),
            _ => Ok(Attempt::WrongKey),
        },
    }
}
