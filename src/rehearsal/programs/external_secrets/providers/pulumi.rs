//! Pulumi ESC, as the operator's provider calls it: open and read for each key, nothing kept.

use http::{HeaderName, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::rehearsal::{
    network::{Network, Trust},
    programs::external_secrets::{
        error::Failure,
        json_text,
        resource::{PulumiProvider, PushData, RemoteReference},
        secret::Data,
    },
};

use super::http::{Call, JSON, query_escape, status_line};

/// Pulumi's own service.
const API: &str = "https://api.pulumi.com/api/esc";

const SOURCE: (HeaderName, &str) = (HeaderName::from_static("x-pulumi-source"), "esc-sdk");

/// An environment with a token.
pub(crate) struct Pulumi {
    network: Network,
    /// `URL/environments/ORGANIZATION/PROJECT/ENVIRONMENT`.
    environment: String,
    /// The whole header: `token …`.
    authorization: Vec<u8>,
}

/// An environment that was opened.
#[derive(Deserialize)]
struct Opened {
    id: String,
}

/// A value with where it comes from. The client is strict: what it does not know is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    value: Value,
    #[serde(rename = "trace")]
    _trace: Value,
    #[serde(default, rename = "secret")]
    _secret: Option<bool>,
    #[serde(default, rename = "unknown")]
    _unknown: Option<bool>,
}

impl Pulumi {
    pub(crate) fn new(network: Network, provider: &PulumiProvider, token: &[u8]) -> Self {
        let api = if provider.api_url.is_empty() { API } else { provider.api_url.as_str() };
        let PulumiProvider { organization, project, environment, .. } = provider;
        Self {
            network,
            environment: format!("{api}/environments/{organization}/{project}/{environment}"),
            authorization: [b"token ", token].concat(),
        }
    }

    pub(crate) async fn secret(&self, reference: &RemoteReference) -> Result<Vec<u8>, Failure> {
        Ok(json_text::bytes_of(&self.property(&reference.key).await?))
    }

    /// The value is an object of values; what is nested deeper becomes JSON. Anything else gives nothing.
    pub(crate) async fn extract(&self, reference: &RemoteReference) -> Result<Data, Failure> {
        let Value::Object(entries) = self.property(&reference.key).await? else { return Ok(Data::new()) };
        let entries = entries.into_iter().map(|(key, child)| {
            let child = answer(child)?;
            Ok((key, json_text::bytes_of(&child)))
        });
        entries.collect()
    }

    /// Reads the environment, puts the key where its dots lead, and writes everything back.
    pub(crate) async fn push(&self, data: &Data, entry: &PushData) -> Result<(), Failure> {
        let key = &entry.matched.secret_key;
        if key.is_empty() {
            return Err(Failure::said("pushing the whole secret is not yet implemented"));
        }
        let value =
            data.get(key).map(|value| String::from_utf8_lossy(value).into_owned()).unwrap_or_default();
        let current = self.values().await;
        let mut values = current.map_err(|failure| failure.within("error reading environment "))?;
        put(&mut values, &entry.matched.remote_ref.remote_key, value);
        let body = serde_json::to_vec(&json!({ "values": values })).unwrap_or_default();
        let written = self.send(Method::PATCH, &self.environment, Some(body)).await;
        written.map(drop).map_err(|failure| failure.within("error pushing secret"))
    }

    async fn property(&self, key: &str) -> Result<Value, Failure> {
        let id = self.open().await?;
        let property = query_escape(key);
        // The double slash is the client's own.
        let url = format!("{}/open//{id}?property={property}", self.environment);
        answer(self.send(Method::GET, &url, None).await?)
    }

    async fn values(&self) -> Result<Map<String, Value>, Failure> {
        let id = self.open().await?;
        let whole = self.send(Method::GET, &format!("{}/open/{id}", self.environment), None).await?;
        let properties = whole.get("properties").and_then(Value::as_object);
        let values = properties.into_iter().flatten();
        Ok(values.map(|(key, child)| (key.clone(), plain(child))).collect())
    }

    async fn open(&self) -> Result<String, Failure> {
        let opened = self.send(Method::POST, &format!("{}/open", self.environment), None).await?;
        let opened = Opened::deserialize(opened);
        opened.map(|opened| opened.id).map_err(|_| Failure::said("no value given for required property id"))
    }

    /// Of an error only the status is told.
    async fn send(&self, method: Method, url: &str, body: Option<Vec<u8>>) -> Result<Value, Failure> {
        let call = Call {
            method,
            url: url.to_owned(),
            authorization: &self.authorization,
            user_agent: "external-secrets-operator",
            headers: &[JSON, SOURCE],
            body,
        };
        let response = call.send(&self.network, &Trust::System).await?;
        let status = response.status();
        if status.as_u16() >= 300 {
            return Err(Failure::said(status_line(status)));
        }
        let is_json = response.headers().get(http::header::CONTENT_TYPE);
        let is_json =
            is_json.and_then(|found| found.to_str().ok()).is_some_and(|found| found.contains("json"));
        if !is_json && status != StatusCode::NO_CONTENT {
            return Err(Failure::said("undefined response type"));
        }
        let body = response.into_body();
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&body).map_err(|_| Failure::said(super::http::not_json(&body)))
    }
}

fn answer(json: Value) -> Result<Value, Failure> {
    let missing = ["value", "trace"].into_iter().find(|name| json.get(name).is_none());
    if let Some(missing) = missing {
        return Err(Failure::said(format!("no value given for required property {missing}")));
    }
    // What serde says may quote the value.
    let answer = Answer::deserialize(json);
    answer.map(|answer| answer.value).map_err(|_| Failure::said("json: unknown field"))
}

/// Returns a value without where it comes from, all the way down.
fn plain(child: &Value) -> Value {
    let value = child.get("value").unwrap_or(child);
    match value {
        Value::Object(entries) => entries.iter().map(|(key, child)| (key.clone(), plain(child))).collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}

fn put(values: &mut Map<String, Value>, path: &str, value: String) {
    let mut current = values;
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            current.insert(step.to_owned(), Value::String(value));
            return;
        }
        let next = current.entry(step).or_insert_with(|| Value::Object(Map::new()));
        if !next.is_object() {
            *next = Value::Object(Map::new());
        }
        let Value::Object(next) = next else { return };
        current = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_put_where_its_dots_lead_and_nothing_else_is_touched() {
        let mut values =
            Map::from_iter([("a".to_owned(), json!({ "b": "1", "c": "2" })), ("d".into(), json!(3))]);
        put(&mut values, "a.b", "new".into());
        put(&mut values, "x.y.z", "deep".into());
        let expected = json!({ "a": { "b": "new", "c": "2" }, "d": 3, "x": { "y": { "z": "deep" } } });
        assert_eq!(Value::Object(values), expected);
    }

    #[test]
    fn an_answer_needs_value_and_trace_and_nothing_unknown() {
        assert_eq!(answer(json!({ "value": 1, "trace": {}, "secret": true })).unwrap(), json!(1));
        let failure = answer(json!({ "value": 1 })).unwrap_err();
        assert_eq!(failure.to_string(), "no value given for required property trace");
        assert!(answer(json!({ "value": 1, "trace": {}, "more": 1 })).is_err());
    }

    #[test]
    fn traces_are_left_out_of_what_is_written_back() {
        let child = json!({ "value": { "x": { "value": ["a"], "trace": {} } }, "trace": {} });
        assert_eq!(plain(&child), json!({ "x": ["a"] }));
    }
}
