//! Values that stand for secrets that no key here opens, in the shape that the stacks' checks want.
//!
//! They are made from what anybody can read of the file: the keys, and the type that SOPS writes beside each
//! ciphertext. A pull request of somebody without keys is rehearsed with them.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::resource::{Map, Value};
use crate::sops::{self, Document, Element, Entry, Item, Kind, Scalar};

/// What stands for any text; nothing that a report says by itself contains it.
const TEXT: &str = "eggtooth-offline-placeholder";

/// The parts of a `1password-credentials.json`.
const CREDENTIALS: &str = r#"{"verifier":{"salt":"eggtooth-offline-salt","localHash":"eggtooth-offline-hash"},"encCredentials":{"kid":"localauthv2keykid","enc":"A256GCM","cty":"b5+jwk+json","iv":"eggtooth-offline-iv","data":"eggtooth-offline-data"},"version":"2","deviceUuid":"eggtooth-offline-device","uniqueKey":{"alg":"A256GCM","ext":true,"k":"eggtooth-offline-unique-key","key_ops":["decrypt","encrypt"],"kty":"oct","kid":"localauthv2keykid"}}"#;

/// Returns what a file could hold; nothing for one of several documents.
pub(super) fn of(document: &Document) -> Option<Value> {
    match document.branches().as_slice() {
        [entries] => Some(mapping(entries)),
        _ => None,
    }
}

/// Returns what a call of a source could give, by the names that its inputs have for it; nothing where they have none, as of
/// all that is in a Secret. `is_text` says that the source gives one text, whatever its inputs.
pub(super) fn of_call(inputs: &Map, is_text: bool) -> Option<Value> {
    if let Some(Value::Map(wanted)) = inputs.get("get") {
        return Some(Value::map(wanted.keys().map(|name| (Arc::clone(name), made_up(name, "str").secret()))));
    }
    let text = |key: &str| inputs.get(key).and_then(Value::as_str);
    if text("format") == Some("json") {
        return None;
    }
    let name = ["key", "property", "output"].into_iter().find_map(text);
    // What a program writes, and what a variable or a file holds, is one text.
    let one = || text("name").or_else(|| text("path")).filter(|_| is_text);
    let name = name.or_else(|| inputs.contains_key("command").then_some("command")).or_else(one)?;
    Some(made_up(name, "str").secret())
}

fn items(entries: &[Entry]) -> impl Iterator<Item = &Item> {
    entries.iter().filter_map(|entry| match entry {
        Entry::Item(item) => Some(item),
        Entry::Comment(_) => None,
    })
}

fn mapping(entries: &[Entry]) -> Value {
    let has = |key: &str| items(entries).any(|item| &*item.key == key);
    let is_credentials = has("verifier") && has("encCredentials");
    Value::map(items(entries).map(|item| {
        let key = &*item.key;
        let value = match key {
            "version" if is_credentials => Value::from("2").secret(),
            _ => value(key, &item.value),
        };
        (Arc::clone(&item.key), value)
    }))
}

fn value(key: &str, value: &sops::Value) -> Value {
    match &value.kind {
        Kind::Null => Value::Null,
        Kind::Map(entries) => mapping(entries),
        Kind::List(elements) => Value::list(elements.iter().filter_map(|element| match element {
            Element::Value(one) => Some(self::value(key, one)),
            Element::Comment(_) => None,
        })),
        Kind::Leaf(leaf) => match leaf.public() {
            Some(Scalar::String(text)) => match encrypted_type(text) {
                Some(kind) => made_up(key, kind).secret(),
                None => text.as_str().into(),
            },
            Some(Scalar::Int(number)) => (*number).into(),
            Some(Scalar::Bool(truth)) => (*truth).into(),
            Some(Scalar::Float(_) | Scalar::Time(_) | Scalar::Bytes(_)) | None => TEXT.into(),
        },
    }
}

/// Returns the type of what a text is the ciphertext of.
fn encrypted_type(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("ENC[AES256_GCM,")?.strip_suffix(']')?;
    inside.rsplit_once("type:").map(|(_, kind)| kind)
}

/// The name of a key says what its stack expects of it.
fn made_up(key: &str, kind: &str) -> Value {
    let key = key.to_ascii_lowercase();
    match kind {
        "int" => 1.into(),
        "float" => Value::Number(1.5.into()),
        "bool" => true.into(),
        _ if key.contains("credential") => CREDENTIALS.into(),
        _ if key.contains("token") => token().into(),
        _ => TEXT.into(),
    }
}

/// Returns a Connect token by its form: the signature is none.
fn token() -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = part(br#"{"alg":"ES256","kid":"eggtooth-offline","typ":"JWT"}"#);
    let claims =
        part(br#"{"sub":"eggtooth-offline","aud":["com.1password.connect"],"1password.com/vts":[]}"#);
    format!("{header}.{claims}.{}", part(&[0; 64]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onepassword::{Credentials, Token};
    use crate::secret::Secret;
    use crate::sops::Format;

    const FILE: &str = "
connect:
    credentials: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]
    token: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]
    port: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:int]
    plain_unencrypted: shown
document:
    verifier: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]
    encCredentials: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]
    version: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]
sops:
    age:
        - recipient: age1m2dapd08q2lefz3jl0tvhwh7svx75fv4sy62zges9mjfmwlq3arsg4xu0d
          enc: sealed
    lastmodified: \"2026-11-22T11:31:21Z\"
    mac: ENC[AES256_GCM,data:AA==,iv:AA==,tag:AA==,type:str]
    version: 3.13.3
";

    #[expect(clippy::disallowed_methods, reason = "the placeholders are no secrets")]
    fn text(value: &Value, group: &str, key: &str) -> Value {
        match value.get(group).and_then(|group| group.get(key)) {
            Some(Value::Secret(secret)) => secret.expose().clone(),
            other => panic!("{group}.{key} is {other:?}, and not secret"),
        }
    }

    fn call(text: &str) -> Option<Value> {
        let inputs = crate::environment::read_json(text.as_bytes()).unwrap();
        let Value::Map(inputs) = inputs else { panic!("{text} is no map") };
        of_call(&inputs, text.contains("TOKEN"))
    }

    #[test]
    fn a_call_gives_what_its_inputs_name() {
        let several =
            call(r#"{"get": {"password": "op://v/i/password", "connect-token": {"ref": "op://v/i/t"}}}"#)
                .unwrap();
        let Some(Value::Secret(password)) = several.get("password") else { panic!("{several:?}") };
        #[expect(clippy::disallowed_methods, reason = "the placeholders are no secrets")]
        let password = password.expose().clone();
        assert_eq!(password.as_str(), Some(TEXT));
        assert!(matches!(several.get("connect-token"), Some(Value::Secret(_))));
        for one in [
            r#"{"path": "apps/web", "key": "password"}"#,
            r#"{"organization": "o", "project": "p", "environment": "e", "property": "app.token"}"#,
            r#"{"command": ["vault", "read"]}"#,
            r#"{"name": "TOKEN"}"#,
        ] {
            assert!(matches!(call(one), Some(Value::Secret(_))), "{one}");
        }
    }

    #[test]
    fn nothing_is_made_up_for_names_that_nobody_knows() {
        assert_eq!(call(r#"{"organization": "o", "project": "p", "environment": "e"}"#), None);
        assert_eq!(call(r#"{"command": ["a"], "format": "json"}"#), None);
        assert_eq!(call(r#"{"namespace": "n", "name": "s"}"#), None);
    }

    #[test]
    fn placeholders_pass_the_checks_of_credentials_and_tokens() {
        let document = Document::parse(FILE.as_bytes(), Format::Yaml, "a.sops.yaml").unwrap();
        let value = of(&document).unwrap();
        let credentials = text(&value, "connect", "credentials");
        assert_eq!(Credentials::from(credentials.as_str().unwrap().to_owned()).check(), Ok(()));
        let token = text(&value, "connect", "token");
        let token = Token::parse(&Secret::new(token.as_str().unwrap().to_owned())).unwrap();
        assert_eq!(token.check(jiff::Timestamp::now(), ["aaaaaaaaaaaaaaaaaaaaaaaaaa"]), Ok(()));
        assert_eq!(text(&value, "connect", "port"), 1.into());
        assert_eq!(text(&value, "document", "version"), "2".into());
        assert_eq!(
            value.get("connect").unwrap().get("plain_unencrypted").unwrap().as_str(),
            Some("shown"),
            "what stands there for all to read is no secret and stays"
        );
    }
}
