//! Rules that a definition's schema writes down as expressions.

use serde_json::{Map, Value as Json};

use super::{Schema, cel::Expression, place::Place, shape::Shape};
use crate::kubernetes::Cause;

/// One of `x-kubernetes-validations`.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    text: Box<str>,
    /// Nothing for what is not understood here; such a rule is not checked.
    holds: Option<Expression>,
    message: Box<str>,
    says: Option<Expression>,
    /// Whether it compares with what was there before.
    transition: bool,
    reason: Box<str>,
    field: Box<str>,
}

impl Rule {
    /// Reads the rules of a schema.
    pub(super) fn read(schema: &Map<String, Json>) -> Box<[Self]> {
        let rules = schema.get("x-kubernetes-validations").and_then(Json::as_array);
        let text = |rule: &Json, key: &str| rule[key].as_str().unwrap_or_default().trim().to_owned();
        rules
            .into_iter()
            .flatten()
            .map(|rule| Self {
                holds: Expression::parse(&text(rule, "rule")),
                says: rule["messageExpression"].as_str().and_then(Expression::parse),
                transition: text(rule, "rule").contains("oldSelf"),
                text: text(rule, "rule").into(),
                message: text(rule, "message").into(),
                reason: text(rule, "reason").into(),
                field: text(rule, "fieldPath").into(),
            })
            .collect()
    }

    /// A rule that speaks of what was there holds where nothing was.
    fn check(&self, value: &Json, old: Option<&Json>, path: &str, object: bool) -> Option<Cause> {
        if self.transition && old.is_none() {
            return None;
        }
        let shown = if object { String::new() } else { format!("{value}: ") };
        let cause = |reason: &str, message: String| {
            let field = format!("{path}{}", self.field);
            Some(Cause { reason: reason.into(), message, field: field.trim_start_matches('.').into() })
        };
        match self.holds.as_ref()?.holds(value, old) {
            Ok(true) => None,
            Ok(false) => {
                let said = self.says.as_ref().and_then(|says| says.text(value, old));
                let detail = said.unwrap_or_else(|| match &*self.message {
                    "" => format!("failed rule: {}", self.text),
                    message => message.to_owned(),
                });
                match &*self.reason {
                    "FieldValueForbidden" => cause(&self.reason, format!("Forbidden: {detail}")),
                    "FieldValueRequired" => cause(&self.reason, format!("Required value: {detail}")),
                    "FieldValueDuplicate" => cause(&self.reason, format!("Duplicate value: {value}")),
                    _ => cause("FieldValueInvalid", format!("Invalid value: {shown}{detail}")),
                }
            }
            Err(problem) => {
                let kind = type_name(value);
                let message = format!("Invalid value: {kind:?}: {problem} evaluating rule: {}", self.shown());
                Some(Cause { reason: "FieldValueInvalid".into(), message, field: path.into() })
            }
        }
    }

    fn shown(&self) -> &str {
        if self.message.is_empty() { &self.text } else { &self.message }
    }
}

impl Schema {
    /// Says whether the schema has rules of its own.
    pub(super) fn has_rules(&self) -> bool {
        self.nodes.iter().any(|node| node.rules.as_ref().is_some_and(|rules| !rules.written.is_empty()))
    }
}

/// Checks the rules of a value and of all below it.
///
/// What was there before is known below maps; elements of lists are not told apart here.
pub(super) fn check_rules(
    value: &Json,
    old: Option<&Json>,
    place: Place<'_>,
    path: &str,
    found: &mut Vec<Cause>,
) {
    if value.is_null() {
        return;
    }
    let node = place.node();
    let object = matches!(value, Json::Object(_) | Json::Array(_));
    for rule in node.rules.iter().flat_map(|rules| &rules.written) {
        found.extend(rule.check(value, old, path, object));
    }
    match (&node.shape, value) {
        (Shape::Map(map), Json::Object(entries)) => {
            for (key, value) in entries {
                let Some(id) = map.child(key) else { continue };
                let path = match map.fields.contains_key(&**key) {
                    true if path.is_empty() => key.clone(),
                    true => format!("{path}.{key}"),
                    false => format!("{path}[{key}]"),
                };
                let old = old.and_then(|old| old.get(key)).filter(|old| !old.is_null());
                check_rules(value, old, place.at(id), &path, found);
            }
        }
        (Shape::List { items, .. }, Json::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                check_rules(value, None, place.at(*items), &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}
