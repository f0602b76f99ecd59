//! Checking a value against a schema, in the words of Pulumi's evaluator.

use std::{cmp::Ordering, rc::Rc, sync::Arc};

use super::{Rules, Schema};
use crate::diagnostic::{Diagnostic, suggest};
use crate::environment::json;
use crate::environment::term::{Content, Entry, Shared, Term};
use crate::esc::{Place, join, quote};
use crate::resource::{Number, Value};

/// Collects what does not fit.
#[derive(Default)]
pub(crate) struct Validator {
    pub(crate) diagnostics: Vec<Diagnostic>,
    depth: usize,
    /// Whether a property that a closed object does not know is told; Pulumi's evaluator keeps silent.
    tells_unknown: bool,
}

/// References of schemas may lead this deep; a schema that refers to itself alone ends here.
const DEEPEST: usize = 128;

impl Validator {
    /// Returns a validator; if `tells_unknown`, what a closed object does not know is a fault with a text.
    pub(crate) fn new(tells_unknown: bool) -> Self {
        Self { tells_unknown, ..Self::default() }
    }

    /// Says whether the value fulfils the schema. Each fault is at the expression that defines the faulty part.
    pub(crate) fn check(&mut self, term: &Shared, schema: &Schema) -> bool {
        let Some(rules) = schema.as_rules() else { return schema.is_always() };
        if let Some(known) = &term.unknown {
            return self.check_shape(known, schema, &Location::of(term));
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            self.depth -= 1;
            return self.fail(term, "the schema refers to itself without end");
        }
        let reference = schema.target().is_none_or(|target| self.check(term, &target));
        let any = self.check_any(term, schema, rules);
        let one = self.check_one(term, schema, rules);
        let constant = self.check_constants(term, rules);
        let kind = self.check_kind(term, schema, rules);
        self.depth -= 1;
        reference && any && one && constant && kind
    }

    fn check_any(&mut self, term: &Shared, schema: &Schema, rules: &Rules) -> bool {
        if rules.any_of.is_empty() {
            return true;
        }
        let mut faults = Vec::new();
        let mut matched = false;
        for option in &rules.any_of {
            let mut validator = self.inner();
            matched |= validator.check(term, &schema.part(option));
            faults.append(&mut validator.diagnostics);
        }
        if !matched {
            self.diagnostics.append(&mut faults);
            self.fail(term, "at least one subschema must match");
        }
        matched
    }

    fn check_one(&mut self, term: &Shared, schema: &Schema, rules: &Rules) -> bool {
        if rules.one_of.is_empty() {
            return true;
        }
        let mut faults = Vec::new();
        let mut matched = false;
        for option in &rules.one_of {
            let mut validator = self.inner();
            if validator.check(term, &schema.part(option)) {
                if matched {
                    return self.fail(term, "exactly one subschema may match");
                }
                matched = true;
            }
            faults.append(&mut validator.diagnostics);
        }
        if !matched {
            self.diagnostics.append(&mut faults);
            self.fail(term, "exactly one subschema must match");
        }
        matched
    }

    fn inner(&self) -> Self {
        Self { diagnostics: Vec::new(), depth: self.depth, tells_unknown: self.tells_unknown }
    }

    fn check_constants(&mut self, term: &Shared, rules: &Rules) -> bool {
        let constant = rules.constant.as_ref().is_none_or(|constant| {
            equals(term, constant) || self.fail(term, format!("expected {}", shown(constant)))
        });
        let options = &rules.enumeration;
        let enumeration = options.is_empty()
            || options.iter().any(|option| equals(term, option))
            || match options.as_slice() {
                [option] => self.fail(term, format!("expected {}", shown(option))),
                _ => self
                    .fail(term, format!("expected one of {}", shown(&Value::list(options.iter().cloned())))),
            };
        constant && enumeration
    }

    fn check_kind(&mut self, term: &Shared, schema: &Schema, rules: &Rules) -> bool {
        let actual = kind_of(&term.content);
        if let Some(expected) = rules.kind.as_deref()
            && expected != actual
        {
            return self.fail(term, format!("expected {expected}, got {actual}"));
        }
        match &term.content {
            Content::Null | Content::Bool(_) => true,
            Content::Number(number) => self.check_number(term, number, rules),
            Content::Text(text) => self.check_text(term, text, rules),
            Content::List(items) => self.check_list(term, items, schema, rules),
            Content::Object(_) => self.check_object(term, schema, rules),
        }
    }

    fn check_number(&mut self, term: &Term, number: &Number, rules: &Rules) -> bool {
        let faults = self.diagnostics.len();
        if let Some(fault) = super::decimal::fault(number) {
            let number = quote(number.as_str());
            return self.fail(term, format!("internal error: invalid number {number} ({fault})"));
        }
        let compare = |limit: &Option<Number>| {
            limit.as_ref().and_then(|limit| Some((super::decimal::compare(number, limit)?, limit.clone())))
        };
        if let Some(factor) = &rules.multiple_of
            && !super::decimal::is_multiple(number, factor)
        {
            self.fail(term, format!("expected a multiple of {}", factor.as_str()));
        }
        if let Some((Ordering::Less, limit)) = compare(&rules.minimum) {
            self.fail(term, format!("expected a number greater than or equal to {}", limit.as_str()));
        }
        if let Some((Ordering::Less | Ordering::Equal, limit)) = compare(&rules.exclusive_minimum) {
            self.fail(term, format!("expected a number greater than {}", limit.as_str()));
        }
        if let Some((Ordering::Greater, limit)) = compare(&rules.maximum) {
            self.fail(term, format!("expected a number less than or equal to{}", limit.as_str()));
        }
        if let Some((Ordering::Greater | Ordering::Equal, limit)) = compare(&rules.exclusive_maximum) {
            self.fail(term, format!("expected a number less than {}", limit.as_str()));
        }
        faults == self.diagnostics.len()
    }

    fn check_text(&mut self, term: &Term, text: &[u8], rules: &Rules) -> bool {
        let faults = self.diagnostics.len();
        self.at_least(term, text.len(), rules.min_length, "expected a string of at least length {}");
        self.at_most(term, text.len(), rules.max_length, "expected a string of at most length {}");
        if let Some(pattern) = &rules.pattern
            && !pattern.is_match(text)
        {
            self.fail(term, format!("string must match the pattern {}", quote(pattern.as_str())));
        }
        faults == self.diagnostics.len()
    }

    fn check_list(&mut self, term: &Term, items: &Rc<[Shared]>, schema: &Schema, rules: &Rules) -> bool {
        let faults = self.diagnostics.len();
        self.at_least(term, items.len(), rules.min_items, "expected an array with at least {} items");
        self.at_most(term, items.len(), rules.max_items, "expected an array with at most {} items");
        let mut fits = true;
        for (index, item) in items.iter().enumerate() {
            if let Some(rule) = rules.prefix_items.get(index).or(rules.items.as_ref()) {
                fits &= self.check(item, &schema.part(rule));
            }
        }
        fits && faults == self.diagnostics.len()
    }

    fn check_object(&mut self, term: &Term, schema: &Schema, rules: &Rules) -> bool {
        let faults = self.diagnostics.len();
        let properties = term.properties();
        let count = properties.len();
        self.at_least(term, count, rules.min_properties, "expected an object with at least {} properties");
        self.at_most(term, count, rules.max_properties, "expected an object with at most {} properties");
        let mut fits = true;
        for (key, entry) in &properties {
            match rules.properties.get(key).or(rules.additional.as_ref()) {
                Some(rule) if rule.is_never() && self.tells_unknown => {
                    fits = self.tell_unknown(key, entry, rules);
                }
                Some(rule) => fits &= self.check(&entry.term, &schema.part(rule)),
                None => {}
            }
        }
        let dependent = rules.dependent_required.iter();
        let dependent =
            dependent.filter(|(key, _)| properties.contains_key(*key)).flat_map(|(_, names)| names);
        let missing = rules.required.iter().chain(dependent).filter(|name| !properties.contains_key(*name));
        let missing: Vec<&str> = missing.map(|name| &**name).collect();
        if !missing.is_empty() {
            self.fail(term, format!("missing required properties: {}", missing.join(", ")));
        }
        fits && faults == self.diagnostics.len()
    }

    fn tell_unknown(&mut self, key: &str, entry: &Entry, rules: &Rules) -> bool {
        let place = entry.key.as_ref().unwrap_or(&entry.term.place);
        let mut diagnostic = place.error(format!("unknown property {}", quote(key)));
        let known = || rules.properties.keys().map(|key| &**key);
        if let Some(nearest) = suggest(key, known()) {
            diagnostic = diagnostic.hint(format!("did you mean `{nearest}`?"));
        } else if !rules.properties.is_empty() {
            diagnostic = diagnostic.hint(format!("there are {}", known().collect::<Vec<_>>().join(", ")));
        }
        self.diagnostics.push(diagnostic);
        false
    }

    fn at_least(&mut self, term: &Term, count: usize, limit: Option<u64>, message: &str) {
        if let Some(limit) = limit.filter(|limit| (count as u64) < *limit) {
            self.fail(term, message.replace("{}", &limit.to_string()));
        }
    }

    fn at_most(&mut self, term: &Term, count: usize, limit: Option<u64>, message: &str) {
        if let Some(limit) = limit.filter(|limit| (count as u64) > *limit) {
            self.fail(term, message.replace("{}", &limit.to_string()));
        }
    }

    fn fail(&mut self, term: &Term, message: impl Into<String>) -> bool {
        self.diagnostics.push(term.place.error(message));
        false
    }

    /// Says whether values of the shape `known` can fulfil `schema`.
    fn check_shape(&mut self, known: &Schema, schema: &Schema, location: &Location) -> bool {
        let Some(wanted) = schema.as_rules() else { return schema.is_always() };
        let Some(given) = known.as_rules() else { return known.is_always() };
        self.depth += 1;
        if self.depth > DEEPEST {
            self.depth -= 1;
            return true;
        }
        let mut fits = schema.target().is_none_or(|target| self.check_shape(known, &target, location));
        fits &= known.target().is_none_or(|target| self.check_shape(&target, schema, location));
        for given in [&given.any_of, &given.one_of] {
            let pairs = given.iter().map(|given| (known.part(given), schema.clone()));
            fits &= self.check_shapes(pairs.collect(), location);
        }
        if let (Some(actual), Some(expected)) = (given.kind.as_deref(), wanted.kind.as_deref())
            && actual != expected
        {
            fits = location.fail(&mut self.diagnostics, &format!("expected {expected}, got {actual}"));
        }
        for wanted in [&wanted.any_of, &wanted.one_of] {
            let pairs = wanted.iter().map(|wanted| (known.clone(), schema.part(wanted)));
            fits &= self.check_shapes(pairs.collect(), location);
        }
        fits &= match given.kind.as_deref() {
            Some("array") => self.check_array_shape(known, schema, location),
            Some("object") => self.check_object_shape(known, schema, location),
            _ => true,
        };
        self.depth -= 1;
        fits
    }

    fn check_shapes(&mut self, pairs: Vec<(Schema, Schema)>, location: &Location) -> bool {
        if pairs.is_empty() {
            return true;
        }
        let mut faults = Vec::new();
        let mut matched = false;
        for (known, schema) in pairs {
            let mut validator = self.inner();
            matched |= validator.check_shape(&known, &schema, location);
            faults.append(&mut validator.diagnostics);
        }
        if !matched {
            self.diagnostics.append(&mut faults);
            location.fail(&mut self.diagnostics, "at least one subschema must match");
        }
        matched
    }

    fn check_array_shape(&mut self, known: &Schema, schema: &Schema, location: &Location) -> bool {
        let (Some(given), Some(wanted)) = (known.as_rules(), schema.as_rules()) else { return true };
        let mut fits = true;
        let count = given.prefix_items.len().max(wanted.prefix_items.len());
        for index in 0..count {
            let item = given.prefix_items.get(index).or(given.items.as_ref());
            let rule = wanted.prefix_items.get(index).or(wanted.items.as_ref());
            if let (Some(item), Some(rule)) = (item, rule) {
                fits &= self.check_shape(&known.part(item), &schema.part(rule), &location.index(index));
            }
        }
        if let (Some(items), Some(rule)) = (&given.items, &wanted.items)
            && !items.is_never()
        {
            fits &= self.check_shape(&known.part(items), &schema.part(rule), location);
        }
        fits
    }

    fn check_object_shape(&mut self, known: &Schema, schema: &Schema, location: &Location) -> bool {
        let (Some(given), Some(wanted)) = (known.as_rules(), schema.as_rules()) else { return true };
        let mut fits = true;
        for (key, property) in &given.properties {
            if let Some(rule) = wanted.properties.get(key).or(wanted.additional.as_ref()) {
                fits &= self.check_shape(&known.part(property), &schema.part(rule), &location.property(key));
            }
        }
        match &given.additional {
            None => {
                let dependent = wanted.dependent_required.iter();
                let dependent =
                    dependent.filter(|(key, _)| given.required.contains(key)).flat_map(|(_, names)| names);
                for name in wanted.required.iter().chain(dependent) {
                    if !given.required.contains(name) {
                        fits =
                            location.property(name).fail(&mut self.diagnostics, "missing required property");
                    }
                }
            }
            Some(additional) if !additional.is_never() => {
                if let Some(rule) = &wanted.additional {
                    fits &= self.check_shape(&known.part(additional), &schema.part(rule), location);
                }
            }
            Some(_) => {}
        }
        fits
    }
}

/// A part of a value that no literal spells out: its expression, and the path from there.
struct Location {
    place: Arc<Place>,
    path: String,
}

impl Location {
    fn of(term: &Term) -> Self {
        Self { place: Arc::clone(&term.place), path: String::new() }
    }

    fn index(&self, index: usize) -> Self {
        Self { place: Arc::clone(&self.place), path: format!("{}[{index}]", self.path) }
    }

    fn property(&self, key: &str) -> Self {
        Self { place: Arc::clone(&self.place), path: join(&self.path, key) }
    }

    fn fail(&self, diagnostics: &mut Vec<Diagnostic>, message: &str) -> bool {
        let message =
            if self.path.is_empty() { message.to_owned() } else { format!("{}: {message}", self.path) };
        diagnostics.push(self.place.error(message));
        false
    }
}

fn kind_of(content: &Content) -> &'static str {
    match content {
        Content::Null => "null",
        Content::Bool(_) => "boolean",
        Content::Number(_) => "number",
        Content::Text(_) => "string",
        Content::List(_) => "array",
        Content::Object(_) => "object",
    }
}

/// Numbers are equal only if they are spelled alike; inherited entries do not count.
fn equals(term: &Term, constant: &Value) -> bool {
    match (&term.content, constant) {
        (Content::Null, Value::Null) => true,
        (Content::Bool(own), Value::Bool(other)) => own == other,
        (Content::Number(own), Value::Number(other)) => own == other,
        (Content::Text(own), Value::String(other)) => **own == *other.as_bytes(),
        (Content::List(own), Value::List(others)) => {
            own.len() == others.len() && own.iter().zip(others.iter()).all(|(own, other)| equals(own, other))
        }
        (Content::Object(own), Value::Map(others)) => {
            own.len() == others.len()
                && others
                    .iter()
                    .all(|(key, other)| own.get(key).is_some_and(|entry| equals(&entry.term, other)))
        }
        _ => false,
    }
}

fn shown(value: &Value) -> String {
    json::write(value).unwrap_or_else(|error| format!("<error formatting constant: {error}>"))
}
