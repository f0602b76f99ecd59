//! Values against what the schema asks of them, in the server's words.

use serde_json::Value as Json;

use super::{
    Schema,
    duplicates::check_duplicates,
    place::Place,
    rule::check_rules,
    rules::{Limit, Rules},
    shape::{Id, Scalar, Shape},
};
use crate::kubernetes::Cause;

impl Schema {
    /// Returns what is wrong with an object, worded as the server does.
    ///
    /// Of built-in kinds only what is missing is told, and words that are none of a field's; the server asks more.
    /// Rules that speak of `oldSelf` are checked against `live`, what is there.
    pub(in crate::rehearsal) fn validate(&self, live: Option<&Json>, object: &Json) -> Vec<Cause> {
        let mut result = Outcome::default();
        if self.native {
            for (key, value) in object
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(key, _)| !matches!(key.as_str(), "status" | "metadata"))
            {
                check_native(value, self.root().field(key), key, &mut result);
            }
        } else {
            check(object, self.root(), "", &mut result);
            check_duplicates(object, self.root(), "", &mut result.causes);
            self.check_written(live, object, &mut result.causes);
        }
        result.causes
    }
}

impl Schema {
    /// Rules that are written as expressions are only checked for objects that fit the schema otherwise.
    fn check_written(&self, live: Option<&Json>, object: &Json, found: &mut Vec<Cause>) {
        const BLOCKING: [&str; 5] = [
            "FieldValueNotSupported",
            "FieldValueRequired",
            "FieldValueTooLong",
            "FieldValueTooMany",
            "FieldValueTypeInvalid",
        ];
        const UNCHECKED: &str = "Invalid value: null: some validation rules were not checked because the object was \
                                 invalid; correct the existing errors to complete validation";
        if !self.has_rules() {
            return;
        }
        if found.iter().any(|cause| BLOCKING.contains(&cause.reason.as_str())) {
            let (reason, field) = ("FieldValueInvalid".into(), "<nil>".into());
            found.push(Cause { reason, message: UNCHECKED.into(), field });
        } else {
            check_rules(object, live, self.root(), "", found);
        }
    }
}

/// What a check found, and how much was in order: of several forms that do not fit, the one that fits best is told.
#[derive(Default)]
struct Outcome {
    causes: Vec<Cause>,
    fitting: usize,
}

impl Outcome {
    fn add(&mut self, reason: &str, path: &str, message: String) {
        self.causes.push(Cause { reason: reason.into(), message, field: path.into() });
    }

    fn invalid(&mut self, path: &str, value: &Json, problem: &str) {
        let problem = format!("Invalid value: {}: {path} in body {problem}", shown(value));
        self.add("FieldValueInvalid", path, problem);
    }

    /// A problem with several schemas at once, of which the server does not tell the field.
    fn whole(&mut self, path: &str, problem: &str) {
        self.add("FieldValueInvalid", "<nil>", format!("Invalid value: \"\": {path:?} {problem}"));
    }

    fn merge(&mut self, other: Self) {
        self.fitting += other.fitting;
        self.causes.extend(other.causes);
    }
}

fn check(value: &Json, place: Place<'_>, path: &str, result: &mut Outcome) {
    let Some(rules) = &place.node().rules else { return };
    if !fits_type(value, rules) {
        let name = type_name(value);
        let problem =
            format!("Invalid value: {name:?}: {path} in body must be of type {}: {name:?}", rules.kind);
        return result.add("FieldValueTypeInvalid", path, problem);
    }
    result.fitting += 1;
    if value.is_null() {
        return;
    }
    combinations(value, place, rules, path, result);
    let before = result.causes.len();
    match value {
        Json::String(text) => check_text(value, text, rules, path, result),
        Json::Number(number) => {
            check_number(value, number.as_f64().unwrap_or_default(), rules, path, result);
        }
        Json::Array(values) => {
            if let Shape::List { items, .. } = &place.node().shape {
                for (index, item) in values.iter().enumerate() {
                    check(item, place.at(*items), &format!("{path}[{index}]"), result);
                }
            }
            check_items(values, rules, path, result);
        }
        Json::Object(_) | Json::Bool(_) | Json::Null => {}
    }
    if let Some(allowed) = &rules.allowed {
        check_allowed(value, allowed, path, result);
    }
    if let Json::Object(entries) = value {
        let size = entries.len() as u64;
        if let Some(least) = rules.properties.least.filter(|least| size < *least) {
            result.invalid(path, &size.into(), &format!("should have at least {least} properties"));
        }
        if let Some(most) = rules.properties.most.filter(|most| size > *most) {
            let message = format!("Too many: {size}: must have at most {most} items");
            result.add("FieldValueTooMany", path, message);
        }
        for (key, value) in entries {
            if let Some(below) = place.map().and_then(|map| map.child(key)) {
                check(value, place.at(below), &join(path, key), result);
            }
        }
        for key in rules.required.iter().filter(|key| !entries.contains_key(&***key)) {
            result.add("FieldValueRequired", &join(path, key), "Required value".into());
        }
    }
    if result.causes.len() == before {
        result.fitting += 1;
    }
}

fn check_native(value: &Json, place: Place<'_>, path: &str, result: &mut Outcome) {
    let allowed = place.node().rules.as_ref().and_then(|rules| rules.allowed.as_ref());
    if let Some(allowed) = allowed.filter(|_| !value.is_null() && value != "") {
        check_allowed(value, allowed, path, result);
    }
    let place = place.resolved();
    match (&place.node().shape, value) {
        (Shape::Map(map), Json::Object(entries)) => {
            for (key, value) in entries {
                if let Some(id) = map.child(key) {
                    check_native(value, place.at(id), &join(path, key), result);
                }
            }
            for (key, field) in map.fields.iter().filter(|(_, field)| field.required) {
                let text = matches!(place.at(field.id).resolved().node().shape, Shape::Scalar(Scalar::Text));
                let missing = match entries.get(&**key) {
                    None => text,
                    Some(Json::String(text)) => text.is_empty(),
                    Some(Json::Null) => matches!(&**key, "containers" | "selector"),
                    Some(_) => false,
                };
                if missing {
                    result.add("FieldValueRequired", &join(path, key), "Required value".into());
                }
            }
        }
        (Shape::List { items, .. }, Json::Array(values)) => {
            for (index, value) in values.iter().enumerate() {
                check_native(value, place.at(*items), &format!("{path}[{index}]"), result);
            }
        }
        _ => {}
    }
}

fn check_allowed(value: &Json, allowed: &[Json], path: &str, result: &mut Outcome) {
    if allowed.contains(value) {
        return;
    }
    let words: Vec<String> = allowed.iter().map(quoted).collect();
    let message = format!("Unsupported value: {}: supported values: {}", shown(value), words.join(", "));
    result.add("FieldValueNotSupported", path, message);
}

fn combinations(value: &Json, place: Place<'_>, rules: &Rules, path: &str, result: &mut Outcome) {
    let outcome = |id: Id| {
        let mut outcome = Outcome::default();
        check(value, place.at(id), path, &mut outcome);
        outcome
    };
    let best = |outcomes: Vec<Outcome>| {
        let mut best: Option<Outcome> = None;
        for outcome in outcomes {
            if best.as_ref().is_none_or(|best| outcome.fitting > best.fitting) {
                best = Some(outcome);
            }
        }
        best
    };
    if !rules.any_of.is_empty() {
        let outcomes: Vec<Outcome> = rules.any_of.iter().map(|&id| outcome(id)).collect();
        if outcomes.iter().all(|outcome| !outcome.causes.is_empty()) {
            result.whole(path, "must validate at least one schema (anyOf)");
            result.merge(best(outcomes).unwrap_or_default());
        }
    }
    if !rules.one_of.is_empty() {
        let outcomes: Vec<Outcome> = rules.one_of.iter().map(|&id| outcome(id)).collect();
        match outcomes.iter().filter(|outcome| outcome.causes.is_empty()).count() {
            1 => {}
            0 => {
                result.whole(path, "must validate one and only one schema (oneOf). Found none valid");
                result.merge(best(outcomes).unwrap_or_default());
            }
            count => {
                let problem = format!(
                    "must validate one and only one schema (oneOf). Found {count} valid alternatives"
                );
                result.whole(path, &problem);
            }
        }
    }
    if !rules.all_of.is_empty() {
        let outcomes: Vec<Outcome> = rules.all_of.iter().map(|&id| outcome(id)).collect();
        let fitting = outcomes.iter().filter(|outcome| outcome.causes.is_empty()).count();
        let count = outcomes.len();
        for outcome in outcomes {
            result.merge(outcome);
        }
        if fitting < count {
            let none = if fitting == 0 { ". None validated" } else { "" };
            result.whole(path, &format!("must validate all the schemas (allOf){none}"));
        }
    }
    if let Some(not) = rules.not
        && outcome(not).causes.is_empty()
    {
        result.whole(path, "must not validate the schema (not)");
    }
}

fn check_text(value: &Json, text: &str, rules: &Rules, path: &str, result: &mut Outcome) {
    let length = text.chars().count() as u64;
    if let Some(most) = rules.length.most.filter(|most| length > *most) {
        let unit = if most == 1 { "byte" } else { "bytes" };
        result.add("FieldValueTooLong", path, format!("Too long: may not be more than {most} {unit}"));
    }
    if let Some(least) = rules.length.least.filter(|least| length < *least) {
        result.invalid(path, value, &format!("should be at least {least} chars long"));
    }
    if let Some(pattern) = rules.pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
        result.invalid(path, value, &format!("should match '{}'", pattern.text));
    }
    if !rules.format.is_empty() && !super::format::fits(&rules.format, text) {
        let problem =
            format!("Invalid value: {text:?}: {path} in body must be of type {}: {text:?}", rules.format);
        result.add("FieldValueTypeInvalid", path, problem);
    }
}

fn check_number(value: &Json, number: f64, rules: &Rules, path: &str, result: &mut Outcome) {
    if let Some(of) = rules.multiple_of.filter(|of| (number / of).fract() != 0.0) {
        result.invalid(path, value, &format!("should be a multiple of {of}"));
    }
    if let Some(Limit { value: most, exclusive }) = rules.maximum
        && (number > most || (exclusive && number >= most))
    {
        let or_equal = if exclusive { "" } else { " or equal to" };
        result.invalid(path, value, &format!("should be less than{or_equal} {most}"));
    }
    if let Some(Limit { value: least, exclusive }) = rules.minimum
        && (number < least || (exclusive && number <= least))
    {
        let or_equal = if exclusive { "" } else { " or equal to" };
        result.invalid(path, value, &format!("should be greater than{or_equal} {least}"));
    }
}

fn check_items(values: &[Json], rules: &Rules, path: &str, result: &mut Outcome) {
    let size = values.len() as u64;
    if let Some(least) = rules.items.least.filter(|least| size < *least) {
        let value = Json::from(size);
        result.invalid(path, &value, &format!("should have at least {least} items"));
    }
    if let Some(most) = rules.items.most.filter(|most| size > *most) {
        result.add("FieldValueTooMany", path, format!("Too many: {size}: must have at most {most} items"));
    }
    if rules.unique && values.iter().enumerate().any(|(index, value)| values[..index].contains(value)) {
        result.invalid(path, &Json::Null, "shouldn't contain duplicates");
    }
}

fn fits_type(value: &Json, rules: &Rules) -> bool {
    match value {
        Json::Null => rules.nullable || rules.kind.is_empty(),
        Json::Bool(_) => matches!(rules.kind, "" | "boolean"),
        Json::String(_) => matches!(rules.kind, "" | "string" | "integer,string"),
        Json::Array(_) => matches!(rules.kind, "" | "array"),
        Json::Object(_) => matches!(rules.kind, "" | "object"),
        Json::Number(number) => match rules.kind {
            "" | "number" => true,
            "integer" | "integer,string" => {
                !number.is_f64() || number.as_f64().is_some_and(|number| number.fract() == 0.0)
            }
            _ => false,
        },
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

/// Returns a value as the server shows it in an error.
fn shown(value: &Json) -> String {
    match value {
        Json::Null => "\"\"".into(),
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
            value.to_string()
        }
    }
}

fn quoted(value: &Json) -> String {
    match value {
        Json::String(text) => format!("{text:?}"),
        other => format!("{:?}", other.to_string()),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
