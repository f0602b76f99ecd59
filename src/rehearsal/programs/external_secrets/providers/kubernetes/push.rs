//! PushSecrets to a cluster's Secrets.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};

use crate::rehearsal::programs::external_secrets::{
    error::Failure, json_text, resource::PushData, secret::Data,
};

use super::provider::Kubernetes;

impl Kubernetes {
    pub(crate) async fn push(&self, source: &Secret, data: &Data, entry: &PushData) -> Result<(), Failure> {
        let remote = &entry.matched.remote_ref;
        if remote.property.is_empty() && !entry.matched.secret_key.is_empty() {
            let text = "requires property in RemoteRef to push secret value if secret key is defined";
            return Err(Failure::said(text));
        }
        if entry.metadata.is_some() {
            return Err(Failure::said("a rehearsal does not know the metadata of pushes to Kubernetes"));
        }
        let session = self.session()?;
        match session.get::<Secret>(&self.path(&remote.remote_key)).await {
            Ok(existing) => {
                let wanted = merged(existing.clone(), source, data, entry);
                if wanted != existing {
                    session.put::<Value>(&self.path(&remote.remote_key), &wanted).await?;
                }
                Ok(())
            }
            Err(failure) if failure.is_missing() => {
                let fresh = Secret {
                    metadata: ObjectMeta {
                        name: Some(remote.remote_key.clone()),
                        namespace: Some(self.namespace.clone()),
                        ..ObjectMeta::default()
                    },
                    ..Secret::default()
                };
                let wanted = merged(fresh, source, data, entry);
                session.post::<Value>(&self.collection(), &wanted).await.map(drop)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Takes a property away, and with the last one the Secret. What is not there needs nothing.
    pub(crate) async fn delete(&self, entry: &PushData) -> Result<(), Failure> {
        let remote = &entry.matched.remote_ref;
        if remote.property.is_empty() {
            return Err(Failure::said("requires property in RemoteRef to delete secret value"));
        }
        let session = self.session()?;
        let path = self.path(&remote.remote_key);
        let mut secret: Secret = match session.get(&path).await {
            Err(failure) if failure.is_missing() => return Ok(()),
            other => other?,
        };
        let Some(data) = &mut secret.data else { return Ok(()) };
        if data.remove(&remote.property).is_none() {
            return Ok(());
        }
        if !data.is_empty() {
            return session.put::<Value>(&path, &secret).await.map(drop);
        }
        match session.delete(&path).await {
            Err(failure) if failure.is_missing() => Ok(()),
            other => other,
        }
    }
}

/// Without a property the whole Secret is pushed, without a key as JSON into the property. Labels and annotations go
/// along.
fn merged(mut remote: Secret, source: &Secret, data: &Data, entry: &PushData) -> Secret {
    remote.type_ = Some(source.type_.clone().unwrap_or_else(|| "Opaque".to_owned()));
    for (ours, theirs) in [
        (&source.metadata.labels, &mut remote.metadata.labels),
        (&source.metadata.annotations, &mut remote.metadata.annotations),
    ] {
        if let Some(ours) = ours {
            theirs.get_or_insert_default().extend(ours.clone());
        }
    }
    let keys = remote.data.get_or_insert_default();
    let property = &entry.matched.remote_ref.property;
    let key = &entry.matched.secret_key;
    if property.is_empty() {
        keys.extend(data.iter().map(|(key, value)| (key.clone(), ByteString(value.clone()))));
    } else if key.is_empty() {
        let texts: Value =
            data.iter().map(|(key, value)| (key.clone(), json!(String::from_utf8_lossy(value)))).collect();
        keys.insert(property.clone(), ByteString(json_text::compact(&texts).into_bytes()));
    } else {
        keys.insert(property.clone(), ByteString(data.get(key).cloned().unwrap_or_default()));
    }
    remote
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn push(matched: serde_json::Value) -> Secret {
        let entry = serde_json::from_value(json!({ "match": matched })).unwrap();
        let data = Data::from([("a".into(), b"1".to_vec()), ("b".into(), b"2".to_vec())]);
        let existing =
            Secret { data: Some([("old".into(), ByteString(b"0".to_vec()))].into()), ..Secret::default() };
        merged(existing, &Secret::default(), &data, &entry)
    }

    fn texts(secret: &Secret) -> Vec<(&str, &str)> {
        let data = secret.data.iter().flatten();
        data.map(|(key, value)| (key.as_str(), std::str::from_utf8(&value.0).unwrap())).collect()
    }

    #[test]
    fn a_push_adds_to_what_is_there() {
        let one = push(json!({ "secretKey": "a", "remoteRef": { "remoteKey": "s", "property": "p" } }));
        assert_eq!(texts(&one), [("old", "0"), ("p", "1")]);
        let all = push(json!({ "remoteRef": { "remoteKey": "s" } }));
        assert_eq!(texts(&all), [("a", "1"), ("b", "2"), ("old", "0")]);
        let json = push(json!({ "remoteRef": { "remoteKey": "s", "property": "p" } }));
        assert_eq!(texts(&json), [("old", "0"), ("p", r#"{"a":"1","b":"2"}"#)]);
    }
}
