//! The mistake that everybody makes once: credentials that are encoded in base64 once too often.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::resource::Value;
use crate::workflow::Loaded;

/// Returns the environment as it is after the mistake.
pub(super) fn encoded(loaded: &Loaded) -> Loaded {
    let mut mistaken = loaded.clone();
    for program in mistaken.programs.values_mut() {
        for resource in &mut program.wanted.resources {
            let inputs = encode(&resource.inputs);
            // What a workload is started for follows.
            resource.inputs = inputs.with_fingerprints(&|value| encode(value).fingerprint());
        }
    }
    mistaken
}

#[expect(clippy::disallowed_methods, reason = "the credentials are encoded, and hidden again at once")]
fn encode(value: &Value) -> Value {
    match value {
        Value::Secret(secret) => match secret.expose() {
            Value::String(text) if is_credentials(text) => {
                Value::from(STANDARD.encode(text.as_bytes())).secret()
            }
            below => encode(below).secret(),
        },
        Value::List(values) => Value::list(values.iter().map(encode)),
        Value::Map(entries) => Value::map(entries.iter().map(|(key, value)| (key.clone(), encode(value)))),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Deferred(_)
        | Value::Unknown => value.clone(),
    }
}

/// Connect takes the JSON text, or from older charts its base64.
fn is_credentials(text: &str) -> bool {
    let decoded = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let json = decoded.as_deref().unwrap_or(text);
    json.trim_start().starts_with('{') && json.contains("\"verifier\"") && json.contains("\"encCredentials\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test looks at what the Secret would hold")]
    fn only_credentials_are_encoded_once_more() {
        let json = r#"{"verifier":{},"encCredentials":{}}"#;
        let secrets = [("credentials", Value::from(json).secret()), ("token", Value::from("a.b.c").secret())];
        let encoded = encode(&Value::map(secrets));
        let text = |key: &str| match encoded.get(key) {
            Some(Value::Secret(secret)) => secret.expose().clone(),
            other => panic!("{key} is {other:?}"),
        };
        assert_eq!(text("credentials"), STANDARD.encode(json).into());
        assert_eq!(text("token"), "a.b.c".into());
    }
}
