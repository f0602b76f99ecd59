//! Keyed fingerprints of secrets: whether one changed can be told without the plaintext, a ciphertext or a hash
//! that can be guessed.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt,
    sync::{Arc, OnceLock},
};

use hmac::{Hmac, Mac};
use rand::{RngCore as _, rngs::OsRng};
use serde_json::Value as Json;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::resource::{Urn, Value, revealed};
use crate::secret::Secret;

/// Who can open what is sealed: the environment's recipients.
pub trait Sealing: Send + Sync {
    /// Returns the recipients' public parts, in order; none where the environment has no recipients.
    fn recipients(&self) -> Vec<String>;

    /// Returns the bytes sealed to the recipients, as text.
    fn seal(&self, bytes: &[u8]) -> Result<String, Box<dyn Error + Send + Sync>>;

    /// Returns what was sealed, if one of our identities opens it.
    fn open(&self, sealed: &str) -> Result<Secret<Vec<u8>>, Box<dyn Error + Send + Sync>>;
}

/// The sealing of an environment without recipients: secrets get no fingerprint.
#[derive(Clone, Copy, Debug)]
pub struct NoRecipients;

impl Sealing for NoRecipients {
    fn recipients(&self) -> Vec<String> {
        Vec::new()
    }

    fn seal(&self, _: &[u8]) -> Result<String, Box<dyn Error + Send + Sync>> {
        Err("the environment has no recipients".into())
    }

    fn open(&self, _: &str) -> Result<Secret<Vec<u8>>, Box<dyn Error + Send + Sync>> {
        Err("the environment has no recipients".into())
    }
}

/// The key of a stack's fingerprints, sealed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SealedKey {
    /// The recipients that it was sealed to.
    pub recipients: Vec<String>,
    /// The sealed key, armored.
    pub age: String,
}

/// The key under which a recorded value keeps a secret's fingerprint.
const MARK: &str = "$hmac";

type Key = Zeroizing<[u8; 32]>;

/// Makes the fingerprints of a stack's secrets.
///
/// The key is opened, or made and sealed, when the first secret comes. Without recipients, or when none of our
/// identities opens it, nothing can be told of a secret: then the live resource alone says what changed.
pub struct Fingerprints {
    sealing: Arc<dyn Sealing>,
    stored: Option<SealedKey>,
    opened: OnceLock<Option<(Key, SealedKey)>>,
}

impl Fingerprints {
    /// Returns fingerprints by the key that is `stored`, or by a new one where there is none.
    pub fn new(stored: Option<SealedKey>, sealing: Arc<dyn Sealing>) -> Self {
        Self { sealing, stored, opened: OnceLock::new() }
    }

    /// Returns the value as it is recorded: `{"$hmac": …}` in place of each secret, null where nothing is known.
    pub fn record(&self, urn: &Urn, value: &Value) -> Json {
        self.walk(urn.as_str(), value, &mut Vec::new())
    }

    /// Returns a stack's output as it is recorded.
    pub fn record_output(&self, name: &str, value: &Value) -> Json {
        self.walk("output", value, &mut vec![name.to_owned()])
    }

    /// Returns a text that changes with the value and tells nothing of it, for one resource; empty where no key is had.
    pub fn of(&self, urn: &Urn, value: &Value) -> String {
        let path = [MARK.to_owned()];
        self.key().map(|key| fingerprint(key, urn.as_str(), &path, value)).unwrap_or_default()
    }

    /// Returns the key as it is to be stored: sealed to the recipients of now once it was used.
    pub fn sealed(&self) -> Option<SealedKey> {
        match self.opened.get() {
            Some(Some((_, sealed))) => Some(sealed.clone()),
            Some(None) | None => self.stored.clone(),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the value goes into a keyed hash, and nowhere else")]
    fn walk(&self, subject: &str, value: &Value, path: &mut Vec<String>) -> Json {
        match value {
            Value::Secret(secret) => {
                let fingerprint = self.key().map(|key| fingerprint(key, subject, path, secret.expose()));
                Json::Object(
                    [(MARK.to_owned(), fingerprint.map_or(Json::Null, Json::String))].into_iter().collect(),
                )
            }
            Value::List(values) => {
                let values = values.iter().enumerate();
                values.map(|(index, value)| self.below(subject, value, path, index.to_string())).collect()
            }
            Value::Map(entries) => {
                let entries = entries.iter();
                let entry = |(key, value): (&Arc<str>, &Value)| {
                    (key.to_string(), self.below(subject, value, path, key.to_string()))
                };
                Json::Object(entries.map(entry).collect())
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Deferred(_)
            | Value::Unknown => revealed(value),
        }
    }

    fn below(&self, subject: &str, value: &Value, path: &mut Vec<String>, key: String) -> Json {
        path.push(key);
        let recorded = self.walk(subject, value, path);
        path.pop();
        recorded
    }

    fn key(&self) -> Option<&[u8; 32]> {
        self.opened.get_or_init(|| self.open().or_else(|| self.make())).as_ref().map(|(key, _)| &**key)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the key is kept in zeroized memory, and used for hashing only"
    )]
    fn open(&self) -> Option<(Key, SealedKey)> {
        let stored = self.stored.as_ref()?;
        let opened = self.sealing.open(&stored.age);
        let Ok(Ok(key)) = opened.as_ref().map(|bytes| <[u8; 32]>::try_from(bytes.expose().as_slice())) else {
            tracing::warn!("the key of the fingerprints can't be opened: a new one takes its place");
            return None;
        };
        let key: Key = Zeroizing::new(key);
        let recipients = self.sealing.recipients();
        if recipients.is_empty() || recipients == stored.recipients {
            return Some((key, stored.clone()));
        }
        self.seal(key)
    }

    fn make(&self) -> Option<(Key, SealedKey)> {
        if self.sealing.recipients().is_empty() {
            return None;
        }
        let mut key: Key = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(&mut *key);
        self.seal(key)
    }

    fn seal(&self, key: Key) -> Option<(Key, SealedKey)> {
        match self.sealing.seal(&*key) {
            Ok(age) => Some((key, SealedKey { recipients: self.sealing.recipients(), age })),
            Err(error) => {
                tracing::warn!(error, "the key of the fingerprints can't be sealed: secrets get none");
                None
            }
        }
    }
}

impl fmt::Debug for Fingerprints {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Fingerprints")
    }
}

/// Returns a recorded value with what stands for secrets not known.
pub fn recalled(recorded: &Json) -> Value {
    match recorded {
        Json::Object(entries) if entries.len() == 1 && entries.contains_key(MARK) => Value::Unknown.secret(),
        Json::Object(entries) => Value::map(
            entries.iter().map(|(key, value)| (key.as_str(), recalled(value))).collect::<BTreeMap<_, _>>(),
        ),
        Json::Array(values) => Value::list(values.iter().map(recalled)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Value::from(recorded),
    }
}

/// HMAC-SHA256 over domain, subject (a URN), path, type and bytes, each with its length before it so that no two run together.
fn fingerprint(key: &[u8; 32], subject: &str, path: &[String], value: &Value) -> String {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
    let path = path.iter().map(|key| key.replace('~', "~0").replace('/', "~1")).collect::<Vec<_>>().join("/");
    let mut bytes = Zeroizing::new(Vec::new());
    let kind = content(value, &mut bytes);
    for part in [b"eggtooth/1", subject.as_bytes(), path.as_bytes(), kind.as_bytes(), &bytes] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}

/// Writes the value's bytes, parts of it with type and length, and returns its type.
#[expect(clippy::disallowed_methods, reason = "the value goes into a keyed hash, and nowhere else")]
fn content(value: &Value, bytes: &mut Zeroizing<Vec<u8>>) -> &'static str {
    match value {
        Value::Null | Value::Deferred(_) | Value::Unknown => "null",
        Value::Bool(value) => {
            bytes.push(u8::from(*value));
            "bool"
        }
        Value::Number(number) => {
            bytes.extend_from_slice(number.as_str().as_bytes());
            "number"
        }
        Value::String(text) => {
            bytes.extend_from_slice(text.as_bytes());
            "string"
        }
        Value::Bytes(content) => {
            bytes.extend_from_slice(content);
            "bytes"
        }
        Value::List(values) => {
            values.iter().for_each(|value| part(value, bytes));
            "list"
        }
        Value::Map(entries) => {
            for (key, value) in entries.iter() {
                part(&Value::String(key.clone()), bytes);
                part(value, bytes);
            }
            "map"
        }
        Value::Secret(secret) => content(secret.expose(), bytes),
    }
}

fn part(value: &Value, bytes: &mut Zeroizing<Vec<u8>>) {
    let mut inner = Zeroizing::new(Vec::new());
    for part in [content(value, &mut inner).as_bytes(), &inner] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    inner.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seals by turning each byte round; of two recipients' lists each opens its own.
    struct Turned(&'static [&'static str]);

    impl Sealing for Turned {
        fn recipients(&self) -> Vec<String> {
            self.0.iter().map(|&recipient| recipient.to_owned()).collect()
        }

        fn seal(&self, bytes: &[u8]) -> Result<String, Box<dyn Error + Send + Sync>> {
            Ok(hex::encode(bytes.iter().map(|byte| !byte).collect::<Vec<_>>()))
        }

        fn open(&self, sealed: &str) -> Result<Secret<Vec<u8>>, Box<dyn Error + Send + Sync>> {
            Ok(Secret::new(hex::decode(sealed)?.iter().map(|byte| !byte).collect()))
        }
    }

    fn urn() -> Urn {
        Urn::new("dev", "s", "kubernetes:Secret", "a")
    }

    fn secret(text: &str) -> Value {
        Value::map([("kind", "Secret".into()), ("data", Value::map([("token", Value::from(text).secret())]))])
    }

    #[test]
    fn a_fingerprint_follows_the_value_the_path_the_type_and_the_resource() {
        let key = [7; 32];
        let path = ["data".to_owned(), "token".to_owned()];
        let first = fingerprint(&key, urn().as_str(), &path, &"chirp".into());
        let other = Urn::new("dev", "s", "kubernetes:Secret", "b");
        let joined = ["data/token".to_owned()];
        let different = [
            fingerprint(&key, urn().as_str(), &path, &"chirq".into()),
            fingerprint(&key, urn().as_str(), &path, &Value::Bytes((*b"chirp").into())),
            fingerprint(&key, urn().as_str(), &joined, &"chirp".into()),
            fingerprint(&key, other.as_str(), &path, &"chirp".into()),
            fingerprint(&[8; 32], urn().as_str(), &path, &"chirp".into()),
        ];
        assert!(different.iter().all(|other| *other != first));
        assert_eq!(first, fingerprint(&key, urn().as_str(), &path, &"chirp".into()));
        let split = |parts: &[&str]| {
            fingerprint(&key, urn().as_str(), &path, &Value::list(parts.iter().map(|&part| part.into())))
        };
        assert_ne!(split(&["ab", "c"]), split(&["a", "bc"]));
    }

    #[test]
    fn what_is_recorded_holds_no_secret_and_tells_a_change() {
        let fingerprints = Fingerprints::new(None, Arc::new(Turned(&["age1a"])));
        let recorded = fingerprints.record(&urn(), &secret("chirp"));
        assert_eq!(recorded["kind"], "Secret");
        assert!(recorded["data"]["token"]["$hmac"].is_string() && !recorded.to_string().contains("chirp"));
        assert!(recalled(&recorded).holds_unknown());

        let stored = fingerprints.sealed();
        let later = Fingerprints::new(stored.clone(), Arc::new(Turned(&["age1a"])));
        assert_eq!(later.record(&urn(), &secret("chirp")), recorded);
        assert_ne!(later.record(&urn(), &secret("chirq")), recorded);
        assert_eq!(later.sealed(), stored);
    }

    #[test]
    fn the_key_is_sealed_anew_when_the_recipients_change() {
        let first = Fingerprints::new(None, Arc::new(Turned(&["age1a"])));
        let recorded = first.record(&urn(), &secret("chirp"));
        let second = Fingerprints::new(first.sealed(), Arc::new(Turned(&["age1a", "age1b"])));
        assert_eq!(second.record(&urn(), &secret("chirp")), recorded);
        assert_eq!(second.sealed().unwrap().recipients, ["age1a", "age1b"]);
    }

    #[test]
    fn without_recipients_a_secret_leaves_nothing_behind() {
        let fingerprints = Fingerprints::new(None, Arc::new(NoRecipients));
        assert_eq!(
            fingerprints.record(&urn(), &secret("chirp"))["data"]["token"],
            serde_json::json!({"$hmac": null})
        );
        assert_eq!(fingerprints.sealed(), None);
    }

    #[test]
    fn a_fingerprint_for_a_resource_follows_the_value_and_stays_between_runs() {
        let fingerprints = Fingerprints::new(None, Arc::new(Turned(&["age1a"])));
        let first = fingerprints.of(&urn(), &secret("chirp"));
        let later = Fingerprints::new(fingerprints.sealed(), Arc::new(Turned(&["age1a"])));
        assert_eq!(later.of(&urn(), &secret("chirp")), first);
        assert_ne!(later.of(&urn(), &secret("chirq")), first);
        assert_eq!(Fingerprints::new(None, Arc::new(NoRecipients)).of(&urn(), &secret("chirp")), "");
    }

    #[test]
    fn no_key_is_made_before_the_first_secret() {
        let fingerprints = Fingerprints::new(None, Arc::new(Turned(&["age1a"])));
        fingerprints.record(&urn(), &Value::map([("port", 8080.into())]));
        assert_eq!(fingerprints.sealed(), None);
    }
}
