//! The environments of an organization at Pulumi.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Map, Value as Json, json};

use super::EscFault;

/// The environments that the API serves, and who may read them; cheap to clone, and every clone is the same service.
/// Nothing of a value is shown by `Debug`.
#[derive(Clone, Default)]
pub struct EscEnvironments(Arc<Mutex<Service>>);

#[derive(Default)]
pub(super) struct Service {
    /// By `ORGANIZATION/PROJECT/ENVIRONMENT`, with `@VERSION` for others than the latest: the values.
    pub(super) environments: BTreeMap<String, Json>,
    /// The access tokens that are accepted; any when there is none.
    pub(super) tokens: Vec<String>,
    /// What was opened: the environment and its values then, by session.
    pub(super) sessions: BTreeMap<String, (String, Json)>,
    pub(super) fault: Option<EscFault>,
    pub(super) requests: Vec<String>,
}

impl EscEnvironments {
    /// Adds an environment, `ORGANIZATION/PROJECT/ENVIRONMENT`, with its `values`; `{"fn::secret": X}` is a secret. A
    /// revision or tag other than the latest is added by `@VERSION` behind the name.
    #[must_use]
    pub fn environment(self, name: &str, values: Json) -> Self {
        self.service().environments.insert(name.to_owned(), values);
        self
    }

    /// Puts a value where a path leads to, as `a.b["c"][0]`, in an environment that is made where there is none. An object
    /// that is there already stays as it is.
    #[must_use]
    pub fn with(self, name: &str, path: &str, value: Json) -> Self {
        {
            let mut service = self.service();
            let values = service.environments.entry(name.to_owned()).or_insert_with(|| json!({}));
            let place = steps(path).unwrap_or_default().into_iter().fold(values, below);
            if place.is_null() || !value.is_object() {
                *place = value;
            }
        }
        self
    }

    /// Accepts an access token, and from now on only those that were named.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.service().tokens.push(token.to_owned());
        self
    }

    /// Returns the values of an environment as they are now.
    pub fn values(&self, name: &str) -> Option<Json> {
        self.service().environments.get(name).cloned()
    }

    /// Makes the service misbehave from the next request on.
    pub fn inject(&self, fault: EscFault) {
        self.service().fault = Some(fault);
    }

    /// Lets the service work again; what was left without an answer stays so.
    pub fn heal(&self) {
        self.service().fault = None;
    }

    /// Returns every request so far, `METHOD PATH`, in order; also those that were refused.
    pub fn requests(&self) -> Vec<String> {
        self.service().requests.clone()
    }

    pub(super) fn service(&self) -> MutexGuard<'_, Service> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for EscEnvironments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let service = self.service();
        formatter.debug_tuple("EscEnvironments").field(&service.environments.keys()).finish()
    }
}

/// Where a value comes from, as clients want it: they fail at one that names no environment. The place is made up.
pub(super) fn trace() -> Json {
    let place = json!({ "line": 1, "column": 1, "byte": 0 });
    json!({ "def": { "environment": "rehearsal", "begin": place, "end": place } })
}

/// Returns a value as the API gives it: each part with its trace, and whether it is secret.
pub(super) fn traced(value: &Json) -> Json {
    let secret = value.as_object().filter(|one| one.len() == 1).and_then(|one| one.get("fn::secret"));
    if let Some(hidden) = secret {
        let mut traced = traced(hidden);
        traced["secret"] = true.into();
        return traced;
    }
    let value = match value {
        Json::Object(entries) => {
            entries.iter().map(|(key, value)| (key.clone(), traced(value))).collect::<Map<_, _>>().into()
        }
        Json::Array(items) => items.iter().map(traced).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.clone(),
    };
    json!({ "value": value, "trace": trace() })
}

/// Returns the part of a value that a path leads to: `a.b["c"][0]`.
pub(super) fn part<'a>(values: &'a Json, path: &str) -> Option<&'a Json> {
    let mut current = values;
    for step in steps(path)? {
        if let Some(hidden) = current.get("fn::secret") {
            current = hidden;
        }
        current = match current {
            Json::Array(items) => items.get(step.parse::<usize>().ok()?)?,
            other => other.get(&step)?,
        };
    }
    Some(current)
}

/// Returns the place of a step below a value; what is no object or list becomes one.
fn below(value: &mut Json, step: String) -> &mut Json {
    match (step.parse::<usize>(), value) {
        (Ok(index), value) if value.is_array() || value.is_null() => {
            if value.is_null() {
                *value = json!([]);
            }
            let items = value.as_array_mut().expect("it is a list, or was made one");
            if items.len() <= index {
                items.resize(index + 1, Json::Null);
            }
            &mut items[index]
        }
        (_, value) => {
            if !value.is_object() {
                *value = json!({});
            }
            &mut value[step]
        }
    }
}

/// Splits a path into its steps; nothing when it is none.
fn steps(path: &str) -> Option<Vec<String>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (inner, after) = after.split_once(']')?;
            steps.push(inner.trim_matches('"').to_owned());
            rest = after.strip_prefix('.').unwrap_or(after);
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(rest[..end].to_owned());
            rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_put_where_their_paths_lead_to() {
        let environments = EscEnvironments::default()
            .with("o/p/e", "app.canary", json!({"fn::secret": "chirp"}))
            .with("o/p/e", "app", json!({"some": "thing"}))
            .with("o/p/e", r#"list[1]["a b"]"#, json!(1));
        let values = environments.values("o/p/e").unwrap();
        assert_eq!(values, json!({"app": {"canary": {"fn::secret": "chirp"}}, "list": [null, {"a b": 1}]}));
        assert_eq!(part(&values, r#"list[1]["a b"]"#), Some(&json!(1)));
    }
}
