//! A release's inputs.

use serde_json::Value as Json;

use crate::helm::charts_lock::PinnedChart;
use crate::helm::render::PostRenderer;
use crate::resource::{Inputs, Value, redacted, revealed};

/// What a release is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseInputs {
    /// The release's name.
    pub name: String,
    /// Its namespace, which must be there.
    pub namespace: String,
    /// The chart.
    pub chart: PinnedChart,
    /// The user's values.
    pub values: serde_json::Map<String, Json>,
    /// Whether to wait until the objects are ready.
    pub wait: bool,
    /// Whether the definitions of `crds/` are left out, as by `helm install --skip-crds`.
    pub skip_crds: bool,
    /// Changes of rendered objects.
    pub patches: Vec<Json>,
    /// What changes all documents before that.
    pub post: Option<PostRenderer>,
}

/// Why inputs are no release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// A field is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field is of the wrong kind.
    #[error("`{0}` must be {1}")]
    Kind(&'static str, &'static str),
    /// The name is none.
    #[error("`name` must be at most 53 lower case letters, digits, `-` and `.`")]
    Name,
    /// The chart has no digest.
    #[error("the chart {0} is not pinned: charts.lock has no such name and version")]
    NotPinned(String),
    /// A secret would be stored in clear.
    #[error("a secret in `{0}` would be stored in the release's record, for all who may read it")]
    Secret(&'static str),
    /// A value is not known yet.
    #[error("`{0}` is not known yet")]
    Unknown(&'static str),
}

impl ReleaseInputs {
    /// Reads inputs.
    pub fn read(inputs: &Inputs) -> Result<Self, InputError> {
        let name = text(inputs.get("name"), "name")?;
        if !crate::helm::template::is_release_name(&name) {
            return Err(InputError::Name);
        }
        let chart = Self::chart_of(inputs)?;
        let secrets = matches!(inputs.get("allowSecretValues"), Some(Value::Bool(true)));
        let values = match json(inputs.get("values"), "values", secrets)? {
            Json::Null => serde_json::Map::new(),
            Json::Object(values) => values,
            _ => return Err(InputError::Kind("values", "a map")),
        };
        let patches = match json(inputs.get("patches"), "patches", false)? {
            Json::Null => Vec::new(),
            Json::Array(patches) => patches,
            _ => return Err(InputError::Kind("patches", "a list")),
        };
        let post = match json(inputs.get("postRenderer"), "postRenderer", false)? {
            Json::Null => None,
            words => {
                let words: Result<Vec<String>, _> = serde_json::from_value(words);
                let words = words.map_err(|_| InputError::Kind("postRenderer", "a list of texts"))?;
                let mut words = words.into_iter();
                words.next().map(|program| PostRenderer { program, arguments: words.collect() })
            }
        };
        Ok(Self {
            namespace: text(inputs.get("namespace"), "namespace")?,
            wait: matches!(inputs.get("wait"), Some(Value::Bool(true))),
            skip_crds: matches!(inputs.get("skipCrds"), Some(Value::Bool(true))),
            name,
            chart,
            values,
            patches,
            post,
        })
    }

    /// Reads only which chart it is of: that is known also while other inputs are not.
    pub fn chart_of(inputs: &Inputs) -> Result<PinnedChart, InputError> {
        let chart = inputs.get("chart").ok_or(InputError::Missing("chart"))?;
        let name = text(chart.get("name"), "chart.name")?;
        let not_pinned = |_| InputError::NotPinned(name.clone());
        Ok(PinnedChart {
            repository: text(chart.get("repository"), "chart.repository").map_err(not_pinned)?,
            version: text(chart.get("version"), "chart.version").map_err(not_pinned)?,
            digest: text(chart.get("digest"), "chart.digest").map_err(not_pinned)?,
            name: name.clone(),
        })
    }
}

fn text(value: Option<&Value>, field: &'static str) -> Result<String, InputError> {
    match value {
        None | Some(Value::Null) => Err(InputError::Missing(field)),
        Some(Value::String(text)) => Ok(text.to_string()),
        Some(Value::Unknown | Value::Deferred(_)) => Err(InputError::Unknown(field)),
        Some(Value::Secret(_)) => Err(InputError::Secret(field)),
        Some(_) => Err(InputError::Kind(field, "a text")),
    }
}

fn json(value: Option<&Value>, field: &'static str, secrets: bool) -> Result<Json, InputError> {
    let Some(value) = value else { return Ok(Json::Null) };
    if value.holds_unknown() {
        return Err(InputError::Unknown(field));
    }
    if !value.holds_secret() {
        return Ok(redacted(value));
    }
    // The program said `allowSecretValues`: Helm's record is the sink.
    if secrets { Ok(revealed(value)) } else { Err(InputError::Secret(field)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(values: Value, allow: bool) -> Inputs {
        let chart = ["name", "repository", "version", "digest"].map(|key| (key, Value::from(key)));
        Value::map([
            ("name", "egg".into()),
            ("namespace", "nest".into()),
            ("chart", Value::map(chart)),
            ("values", values),
            ("allowSecretValues", allow.into()),
        ])
    }

    #[test]
    fn a_secret_in_the_values_needs_leave() {
        let values = Value::map([("token", Value::from("chirp").secret())]);
        assert_eq!(ReleaseInputs::read(&inputs(values.clone(), false)), Err(InputError::Secret("values")));
        assert_eq!(ReleaseInputs::read(&inputs(values, true)).unwrap().values["token"], "chirp");
    }

    #[test]
    fn a_post_renderer_is_a_program_with_its_arguments() {
        let with = |words: Value| {
            let chart = Value::map(["name", "repository", "version", "digest"].map(|key| (key, key.into())));
            let named = [("name", "egg".into()), ("namespace", "nest".into()), ("chart", chart)];
            let inputs = Value::map(named.into_iter().chain([("postRenderer", words)]));
            ReleaseInputs::read(&inputs).map(|inputs| inputs.post)
        };
        let post = PostRenderer { program: "kustomize".into(), arguments: vec!["build".into()] };
        assert_eq!(with(Value::list(["kustomize".into(), "build".into()])), Ok(Some(post)));
        assert_eq!(with(Value::list([])), Ok(None));
        assert_eq!(with("kustomize".into()), Err(InputError::Kind("postRenderer", "a list of texts")));
    }

    #[test]
    fn a_chart_without_a_digest_is_not_pinned() {
        let inputs = Value::map([
            ("name", "egg".into()),
            ("namespace", "nest".into()),
            ("chart", Value::map([("name", "podinfo".into())])),
        ]);
        assert_eq!(ReleaseInputs::read(&inputs), Err(InputError::NotPinned("podinfo".into())));
    }
}
