//! The providers, the rotator, the context and the cipher that the cases are written for.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use eggtooth::{
    environment::{Decrypter, Names, Rotator, Schema, Source, SourceError, Sources, read_json},
    remote::Meter,
    resource::{Map, Value},
    secret::Secret,
};
use futures::{FutureExt, future::BoxFuture};

/// Returns all that the cases call.
pub(crate) fn sources() -> Sources {
    Sources::new()
        .source(Test { name: "test", open: |inputs, _| Ok(Value::Map(Arc::new(inputs.clone()))) })
        .source(Test {
            name: "test-secret",
            open: |inputs, _| Ok(Value::Map(Arc::new(inputs.clone())).secret()),
        })
        .source(Test { name: "test-error", open: |inputs, _| Err(why(inputs).into()) })
        .source(Test {
            name: "test-context",
            open: |_, names| {
                Ok(Value::map([("root", (&*names.root).into()), ("current", (&*names.current).into())]))
            },
        })
        .source(Typed)
        .rotator(Rotation)
        .decrypter(Cipher)
}

/// Returns the execution context of the cases.
pub(crate) fn context() -> Map {
    let context = r#"{"pulumi": {"user": {"id": "u-1001", "login": "alice"}, "organization": {"login": "acme"}}, "level": 3}"#;
    match read_json(context.as_bytes()) {
        Ok(Value::Map(context)) => Map::clone(&context),
        _ => Map::new(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the case is about a provider that tells a secret")]
fn why(inputs: &Map) -> String {
    let why = match inputs.get("why") {
        Some(Value::Secret(hidden)) => hidden.expose().as_str().unwrap_or_default().to_owned(),
        Some(why) => why.as_str().unwrap_or_default().to_owned(),
        None => String::new(),
    };
    format!("test-error: {why}")
}

fn schema(text: &str) -> Schema {
    read_json(text.as_bytes()).ok().and_then(|value| Schema::parse(&value).ok()).unwrap_or_else(Schema::never)
}

/// A provider that needs no waiting.
struct Test {
    name: &'static str,
    open: fn(&Map, &Names) -> Result<Value, SourceError>,
}

impl Source for Test {
    fn name(&self) -> &str {
        self.name
    }

    fn inputs(&self) -> Schema {
        Schema::kind("object")
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        names: &'a Names,
        _: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        std::future::ready((self.open)(inputs, names)).boxed()
    }
}

/// A provider that says what it takes and gives.
struct Typed;

impl Source for Typed {
    fn name(&self) -> &'static str {
        "test-typed"
    }

    fn inputs(&self) -> Schema {
        schema(
            r#"{"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
                "name": {"type": "string"}, "count": {"type": "number"},
                "mode": {"type": "string", "enum": ["fast", "slow"]},
                "tags": {"type": "array", "items": {"type": "string"}}}}"#,
        )
    }

    fn output(&self) -> Schema {
        schema(
            r#"{"type": "object", "required": ["name", "list", "inner"], "properties": {
                "name": {"type": "string"}, "list": {"type": "array", "items": {"type": "number"}},
                "inner": {"type": "object", "required": ["flag"], "properties": {"flag": {"type": "boolean"}}}}}"#,
        )
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        _: &'a Names,
        _: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        let name = inputs.get("name").cloned().unwrap_or(Value::Null);
        let inner = Value::map([("flag", Value::from(true).secret())]);
        let given = [("name", name), ("list", Value::list([1.into(), 2.into()])), ("inner", inner)];
        std::future::ready(Ok(Value::map(given))).boxed()
    }
}

/// A rotator that gives its state, and the user.
struct Rotation;

impl Rotator for Rotation {
    fn name(&self) -> &'static str {
        "test-rotate"
    }

    fn inputs(&self) -> Schema {
        schema(
            r#"{"type": "object", "rotateOnly": ["admin"],
                "properties": {"user": {"type": "string"}, "admin": true}}"#,
        )
    }

    fn state(&self) -> Schema {
        schema(
            r#"{"type": "object", "required": ["current"],
                "properties": {"current": {"type": "string"}, "previous": {"type": "string"}}}"#,
        )
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        state: Option<&'a Map>,
        _: &'a Names,
        _: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        let opened = match state {
            None => Err("no rotation state".into()),
            Some(state) => {
                let mut given = state.clone();
                given.extend(inputs.get_key_value("user").map(|(key, user)| (Arc::clone(key), user.clone())));
                Ok(Value::Map(Arc::new(given)))
            }
        };
        std::future::ready(opened).boxed()
    }
}

/// `T1:` and the plaintext in base64.
struct Cipher;

impl Decrypter for Cipher {
    fn decrypt(&self, body: &[u8]) -> Result<Secret<Vec<u8>>, SourceError> {
        let plaintext = body.strip_prefix(b"T1:").and_then(|text| STANDARD.decode(text).ok());
        plaintext.map(Secret::new).ok_or_else(|| "not a T1 body".into())
    }
}
