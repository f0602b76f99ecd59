//! Custom resources against the schema of their definition, before anything is written.
//!
//! The structural part of OpenAPI v3 as the API server reads it; rules in CEL are left to the server. All problems
//! are found at once, each with the path that leads to it. No message holds a value.

use serde_json::{Map, Value as Json};

use super::Definition;
use crate::diagnostic::{Diagnostic, suggest};
use crate::resource::{GroupKind, Kind, ObjectName};

impl Kind for Definition {
    fn name(&self) -> &GroupKind {
        &self.kind
    }

    fn plural(&self) -> &str {
        &self.plural
    }

    fn check(&self, object: &Json) -> Vec<Diagnostic> {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let (kind, metadata) = (text(&object["kind"]), &object["metadata"]);
        let namespace = metadata["namespace"].as_str().map(str::to_owned);
        let title = format!("{kind} {}", ObjectName { namespace, name: text(&metadata["name"]) });
        let version = text(&object["apiVersion"]);
        let version = version.rsplit_once('/').map_or(&*version, |(_, version)| version);
        let Some(schema) = self.schema(version) else {
            let served: Vec<&str> = self.versions.iter().map(|version| version.name.as_str()).collect();
            let message = format!("{title}: {} is not served in version {version}", self.kind);
            return vec![
                Diagnostic::error(message).path("apiVersion").hint(format!("served: {}", served.join(", "))),
            ];
        };
        let mut check = Check { title, path: Vec::new(), found: Vec::new() };
        // The server checks these three itself, whatever the schema says of them.
        let fields = object.as_object().into_iter().flatten();
        let fields: Map<String, Json> = fields
            .filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "status"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        check.value(&Json::Object(fields), schema);
        check.found
    }
}

struct Check {
    title: String,
    path: Vec<String>,
    found: Vec<Diagnostic>,
}

impl Check {
    fn at(&mut self, step: String, check: impl FnOnce(&mut Self)) {
        self.path.push(step);
        check(self);
        self.path.pop();
    }

    fn problem(&mut self, message: impl std::fmt::Display) -> &mut Diagnostic {
        let path = join(&self.path);
        let message = if path.is_empty() {
            format!("{}: {message}", self.title)
        } else {
            format!("{}: {path}: {message}", self.title)
        };
        self.found.push(Diagnostic::error(message).path(path));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    fn value(&mut self, value: &Json, schema: &Json) {
        if value.is_null() {
            // The server drops nulls where none may be.
            return;
        }
        if !self.kind(value, schema) {
            return;
        }
        self.constraints(value, schema);
        match value {
            Json::Object(entries) => self.map(entries, schema),
            Json::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    if let Some(items) = schema.get("items") {
                        self.at(format!("[{index}]"), |this| this.value(value, items));
                    }
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }

    fn kind(&mut self, value: &Json, schema: &Json) -> bool {
        if schema["x-kubernetes-int-or-string"] == true {
            let fits = value.is_string() || is_integer(value);
            if !fits {
                self.problem(format!("must be an integer or a string, is {}", name(value)));
            }
            return fits;
        }
        let wanted = schema["type"].as_str().unwrap_or_default();
        let fits = match wanted {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => is_integer(value),
            "number" => value.is_number(),
            _ => true,
        };
        if !fits {
            self.problem(format!("must be of type {wanted}, is {}", name(value)));
        }
        fits
    }

    fn map(&mut self, entries: &Map<String, Json>, schema: &Json) {
        let properties = schema["properties"].as_object();
        let additional = schema.get("additionalProperties").filter(|additional| additional.is_object());
        let open = schema["x-kubernetes-preserve-unknown-fields"] == true
            || schema["additionalProperties"] == true
            || (properties.is_none() && additional.is_none() && schema["type"] != "object");
        for (key, value) in entries {
            let known = properties.and_then(|properties| properties.get(key)).or(additional);
            match known {
                Some(schema) => self.at(key.clone(), |this| this.value(value, schema)),
                None if open || (schema["x-kubernetes-embedded-resource"] == true && is_type_field(key)) => {}
                None => {
                    let names = properties.into_iter().flat_map(Map::keys).map(String::as_str);
                    let near = suggest(key, names).map(|near| format!("did you mean `{near}`?"));
                    self.problem(format!("unknown field `{key}`")).hint = near;
                }
            }
        }
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            let missing = entries.get(required).is_none_or(Json::is_null);
            let defaulted = properties
                .and_then(|properties| properties.get(required))
                .is_some_and(|property| property.get("default").is_some());
            if missing && !defaulted {
                self.problem(format!("`{required}` is missing"));
            }
        }
    }

    fn constraints(&mut self, value: &Json, schema: &Json) {
        for problem in violations(value, schema) {
            self.problem(problem);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if !matches(value, part) {
                self.problem("does not fit all of its rules");
            }
        }
        if let Some(parts) = schema["anyOf"].as_array()
            && !parts.iter().any(|part| matches(value, part))
        {
            self.problem(format!("fits none of its {} forms", parts.len()));
        }
        if let Some(parts) = schema["oneOf"].as_array() {
            let fitting = parts.iter().filter(|part| matches(value, part)).count();
            if fitting != 1 {
                self.problem(format!("must fit exactly one of its {} forms, fits {fitting}", parts.len()));
            }
        }
        if schema.get("not").is_some_and(|not| matches(value, not)) {
            self.problem("has a form that is excluded");
        }
    }
}

/// Says whether the value satisfies a rule of `allOf`, `anyOf`, `oneOf` or `not`, which never forbid fields.
fn matches(value: &Json, rule: &Json) -> bool {
    if !violations(value, rule).is_empty() {
        return false;
    }
    let typed = match rule["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => is_integer(value),
        Some("number") => value.is_number(),
        _ => true,
    };
    let parts = |key: &str| rule[key].as_array().into_iter().flatten();
    let required = parts("required")
        .filter_map(Json::as_str)
        .all(|key| !value.is_object() || value.get(key).is_some_and(|value| !value.is_null()));
    let properties = rule["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .all(|(key, rule)| value.get(key).is_none_or(|value| matches(value, rule)));
    let items = rule.get("items").is_none_or(|items| {
        value.as_array().is_none_or(|values| values.iter().all(|value| matches(value, items)))
    });
    typed
        && required
        && properties
        && items
        && parts("allOf").all(|part| matches(value, part))
        && (rule["anyOf"].is_null() || parts("anyOf").any(|part| matches(value, part)))
        && (rule["oneOf"].is_null() || parts("oneOf").filter(|part| matches(value, part)).count() == 1)
        && rule.get("not").is_none_or(|not| !matches(value, not))
}

/// Returns what of the value breaks a limit of the schema itself.
fn violations(value: &Json, schema: &Json) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let words: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        found.push(format!("must be one of {}", words.join(", ")));
    }
    let limit = |key: &str| schema[key].as_u64();
    let (size, unit, least, most) = match value {
        Json::String(text) => {
            if let Some(pattern) = schema["pattern"].as_str()
                && let Ok(regex) = regex::Regex::new(pattern)
                && !regex.is_match(text)
            {
                found.push(format!("must match {pattern}"));
            }
            (text.chars().count(), "characters", limit("minLength"), limit("maxLength"))
        }
        Json::Array(values) => (values.len(), "elements", limit("minItems"), limit("maxItems")),
        Json::Object(entries) => (entries.len(), "fields", limit("minProperties"), limit("maxProperties")),
        Json::Number(number) => {
            let number = number.as_f64().unwrap_or_default();
            if let Some(least) = schema["minimum"].as_f64()
                && (number < least || (schema["exclusiveMinimum"] == true && number <= least))
            {
                found.push(format!("must be at least {least}"));
            }
            if let Some(most) = schema["maximum"].as_f64()
                && (number > most || (schema["exclusiveMaximum"] == true && number >= most))
            {
                found.push(format!("must be at most {most}"));
            }
            return found;
        }
        Json::Null | Json::Bool(_) => return found,
    };
    if least.is_some_and(|least| (size as u64) < least) {
        found.push(format!("needs at least {} {unit}, has {size}", least.unwrap_or_default()));
    }
    if most.is_some_and(|most| size as u64 > most) {
        found.push(format!("may have at most {} {unit}, has {size}", most.unwrap_or_default()));
    }
    found
}

fn is_integer(value: &Json) -> bool {
    value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

fn is_type_field(key: &str) -> bool {
    matches!(key, "apiVersion" | "kind" | "metadata")
}

fn name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

fn join(path: &[String]) -> String {
    let mut joined = String::new();
    for step in path {
        if !joined.is_empty() && !step.starts_with('[') {
            joined.push('.');
        }
        joined.push_str(step);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::Manifest;
    use serde_json::json;

    fn definition() -> Definition {
        let manifest = Manifest::new(json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": "stores.example.org"},
            "spec": {"group": "example.org", "names": {"kind": "Store"}, "scope": "Cluster", "versions": [
                {"name": "v1alpha1", "served": false},
                {"name": "v1", "served": true, "schema": {"openAPIV3Schema": {"type": "object",
                    "required": ["spec"],
                    "properties": {"spec": {"type": "object", "required": ["provider"], "properties": {
                        "provider": {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": {
                            "one": {"type": "object", "properties": {"host": {"type": "string", "pattern": "^https?://"},
                                "port": {"x-kubernetes-int-or-string": true}}},
                            "free": {"x-kubernetes-preserve-unknown-fields": true},
                        }},
                        "retries": {"type": "integer", "minimum": 0, "maximum": 9},
                        "policy": {"type": "string", "enum": ["Always", "Never"]},
                        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                        "size": {"oneOf": [{"type": "string"}, {"type": "integer", "minimum": 10}]},
                    }}}}}},
            ]},
        }))
        .unwrap();
        Definition::read(&manifest).unwrap()
    }

    fn check(spec: Json) -> Vec<String> {
        let json =
            json!({"apiVersion": "example.org/v1", "kind": "Store", "metadata": {"name": "a"}, "spec": spec});
        definition().check(&json).into_iter().map(|found| found.message).collect()
    }

    #[test]
    fn a_good_object_has_no_problem() {
        let good = json!({"provider": {"one": {"host": "http://x", "port": 80}}, "retries": 3, "policy": "Never",
            "labels": {"any": "thing"}, "size": 12});
        assert_eq!(check(good), Vec::<String>::new());
        assert_eq!(check(json!({"provider": {"free": {"any": ["thing"]}}})), Vec::<String>::new());
    }

    #[test]
    fn all_problems_are_found_at_once_with_their_paths() {
        let bad = json!({"provider": {"one": {"host": "x", "prot": 1}, "free": {}}, "retries": 10, "policy": "always",
            "labels": {"a": 1}, "size": 5});
        assert_eq!(
            check(bad),
            [
                "Store a: spec.labels.a: must be of type string, is a number",
                "Store a: spec.policy: must be one of \"Always\", \"Never\"",
                "Store a: spec.provider: may have at most 1 fields, has 2",
                "Store a: spec.provider.one.host: must match ^https?://",
                "Store a: spec.provider.one: unknown field `prot`",
                "Store a: spec.retries: must be at most 9",
                "Store a: spec.size: must fit exactly one of its 2 forms, fits 0",
            ]
        );
        assert_eq!(check(json!({})), ["Store a: spec: `provider` is missing"]);
    }

    #[test]
    fn a_version_that_is_not_served_is_told_with_those_that_are() {
        let json = json!({"apiVersion": "example.org/v1alpha1", "kind": "Store", "metadata": {"name": "a"}});
        let found = definition().check(&json);
        assert_eq!(found[0].hint.as_deref(), Some("served: v1"));
    }
}
