//! `${…}`: from a path to the value that it leads to.

use std::{rc::Rc, sync::Arc};

use super::{Scope, scope::unknown};
use crate::diagnostic::{Diagnostic, distance};
use crate::environment::schema::Schema;
use crate::environment::term::{Content, Entries, Entry, Shared, Term};
use crate::esc::{Accessor, Call, Expression, Kind, Properties, Step, quote};

/// Where an access has come to without evaluating anything.
enum Receiver<'d> {
    Object(&'d Properties),
    Expression(&'d Expression),
}

impl<'d> Scope<'d, '_, '_> {
    /// Returns the value that a path leads to, as defined by the expression that holds the path.
    pub(crate) fn access(&mut self, at: &'d Expression, path: &'d [Accessor]) -> Shared {
        Rc::new(self.resolve(at, path).defined_at(&at.place))
    }

    fn resolve(&mut self, at: &'d Expression, path: &'d [Accessor]) -> Shared {
        match path[0].step.name() {
            Some("imports") => return self.walk(at, Rc::clone(&self.imports), &path[1..]),
            Some("context") => return self.walk(at, Rc::clone(&self.context), &path[1..]),
            Some("environments") => return self.environment(at, path),
            _ => {}
        }
        let mut receiver = Receiver::Object(&self.document.values);
        let mut base = self.base.clone();
        for (index, accessor) in path.iter().enumerate() {
            let properties = match receiver {
                Receiver::Object(properties)
                | Receiver::Expression(Expression { kind: Kind::Object(properties), .. }) => properties,
                Receiver::Expression(Expression { kind: Kind::List(items), .. }) => {
                    let Some(index) = self.index(at, accessor, Some(items.len())) else {
                        return unknown(&at.place);
                    };
                    (receiver, base) = (Receiver::Expression(&items[index]), None);
                    continue;
                }
                Receiver::Expression(other) if is_ciphertext(other) => {
                    self.error(&at.place, "internal error: no receiver");
                    return unknown(&at.place);
                }
                Receiver::Expression(other) => {
                    let term = self.evaluate(behind_secret(other), base.as_ref());
                    return self.walk(at, term, &path[index..]);
                }
            };
            let Some(key) = self.key(at, accessor) else { return unknown(&at.place) };
            let Some(property) = properties.entries.get(key) else {
                if let Some(base) = base.filter(|base| base.is_object()) {
                    return self.walk(at, base, &path[index..]);
                }
                let known = properties.entries.keys();
                self.unknown_property(at, accessor, key, known);
                return unknown(&at.place);
            };
            base = base.and_then(|base| base.property(key));
            receiver = Receiver::Expression(&property.value);
        }
        match receiver {
            Receiver::Expression(target) => self.evaluate(target, base.as_ref()),
            Receiver::Object(_) => unknown(&at.place),
        }
    }

    /// `environments.PROJECT.NAME…`: another environment's value, without importing it.
    fn environment(&mut self, at: &'d Expression, path: &'d [Accessor]) -> Shared {
        let [_, project, name, ..] = path else { return unknown(&at.place) };
        let (Some(project), Some(name)) = (self.key(at, project), self.key(at, name)) else {
            return unknown(&at.place);
        };
        match self.session.import(&format!("{project}/{name}").into(), &at.place) {
            Some(term) => self.walk(at, term, &path[3..]),
            None => unknown(&at.place),
        }
    }

    /// Follows a path through a value. In stricter mode a part of a secret is secret.
    fn walk(&mut self, at: &'d Expression, mut receiver: Shared, path: &'d [Accessor]) -> Shared {
        let mut secret = false;
        for (index, accessor) in path.iter().enumerate() {
            secret |= receiver.secret && self.session.options().stricter;
            if let Some(schema) = &receiver.unknown {
                let found = self.walk_schema(at, schema.clone(), &path[index..]);
                return Rc::new(Term::unknown(found, &at.place).with_secret(secret));
            }
            receiver = match &receiver.content {
                Content::List(items) => {
                    let Some(index) = self.index(at, accessor, Some(items.len())) else {
                        return unknown(&at.place);
                    };
                    Rc::clone(&items[index])
                }
                Content::Object(entries) => {
                    let Some(key) = self.key(at, accessor) else { return unknown(&at.place) };
                    let Some(entry) = entries.get(key) else {
                        if let Some(base) = receiver.base.as_ref().filter(|base| base.is_object()) {
                            let found = self.walk(at, Rc::clone(base), &path[index..]);
                            return if secret { hidden(&found) } else { found };
                        }
                        self.unknown_entry(at, accessor, key, entries, secret);
                        return unknown(&at.place);
                    };
                    Rc::clone(&entry.term)
                }
                Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => {
                    self.accessor_error(at, accessor, "receiver must be an array or an object");
                    return unknown(&at.place);
                }
            };
        }
        if secret { hidden(&receiver) } else { receiver }
    }

    /// Follows a path through what is known of an unknown value.
    fn walk_schema(&mut self, at: &'d Expression, mut schema: Schema, path: &'d [Accessor]) -> Schema {
        for accessor in path {
            if schema.is_always() {
                return schema;
            }
            if schema.is_kind("array") {
                let rules = schema.as_rules();
                let count = rules
                    .filter(|rules| rules.items.as_ref().is_some_and(Schema::is_never))
                    .map(|rules| rules.prefix_items.len());
                let Some(index) = self.index(at, accessor, count) else { return Schema::always() };
                schema = schema.item(index);
            } else if schema.is_kind("object") {
                let Some(key) = self.key(at, accessor) else { return Schema::always() };
                schema = schema.property(key);
            } else {
                self.accessor_error(at, accessor, "receiver must be an array or an object");
                return Schema::always();
            }
        }
        schema
    }

    fn index(&mut self, at: &Expression, accessor: &Accessor, count: Option<usize>) -> Option<usize> {
        let message = match (&accessor.step, count) {
            (Step::Name(_), _) => "cannot access an array element using a property name".to_owned(),
            (Step::Index(index), _) if *index < 0 => "array indices must not be negative".to_owned(),
            (Step::Index(index), count) => match usize::try_from(*index) {
                Ok(index) if count.is_none_or(|count| index < count) => return Some(index),
                _ => format!(
                    "array index {index} out-of-bounds for array of length {}",
                    count.unwrap_or_default()
                ),
            },
        };
        self.accessor_error(at, accessor, message);
        None
    }

    fn key(&mut self, at: &Expression, accessor: &'d Accessor) -> Option<&'d Arc<str>> {
        match &accessor.step {
            Step::Name(name) => Some(name),
            Step::Index(_) => {
                let message = "cannot access an object property using an integer index";
                self.accessor_error(at, accessor, message);
                None
            }
        }
    }

    /// In stricter mode the keys of a secret are not told.
    fn unknown_entry(
        &mut self,
        at: &Expression,
        accessor: &Accessor,
        key: &str,
        entries: &Entries,
        secret: bool,
    ) {
        let known = entries.iter().filter(|_| !secret).map(|(key, _): (_, &Entry)| key);
        self.unknown_property(at, accessor, key, known);
    }

    fn unknown_property<'k>(
        &mut self,
        at: &Expression,
        accessor: &Accessor,
        key: &str,
        known: impl Iterator<Item = &'k Arc<str>>,
    ) {
        let mut message = format!("unknown property {}", quote(key));
        if let Some(nearest) = nearest(key, known) {
            message = format!("{message}; did you mean {}?", quote(nearest));
        }
        self.accessor_error(at, accessor, message);
    }

    fn accessor_error(&mut self, at: &Expression, accessor: &Accessor, message: impl Into<String>) {
        let mut diagnostic: Diagnostic = at.place.error(message);
        diagnostic.span = accessor.span.or(diagnostic.span);
        self.session.diagnostics.push(diagnostic);
    }
}

/// A secret's text can be looked into like any text, which fails with the same words.
fn behind_secret(expression: &Expression) -> &Expression {
    match &expression.kind {
        Kind::Call(call) => match &**call {
            Call::Secret(text) => text,
            _ => expression,
        },
        _ => expression,
    }
}

/// A ciphertext can't be looked into; the words are Pulumi's.
fn is_ciphertext(expression: &Expression) -> bool {
    matches!(&expression.kind, Kind::Call(call) if matches!(**call, Call::Ciphertext(_)))
}

fn hidden(term: &Shared) -> Shared {
    if term.secret { Rc::clone(term) } else { Rc::new(Term::clone(term).with_secret(true)) }
}

/// Returns the key that was most likely meant: case and underscores do not count, and half of it may be wrong.
fn nearest<'k>(key: &str, known: impl Iterator<Item = &'k Arc<str>>) -> Option<&'k Arc<str>> {
    let fold = |text: &str| text.to_lowercase().replace('_', "");
    let wanted = fold(key);
    let limit = wanted.len().div_ceil(2);
    known
        .map(|candidate| (distance(&wanted, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance < limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
