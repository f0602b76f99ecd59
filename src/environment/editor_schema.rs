//! The JSON Schema of environment documents, for editors.

use serde_json::{Map as JsonMap, Value as Json, json};

use super::Sources;

/// Returns the schema of documents that call these sources and configure these stacks, given by name and schema.
///
/// Wherever a value is expected, an interpolation or a call can stand.
pub fn editor_schema<'a>(sources: &Sources, stacks: impl IntoIterator<Item = (&'a str, &'a Json)>) -> Json {
    let stacks: JsonMap<String, Json> =
        stacks.into_iter().map(|(name, schema)| (name.to_owned(), open_to_calls(schema))).collect();
    let value = json!({ "$ref": "#/$defs/value" });
    let texts = json!({ "type": "object", "additionalProperties": value });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An environment of Eggtooth",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "description": { "type": "string" },
            "imports": {
                "type": "array",
                "description": "Environments that this one builds on; later ones win",
                "items": { "anyOf": [
                    { "type": "string" },
                    { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": {
                        "type": "object", "properties": { "merge": { "type": "boolean" } },
                    } },
                ] },
            },
            "values": {
                "type": ["object", "null"],
                "properties": {
                    "cluster": open_to_calls(&json!({
                        "type": "object",
                        "description": "The cluster that the environment is for",
                        "additionalProperties": false,
                        "properties": {
                            "context": { "type": "string", "description": "The context of the kubeconfig" },
                            "uid": { "type": "string", "description": "The UID of the namespace kube-system" },
                        },
                    })),
                    "stacks": { "type": "object", "description": "The stacks to bring up", "properties": stacks },
                    "environmentVariables": texts,
                    "files": texts,
                    "pulumiConfig": value,
                },
                "additionalProperties": value,
            },
        },
        "$defs": { "value": {
            "type": ["object", "array", "string", "number", "boolean", "null"],
            "properties": functions(sources),
            "additionalProperties": value,
            "items": value,
        } },
    })
}

fn functions(sources: &Sources) -> JsonMap<String, Json> {
    let value = json!({ "$ref": "#/$defs/value" });
    let pair = json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": value });
    let mut functions = JsonMap::new();
    for name in ["concat", "toJSON", "fromJSON", "toYAML", "toString", "toBase64", "fromBase64", "final"] {
        functions.insert(format!("fn::{name}"), value.clone());
    }
    for name in ["join", "split"] {
        functions.insert(format!("fn::{name}"), pair.clone());
    }
    let ciphertext = json!({ "type": "object", "required": ["ciphertext"], "properties": { "ciphertext": { "type": "string" } } });
    functions.insert("fn::secret".into(), json!({ "anyOf": [{ "type": "string" }, ciphertext] }));
    functions.insert("fn::validate".into(), json!({
        "type": "object", "required": ["schema", "value"], "properties": { "schema": true, "value": value },
    }));
    for (name, inputs) in sources.schemas() {
        functions.insert(format!("fn::open::{name}"), open_to_calls(&inputs));
    }
    functions
}

/// Lets an interpolation or a call stand in the place of each value that a schema describes.
fn open_to_calls(schema: &Json) -> Json {
    let Json::Object(rules) = schema else { return schema.clone() };
    let mut rules: JsonMap<String, Json> = rules
        .iter()
        .filter(|(key, _)| *key != "$schema")
        .map(|(key, rule)| (key.clone(), inside(key, rule)))
        .collect();
    let mut opened = JsonMap::new();
    for annotation in ["title", "description", "default"] {
        opened.extend(rules.remove_entry(annotation));
    }
    if rules.is_empty() {
        return Json::Object(opened);
    }
    let call = json!({
        "type": "object", "minProperties": 1, "maxProperties": 1,
        "patternProperties": { "^fn::": true }, "additionalProperties": false,
    });
    opened.insert("anyOf".into(), json!([rules, { "type": "string", "pattern": "\\$\\{" }, call]));
    Json::Object(opened)
}

fn inside(key: &str, rule: &Json) -> Json {
    match (key, rule) {
        ("properties" | "patternProperties" | "$defs", Json::Object(parts)) => parts
            .iter()
            .map(|(name, part)| (name.clone(), open_to_calls(part)))
            .collect::<JsonMap<_, _>>()
            .into(),
        ("items" | "additionalProperties", Json::Object(_)) => open_to_calls(rule),
        ("anyOf" | "oneOf" | "allOf" | "prefixItems", Json::Array(parts)) => {
            parts.iter().map(open_to_calls).collect()
        }
        _ => rule.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_fit_with_values_interpolations_and_calls_and_mistakes_do_not() {
        let stack = json!({ "type": "object", "required": ["token"], "additionalProperties": false,
            "properties": { "token": { "type": "string" }, "stores": { "type": "array", "items": { "type": "object",
                "additionalProperties": false, "properties": { "name": { "type": "string" } } } } } });
        let schema = editor_schema(&Sources::new(), [("nest", &stack)]);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let fits = |stack: Json| {
            validator.is_valid(&json!({ "imports": ["base"], "values": { "x": { "fn::join": [",", ["a"]] }, "stacks": { "nest": stack } } }))
        };
        assert!(fits(json!({ "token": "${a.b}", "stores": [{ "name": "x" }, "${c}"] })));
        assert!(fits(json!({ "token": { "fn::secret": "x" }, "stores": { "fn::concat": [] } })));
        assert!(fits(json!("${all}")));
        assert!(!fits(json!({ "tokn": "x" })));
        assert!(!fits(json!({ "token": 1 })));
        assert!(!fits(json!({ "token": "x", "stores": [{ "nme": "x" }] })));
        assert!(!validator.is_valid(&json!({ "value": {} })));
        assert!(!validator.is_valid(&json!({ "values": { "x": { "fn::join": [1] } } })));
    }
}
