//! The fake provider: values that stand in the store itself, and what PushSecrets put beside them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    json_text,
    resource::{FakeProvider, Find, PushData, RemoteReference},
    secret::{Data, convert},
};

use super::client::Validation;
use super::find::Names;

/// What PushSecrets wrote, by store and key, as long as the controller runs.
#[derive(Clone, Default)]
pub(crate) struct FakeSecrets(Arc<Mutex<BTreeMap<String, Data>>>);

/// A store's values.
pub(crate) struct Fake {
    provider: FakeProvider,
    store: String,
    pushed: FakeSecrets,
}

impl FakeSecrets {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Data>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fake {
    pub(crate) fn new(provider: FakeProvider, store: &str, pushed: FakeSecrets) -> Self {
        Self { provider, store: store.to_owned(), pushed }
    }

    pub(crate) fn validate(&self) -> Validation {
        let failed = || Failure::said("unable to validate");
        match self.provider.validation_result {
            None | Some(0) => Validation::Ready,
            Some(1) => Validation::Unknown(failed()),
            Some(_) => Validation::Error(failed()),
        }
    }

    pub(crate) fn secret(&self, reference: &RemoteReference) -> Result<Vec<u8>, Failure> {
        let value = self.value(&reference.key, &reference.version).ok_or(Failure::NoSecret)?;
        if reference.property.is_empty() {
            return Ok(value);
        }
        let text = String::from_utf8_lossy(&value);
        let found = json_text::at_path(&text, &reference.property).ok_or(Failure::NoSecret)?;
        Ok(json_text::plain(&found))
    }

    pub(crate) fn extract(&self, reference: &RemoteReference) -> Result<Data, Failure> {
        let value = self.secret(reference)?;
        let entries: Map<String, Value> = serde_json::from_slice(&value)
            .map_err(|_| Failure::said("unable to unmarshal secret: it is no JSON object"))?;
        Ok(entries.iter().map(|(key, value)| (key.clone(), raw(value))).collect())
    }

    /// Of several versions the last counts.
    pub(crate) fn find(&self, wanted: &Find) -> Result<Data, Failure> {
        let Some(name) = &wanted.name else { return Err(Failure::said("unsupported find operator")) };
        let names = Names::new(name)?;
        let mut found: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for data in self.provider.data.iter().filter(|data| names.fit(&data.key)) {
            let newest = found.entry(&data.key).or_insert((&data.version, &data.value));
            if newest.0 < data.version.as_str() {
                *newest = (&data.version, &data.value);
            }
        }
        let mut data: Data =
            found.into_iter().map(|(key, (_, value))| (key.to_owned(), value.as_bytes().to_vec())).collect();
        for (key, value) in self.pushed.all().get(&self.store).into_iter().flatten() {
            if names.fit(key) && !data.contains_key(key) {
                data.insert(key.clone(), value.clone());
            }
        }
        convert(wanted.conversion_strategy, data)
    }

    pub(crate) fn push(&self, data: &Data, entry: &PushData) -> Result<(), Failure> {
        let key = &entry.matched.remote_ref.remote_key;
        if self.provider.data.iter().any(|data| format!("{}{}", data.key, data.version) == *key) {
            return Err(Failure::said("key already exists"));
        }
        let value = data.get(&entry.matched.secret_key).cloned().unwrap_or_default();
        self.pushed.all().entry(self.store.clone()).or_default().insert(key.clone(), value);
        Ok(())
    }

    pub(crate) fn exists(&self, entry: &PushData) -> bool {
        let key = &entry.matched.remote_ref.remote_key;
        self.value(key, "").is_some()
    }

    fn value(&self, key: &str, version: &str) -> Option<Vec<u8>> {
        let own = self.provider.data.iter().rfind(|data| data.key == key && data.version == version);
        own.map(|data| data.value.clone().into_bytes()).or_else(|| {
            let pushed = self.pushed.all();
            let found = pushed.get(&self.store).and_then(|data| data.get(key));
            found.filter(|_| version.is_empty()).cloned()
        })
    }
}

/// A text is itself, everything else stays JSON.
fn raw(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        other => json_text::compact(other).into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fake() -> Fake {
        let provider = serde_json::from_value(json!({ "data": [
            { "key": "a", "value": "old", "version": "v1" }, { "key": "a", "value": "new", "version": "v2" },
            { "key": "j", "value": r#"{"user":"me","n":1,"o":{"x":"y"}}"# } ] }));
        Fake::new(provider.unwrap(), "s", FakeSecrets::default())
    }

    fn reference(key: &str, property: &str, version: &str) -> RemoteReference {
        serde_json::from_value(json!({ "key": key, "property": property, "version": version })).unwrap()
    }

    #[test]
    fn a_value_is_found_by_key_and_version_and_a_part_by_its_path() {
        assert_eq!(fake().secret(&reference("a", "", "v1")).unwrap(), b"old");
        assert_eq!(fake().secret(&reference("j", "o.x", "")).unwrap(), b"y");
        for missing in [reference("a", "", ""), reference("x", "", ""), reference("j", "nothing", "")] {
            assert!(fake().secret(&missing).unwrap_err().is_no_secret());
        }
    }

    #[test]
    fn extracting_keeps_texts_and_writes_the_rest_as_json() {
        let data = fake().extract(&reference("j", "", "")).unwrap();
        assert_eq!((data["user"].as_slice(), data["n"].as_slice()), (&b"me"[..], &b"1"[..]));
        assert_eq!(data["o"], br#"{"x":"y"}"#);
    }

    #[test]
    fn finding_takes_the_last_version() {
        let find = serde_json::from_value(json!({ "name": { "regexp": "^a$" } })).unwrap();
        assert_eq!(fake().find(&find).unwrap(), Data::from([("a".into(), b"new".to_vec())]));
    }

    #[test]
    fn what_was_pushed_can_be_read_and_what_the_store_holds_is_not_overwritten() {
        let fake = fake();
        let entry = |key: &str| -> PushData {
            let matched = json!({ "secretKey": "k", "remoteRef": { "remoteKey": key } });
            serde_json::from_value(json!({ "match": matched })).unwrap()
        };
        let data = Data::from([("k".into(), b"v".to_vec())]);
        fake.push(&data, &entry("fresh")).unwrap();
        assert_eq!(fake.secret(&reference("fresh", "", "")).unwrap(), b"v");
        assert!(fake.exists(&entry("fresh")));
        assert_eq!(fake.push(&data, &entry("j")).unwrap_err().to_string(), "key already exists");
    }
}
