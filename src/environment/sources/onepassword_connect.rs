//! `fn::open::onepassword-connect`: fields, files and items from a 1Password Connect server.

use std::{collections::BTreeMap, sync::Arc};

use futures::future::{BoxFuture, join_all};

use super::{
    file::text_or_bytes,
    inputs, several,
    standard::{Kept, Outside},
};
use crate::environment::{Names, Schema, Source, SourceError};
use crate::onepassword::{Connect, ConnectError, Found, Reference, ReferenceError};
use crate::remote::Meter;
use crate::resource::{Map, Value};
use crate::secret::Secret;

/// Reads from Connect servers.
pub(super) struct OnePasswordConnect {
    outside: Arc<Outside>,
    servers: Kept<Connect>,
}

impl OnePasswordConnect {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside, servers: Kept::default() }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// The server's address, as `http://onepassword-connect:8080`; without it, `OP_CONNECT_HOST`
    host: Option<String>,
    /// The access token; without it, `OP_CONNECT_TOKEN`
    token: Option<Secret<String>>,
    /// What to read, by the names of the values
    get: BTreeMap<String, Get>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Get {
    /// `op://VAULT/ITEM/FIELD`, with a SECTION before the field if needed; a file's name stands for a field; without a
    /// field, all fields of the item by their labels
    #[serde(rename = "ref")]
    pub(super) reference: String,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum Missing {
    #[error("no address of a Connect server is given: set `host`, or the variable OP_CONNECT_HOST")]
    Host,
    #[error("no Connect token is given: set `token`, or the variable OP_CONNECT_TOKEN")]
    Token,
}

impl Source for OnePasswordConnect {
    fn name(&self) -> &'static str {
        "onepassword-connect"
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
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let inputs: Inputs = inputs::read(self.name(), inputs)?;
            let variable = |name: &str| self.outside.process.get(name).map(str::to_owned);
            let host = inputs.host.or_else(|| variable("OP_CONNECT_HOST")).ok_or(Missing::Host)?;
            let token = inputs.token.or_else(|| variable("OP_CONNECT_TOKEN").map(Secret::new));
            let token = token.ok_or(Missing::Token)?;
            let references = references(inputs.get)?;
            let server = self.servers.get(
                |server| server.is(&host, &token),
                || Connect::new(&host, &token, self.outside.clock.now()),
            )?;
            let read = references.into_iter().map(async |(name, reference)| {
                let found: Result<Found, ConnectError> = server.read(&reference, meter).await;
                (name, found)
            });
            let found = several::all(join_all(read).await)?;
            Ok(Value::map(found.into_iter().map(|(name, found)| (name, value(found)))))
        })
    }
}

/// Reads all references, or tells all that are none.
pub(super) fn references(get: BTreeMap<String, Get>) -> Result<Vec<(String, Reference)>, several::Several> {
    several::all(get.into_iter().map(|(name, get)| {
        let reference: Result<Reference, ReferenceError> = get.reference.parse();
        (name, reference)
    }))
}

fn value(found: Found) -> Value {
    match found {
        Found::Value(value) => value.into(),
        Found::File(content) => {
            #[expect(clippy::disallowed_methods, reason = "the file moves into another hiding place")]
            let value = text_or_bytes(content.expose().clone());
            value.secret()
        }
        Found::Item(values) => {
            Value::map(values.into_iter().map(|(label, value)| (label, Value::from(value))))
        }
    }
}
