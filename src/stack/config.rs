//! A stack's configuration: checked against its schema, all problems at once, then decoded into its type.

use std::{fmt, str::FromStr, sync::Arc};

use jsonschema::{ValidationError, error::ValidationErrorKind};
use schemars::Schema;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Diagnostics, Span, suggest};
use crate::resource::{self, Value, redacted};

/// A step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An entry of a map.
    Key(String),
    /// An element of a list.
    Index(usize),
}

/// The way from a stack's configuration to one of its parts, written `stores[0].name`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position > 0 => write!(formatter, ".{key}")?,
                Step::Key(key) => formatter.write_str(key)?,
                Step::Index(index) => write!(formatter, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Reads `stores[0].name`; keys can't hold dots or brackets.
impl FromStr for Path {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let steps = text.split(['.', '[', ']']).filter(|part| !part.is_empty());
        Ok(Self(
            steps.map(|part| part.parse().map_or_else(|_| Step::Key(part.into()), Step::Index)).collect(),
        ))
    }
}

/// Tells where the environment defined a part of the configuration: of its key when the flag is set, else its value.
pub type Origin<'a> = dyn Fn(&Path, bool) -> Option<(Arc<str>, Span)> + 'a;

/// Decodes `value` into a `C` whose JSON Schema is `schema`.
///
/// # Errors
/// Every place where the value does not fit the schema, with file, line and column from `origin`.
pub fn decode<C: DeserializeOwned>(
    value: &Value,
    schema: &Schema,
    origin: &Origin<'_>,
) -> Result<C, Diagnostics> {
    let problems = check(value, schema.as_value());
    if !problems.is_empty() {
        let mut diagnostics: Diagnostics =
            problems.into_iter().map(|problem| problem.located(origin)).collect();
        diagnostics.sort();
        return Err(diagnostics);
    }
    resource::decode(value).map_err(|error| {
        let path = Path(error.path.iter().map(|part| step_of(part)).collect());
        let problem = Problem { path, at_key: false, message: error.message, hint: None };
        Diagnostics::from_iter([problem.located(origin)])
    })
}

struct Problem {
    path: Path,
    at_key: bool,
    message: String,
    hint: Option<String>,
}

impl Problem {
    fn located(self, origin: &Origin<'_>) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.message).path(self.path.to_string());
        diagnostic.hint = self.hint;
        match nearest(&self.path, self.at_key, origin) {
            Some((file, span)) => diagnostic.at(file, span),
            None => diagnostic,
        }
    }
}

/// The origin of the path or, for what is not written anywhere, of what should hold it.
fn nearest(path: &Path, at_key: bool, origin: &Origin<'_>) -> Option<(Arc<str>, Span)> {
    origin(path, at_key).or_else(|| {
        let (_, parent) = path.0.split_last()?;
        nearest(&Path(parent.to_vec()), true, origin)
    })
}

fn check(value: &Value, schema: &Json) -> Vec<Problem> {
    let Ok(validator) = jsonschema::validator_for(schema) else { return Vec::new() };
    let instance = redacted(value);
    validator
        .iter_errors(&instance)
        .filter(|error| !is_unknown(error.instance()))
        .flat_map(|error| problems_of(&error, schema))
        .collect()
}

/// What a check without secrets does not know can't be wrong.
fn is_unknown(instance: &Json) -> bool {
    instance.as_str() == Some("[unknown]")
}

fn problems_of(error: &ValidationError<'_>, schema: &Json) -> Vec<Problem> {
    let path = Path(
        error.instance_path().as_str().split('/').skip(1).map(|part| step_of(&unescape(part))).collect(),
    );
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = known_fields(error, schema);
            unexpected.iter().map(|name| unknown_field(&path, name, &known)).collect()
        }
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![Problem { path, at_key: true, message: format!("missing field `{name}`"), hint: None }]
        }
        ValidationErrorKind::Type { .. } => {
            let message = format!("expected {}, got {}", expected(error, schema), kind_of(error.instance()));
            vec![Problem { path, at_key: false, message, hint: None }]
        }
        _ => vec![Problem { path, at_key: false, message: error.to_string(), hint: None }],
    }
}

fn unknown_field(parent: &Path, name: &str, known: &[String]) -> Problem {
    let hint = match suggest(name, known.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known fields: {}", known.join(", ")),
    };
    let mut path = parent.clone();
    path.0.push(Step::Key(name.to_owned()));
    Problem { path, at_key: true, message: format!("unknown field `{name}`"), hint: Some(hint) }
}

/// The fields that the object's schema lists.
fn known_fields(error: &ValidationError<'_>, schema: &Json) -> Vec<String> {
    let keyword = error.schema_path().as_str();
    let object = keyword.rsplit_once('/').and_then(|(object, _)| schema.pointer(object));
    let properties = object.and_then(|object| object["properties"].as_object());
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

/// The types that the schema allows, in words.
fn expected(error: &ValidationError<'_>, schema: &Json) -> String {
    let names: Vec<&str> = match schema.pointer(error.schema_path().as_str()) {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => {
            several.iter().filter_map(Json::as_str).filter(|&name| name != "null").collect()
        }
        _ => Vec::new(),
    };
    let words: Vec<&str> = names
        .into_iter()
        .map(|name| match name {
            "object" => "a map",
            "array" => "a list",
            "string" => "a text",
            "integer" => "an integer",
            "number" => "a number",
            "boolean" => "true or false",
            other => other,
        })
        .collect();
    if words.is_empty() { "something else".to_owned() } else { words.join(" or ") }
}

fn kind_of(instance: &Json) -> &'static str {
    match instance {
        Json::Null => "nothing",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

fn step_of(part: &str) -> Step {
    part.parse().map_or_else(|_| Step::Key(part.to_owned()), Step::Index)
}

/// A JSON pointer's escapes.
fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use schemars::{JsonSchema, generate::SchemaSettings};
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "the tests look at what does not fit")]
    struct Config {
        stores: Vec<Store>,
        #[serde(default)]
        wait: bool,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "the tests look at what does not fit")]
    struct Store {
        name: String,
        vaults: std::collections::BTreeMap<String, u32>,
    }

    fn problems(value: &Value) -> Vec<String> {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let schema = settings.into_generator().into_root_schema_for::<Config>();
        let diagnostics = decode::<Config>(value, &schema, &|_, _| None).unwrap_err();
        diagnostics
            .iter()
            .map(|one| {
                format!(
                    "{}: {} / {}",
                    one.path.as_deref().unwrap_or(""),
                    one.message,
                    one.hint.as_deref().unwrap_or("-")
                )
            })
            .collect()
    }

    #[test]
    fn all_problems_are_told_at_once_each_with_its_path() {
        let store = Value::map([("name", Value::from(1)), ("vualts", Value::map([("a", 1.into())]))]);
        let value = Value::map([("stores", Value::list([store])), ("wait", "yes".into())]);
        let mut found = problems(&value);
        found.sort();
        assert_eq!(
            found,
            [
                "stores[0].name: expected a text, got a number / -",
                "stores[0].vualts: unknown field `vualts` / did you mean `vaults`?",
                "stores[0]: missing field `vaults` / -",
                "wait: expected true or false, got a text / -",
            ]
        );
    }

    #[test]
    fn a_secret_in_a_field_that_is_shown_is_a_problem() {
        let vaults = Value::map([("a", 1.into())]);
        let store = Value::map([("name", Value::from("chirp").secret()), ("vaults", vaults)]);
        let found = problems(&Value::map([("stores", Value::list([store]))]));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("stores[0].name: this field is shown") && !found[0].contains("chirp"),
            "{found:?}"
        );
    }

    #[test]
    fn a_path_reads_as_it_is_written() {
        assert_eq!("stores[0].name".parse::<Path>().unwrap().to_string(), "stores[0].name");
    }
}
