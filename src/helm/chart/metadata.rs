//! What `Chart.yaml` says, as Helm's own structure reads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::ChartError;
use crate::gotemplate::semver::Version;
use crate::yaml;

/// A chart's own description. Field names in JSON, and which are left out when empty, are Helm's: the release
/// record holds this structure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Metadata {
    /// The name.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The project's page.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub home: String,
    /// Where the source code is.
    #[serde(deserialize_with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The chart's version.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// One sentence.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Words to find it by.
    #[serde(deserialize_with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Who keeps it.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub maintainers: Vec<Maintainer>,
    /// The address of an icon.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub icon: String,
    /// `v1` or `v2`.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub api_version: String,
    /// A condition on the chart itself.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Tags of the chart itself.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub tags: String,
    /// The version of what it installs.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub app_version: String,
    /// Whether it should no longer be used.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "std::ops::Not::not")]
    pub deprecated: bool,
    /// Anything else; Helm does not look at it.
    #[serde(deserialize_with = "text_map", skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Which versions of Kubernetes it needs.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub kube_version: String,
    /// The charts it is made of.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Dependency>,
    /// `application` or `library`; empty means the first.
    #[serde(rename = "type", deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub kind: String,
}

/// Who keeps a chart.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Maintainer {
    /// The name.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The address for mail.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// A page.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A chart that another is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Dependency {
    /// The name in its own `Chart.yaml`.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// Which versions fit.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Where it comes from.
    #[serde(deserialize_with = "text")]
    pub repository: String,
    /// Paths of values that switch it on or off, separated by commas; the first that is set decides.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// Names below `tags` in the values that switch it on or off.
    #[serde(deserialize_with = "texts", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether it takes part; decided by tags and condition.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "std::ops::Not::not")]
    pub enabled: bool,
    /// Values to hand to the parent: `name` for `exports.name`, or `{child, parent}`.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub import_values: Vec<Value>,
    /// Another name for it in this chart.
    #[serde(deserialize_with = "text", skip_serializing_if = "String::is_empty")]
    pub alias: String,
}

impl Metadata {
    /// Checks what Helm checks when it loads a chart, and cleans the texts as it does.
    pub(super) fn validate(&mut self) -> Result<(), ChartError> {
        self.clean();
        let invalid = |problem: String| Err(ChartError::Invalid(problem));
        match self.name.as_str() {
            "" => return invalid("name is required".into()),
            "." | ".." => return invalid(format!("name {:?} is not allowed", self.name)),
            name if name.contains('/') => return invalid(format!("name {name:?} is invalid")),
            _ => {}
        }
        if self.version.is_empty() {
            return invalid("version is required".into());
        }
        if self.version.parse::<Version>().is_err() {
            return invalid(format!("version {:?} is invalid", self.version));
        }
        if !matches!(self.kind.as_str(), "" | "application" | "library") {
            return invalid("type must be application or library".into());
        }
        let mut names = std::collections::BTreeSet::new();
        for dependency in &self.dependencies {
            if !dependency.alias.chars().all(|char| char.is_ascii_alphanumeric() || "_-".contains(char)) {
                return invalid(format!(
                    "the alias of dependency {:?} has disallowed characters",
                    dependency.name
                ));
            }
            if !names.insert(dependency.effective_name()) {
                let name = dependency.effective_name();
                return invalid(format!("more than one dependency with name or alias {name:?}"));
            }
        }
        Ok(())
    }

    fn clean(&mut self) {
        let texts = [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ];
        texts.into_iter().for_each(clean);
        self.sources.iter_mut().chain(&mut self.keywords).for_each(clean);
        for maintainer in &mut self.maintainers {
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url].into_iter().for_each(clean);
        }
        for dependency in &mut self.dependencies {
            let Dependency { name, version, repository, condition, .. } = dependency;
            [name, version, repository, condition].into_iter().for_each(clean);
            dependency.tags.iter_mut().for_each(clean);
        }
    }
}

impl Dependency {
    /// Returns the name under which the parent knows it.
    pub fn effective_name(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }
}

/// Turns every white space into a plain one and drops what cannot be printed.
fn clean(text: &mut String) {
    if text.chars().any(|char| char.is_control() || (char.is_whitespace() && char != ' ')) {
        let printable = text.chars().filter(|char| char.is_whitespace() || !char.is_control());
        *text = printable.map(|char| if char.is_whitespace() { ' ' } else { char }).collect();
    }
}

/// Reads a text; a number or a truth value in its place becomes its text, as in Helm.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    from_scalar(Value::deserialize(deserializer)?)
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let items = Option::<Vec<Value>>::deserialize(deserializer)?.unwrap_or_default();
    items.into_iter().map(from_scalar).collect()
}

fn text_map<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<BTreeMap<String, String>>, D::Error> {
    let Some(entries) = Option::<BTreeMap<String, Value>>::deserialize(deserializer)? else {
        return Ok(None);
    };
    entries.into_iter().map(|(key, value)| Ok((key, from_scalar(value)?))).collect::<Result<_, _>>().map(Some)
}

fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn from_scalar<E: serde::de::Error>(value: Value) -> Result<String, E> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(match number.as_f64() {
            Some(float) if number.is_f64() => yaml::format_float(float),
            _ => number.to_string(),
        }),
        Value::String(text) => Ok(text),
        Value::Array(_) => Err(E::custom("a list where a text is needed")),
        Value::Object(_) => Err(E::custom("a map where a text is needed")),
    }
}
