//! Typed inputs of a source: one structure gives the schema that documents are checked against, and the values.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::environment::Schema;
use crate::resource::{DecodeError, Map, Value, decode};

/// The inputs are not what a source takes.
#[derive(Debug, thiserror::Error)]
#[error("the inputs of fn::open::{name}: {}{error}", at(error))]
pub struct InputsError {
    name: String,
    error: DecodeError,
}

fn at(error: &DecodeError) -> String {
    if error.path.is_empty() { String::new() } else { format!("`{}`: ", error.path.join(".")) }
}

/// Returns the inputs of the source `name` as a structure.
pub(super) fn read<T: DeserializeOwned>(name: &str, inputs: &Map) -> Result<T, InputsError> {
    decode(&Value::Map(inputs.clone().into())).map_err(|error| InputsError { name: name.to_owned(), error })
}

/// Returns the JSON Schema of a structure, as editors read it.
pub(super) fn json_schema<T: JsonSchema>() -> Json {
    let generator = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = generator.into_generator().into_root_schema_for::<T>().to_value();
    if let Json::Object(entries) = &mut schema {
        entries.remove("$schema");
        entries.remove("title");
    }
    simplify(&mut schema);
    schema
}

/// Returns the schema of a structure, as documents are checked against it.
pub(super) fn schema<T: JsonSchema>() -> Schema {
    Schema::parse(&Value::from(&json_schema::<T>())).unwrap_or_else(|_| Schema::kind("object"))
}

/// Environments know one type a schema, and no integers; what is optional is left out, and not null.
fn simplify(schema: &mut Json) {
    match schema {
        Json::Object(entries) => {
            if let Some(Json::Array(kinds)) = entries.get("type") {
                let kind = kinds.iter().find(|kind| *kind != "null").cloned();
                entries.insert("type".to_owned(), kind.unwrap_or_default());
            }
            if entries.get("type").is_some_and(|kind| kind == "integer") {
                entries.insert("type".to_owned(), "number".into());
            }
            if let Some(Json::Array(options)) = entries.get("anyOf") {
                let mut options = options.iter().filter(|option| option["type"] != "null");
                if let (Some(Json::Object(only)), None) = (options.next().cloned(), options.next()) {
                    entries.remove("anyOf");
                    for (key, value) in only {
                        entries.entry(key).or_insert(value);
                    }
                }
            }
            if entries.get("default").is_some_and(Json::is_null) {
                entries.remove("default");
            }
            // The format of a number's type; not a property of that name.
            if entries.get("format").is_some_and(Json::is_string) {
                entries.remove("format");
            }
            entries.values_mut().for_each(simplify);
        }
        Json::Array(items) => items.iter_mut().for_each(simplify),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secret::Secret;

    #[derive(Debug, serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the schema is looked at")]
    struct Inner {
        egg: u32,
    }

    #[derive(Debug, serde::Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the schema is looked at")]
    struct Inputs {
        path: String,
        token: Option<Secret<String>>,
        inner: Option<Inner>,
    }

    #[test]
    fn the_schema_says_what_environments_can_check() {
        let schema = json_schema::<Inputs>();
        assert_eq!(schema["required"], json!(["path"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["token"]["type"], "string");
        assert_eq!(schema["properties"]["inner"]["properties"]["egg"]["type"], "number");
        assert!(Schema::parse(&Value::from(&schema)).is_ok());
    }

    #[test]
    fn a_secret_in_the_place_of_a_plain_text_is_an_error_that_does_not_show_it() {
        let inputs: Map = [("path".into(), Value::from("chirp").secret())].into_iter().collect();
        let error = read::<Inputs>("file", &inputs).unwrap_err().to_string();
        assert!(
            error.starts_with("the inputs of fn::open::file: `path`: ") && !error.contains("chirp"),
            "{error}"
        );
    }
}
