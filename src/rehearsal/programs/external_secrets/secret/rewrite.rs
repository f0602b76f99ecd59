//! Rewriting of keys: `dataFrom[].rewrite`.

use std::rc::Rc;

use regex::bytes::Regex;
use serde_json::{Map as JsonMap, Value as Json};

use super::keys::Data;
use super::template_functions;
use crate::clock::Clock;
use crate::gotemplate::{Map, MissingKey, Set, Value};
use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    json_text,
    resource::{MergeRewrite, Rewrite},
};

/// Applies the steps in their order.
pub(super) fn rewrite(steps: &[Rewrite], data: Data, clock: &Clock) -> Result<Data, Failure> {
    let mut data = data;
    for (index, step) in steps.iter().enumerate() {
        let done = match (&step.merge, &step.regexp, &step.transform) {
            (Some(merge), _, _) => merged(merge, &data),
            (None, Some(regexp), _) => renamed(&regexp.source, &regexp.target, &data),
            (None, None, Some(transform)) => transformed(&transform.template, &data, clock),
            (None, None, None) => Ok(data),
        };
        data = done.map_err(|failure| failure.within(format!("failed rewrite operation[{index}]")))?;
    }
    Ok(data)
}

fn renamed(source: &str, target: &str, data: &Data) -> Result<Data, Failure> {
    let regex = Regex::new(source)
        .map_err(|error| Failure::said(format!("regexp failed with failed to compile: {error}")))?;
    let renamed = data.iter().map(|(key, value)| {
        let key = regex.replace_all(key.as_bytes(), target.as_bytes());
        (String::from_utf8_lossy(&key).into_owned(), value.clone())
    });
    Ok(renamed.collect())
}

fn transformed(template: &str, data: &Data, clock: &Clock) -> Result<Data, Failure> {
    let mut set = Set::new("transform", Rc::new(template_functions::table(clock)), MissingKey::Invalid);
    set.parse("transform", template)
        .map_err(|error| Failure::said(format!("transform failed with failed to parse template: {error}")))?;
    let set = Rc::new(set);
    let mut transformed = Data::new();
    for (key, value) in data {
        let dot = Value::Map(Map::strings([("value", key.as_str())]));
        let name = set.execute("transform", dot).map_err(|error| {
            Failure::said(format!(
                "transform failed with failed to execute template for key {key:?}: {error}"
            ))
        })?;
        transformed.insert(String::from_utf8_lossy(&name).into_owned(), value.clone());
    }
    Ok(transformed)
}

/// Takes the values as JSON objects and makes one of them, or its entries the keys.
fn merged(step: &MergeRewrite, data: &Data) -> Result<Data, Failure> {
    let (together, conflicts) = merge(step, data)?;
    if step.conflict_policy != "Ignore" && !conflicts.is_empty() {
        return Err(Failure::said(format!("merge failed with conflicts: {}", conflicts.join(", "))));
    }
    if step.strategy == "JSON" {
        if step.into.is_empty() {
            return Err(Failure::said("merge failed with missing 'into' field"));
        }
        let mut all = data.clone();
        all.insert(step.into.clone(), json_text::compact(&Json::Object(together)).into_bytes());
        return Ok(all);
    }
    Ok(together.iter().map(|(key, value)| (key.clone(), json_text::bytes_of(value))).collect())
}

/// Later keys win; those with a priority come last, in their order.
fn merge(step: &MergeRewrite, data: &Data) -> Result<(JsonMap<String, Json>, Vec<String>), Failure> {
    let without = data.keys().filter(|key| !step.priority.contains(key));
    let mut together = JsonMap::new();
    let mut conflicts = Vec::new();
    for key in without.chain(&step.priority) {
        let Some(value) = data.get(key) else {
            if step.priority_policy == "IgnoreNotFound" {
                continue;
            }
            return Err(Failure::said(format!("merge failed with key {key:?} not found in input map")));
        };
        let object: JsonMap<String, Json> = serde_json::from_slice(value).map_err(|_| {
            // serde's words quote what it found, which may be secret.
            Failure::said(format!("merge failed with failed to unmarshal JSON: {key:?} holds no object"))
        })?;
        for (name, value) in object {
            if together.insert(name.clone(), value).is_some() {
                conflicts.push(name);
            }
        }
    }
    Ok((together, conflicts))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn data(entries: &[(&str, &str)]) -> Data {
        entries.iter().map(|&(key, value)| (key.to_owned(), value.as_bytes().to_vec())).collect()
    }

    fn run(steps: serde_json::Value, input: &[(&str, &str)]) -> Result<Data, String> {
        let steps: Vec<Rewrite> = serde_json::from_value(steps).unwrap();
        rewrite(&steps, data(input), &Clock::system()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_regexp_renames_with_its_groups() {
        let steps = json!([{ "regexp": { "source": "^db-(.*)$", "target": "${1}_of_db" } }]);
        assert_eq!(run(steps, &[("db-user", "u"), ("x", "y")]), Ok(data(&[("user_of_db", "u"), ("x", "y")])));
    }

    #[test]
    fn a_template_renames_with_the_functions_of_templates() {
        let steps = json!([{ "transform": { "template": "{{ .value | upper | replace \"-\" \"_\" }}" } }]);
        assert_eq!(run(steps, &[("db-user", "u")]), Ok(data(&[("DB_USER", "u")])));
    }

    #[test]
    fn merging_extracts_objects_and_refuses_conflicts_unless_told_otherwise() {
        let input = [("a", r#"{"x":1,"y":"s"}"#), ("b", r#"{"x":2}"#)];
        let failed = run(json!([{ "merge": {} }]), &input).unwrap_err();
        assert_eq!(failed, "failed rewrite operation[0]: merge failed with conflicts: x");
        let ignore = json!([{ "merge": { "conflictPolicy": "Ignore" } }]);
        assert_eq!(run(ignore, &input), Ok(data(&[("x", "2"), ("y", "s")])));
        let first = json!([{ "merge": { "conflictPolicy": "Ignore", "priority": ["a"] } }]);
        assert_eq!(run(first, &input), Ok(data(&[("x", "1"), ("y", "s")])));
    }

    #[test]
    fn merging_into_json_keeps_the_other_keys() {
        let steps = json!([{ "merge": { "strategy": "JSON", "into": "all" } }]);
        let found = run(steps, &[("a", r#"{"x":"<&>"}"#)]).unwrap();
        assert_eq!(found["all"], br#"{"x":"<&>"}"#);
        assert!(found.contains_key("a"));
    }
}
