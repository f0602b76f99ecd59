//! What differs between two objects, as fields.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::fields::{elements, entries, is_empty_map};
use crate::kubernetes::{FieldSet, Step};
use crate::rehearsal::schema::{Place, Structure};

/// The fields in which an object differs from what it was.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) removed: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) added: FieldSet,
}

impl Comparison {
    /// Compares two values at a place.
    pub(super) fn of(old: &Json, new: &Json, place: Place<'_>) -> Self {
        let mut found = Self::default();
        compare(Some(old), Some(new), place, &mut found);
        found
    }

    /// Leaves out fields and what is below them.
    pub(super) fn without(self, fields: &FieldSet) -> Self {
        if fields.is_empty() {
            return self;
        }
        Self {
            removed: self.removed.without(fields),
            modified: self.modified.without(fields),
            added: self.added.without(fields),
        }
    }

    /// Returns the fields that have a new value.
    pub(super) fn written(&self) -> FieldSet {
        self.modified.clone().union(self.added.clone())
    }

    fn insert(&mut self, step: &Step, below: Self) {
        self.removed.insert(step.clone(), below.removed);
        self.modified.insert(step.clone(), below.modified);
        self.added.insert(step.clone(), below.added);
    }

    /// Notes the field that is compared itself.
    fn note(&mut self, old: Option<&Json>, new: Option<&Json>) {
        match (old, new) {
            (None, _) => self.added.set_member(),
            (_, None) => self.removed.set_member(),
            (Some(old), Some(new)) if old != new => self.modified.set_member(),
            (Some(_), Some(_)) => {}
        }
    }
}

fn compare(old: Option<&Json>, new: Option<&Json>, place: Place<'_>, found: &mut Comparison) {
    let structure = |value: Option<&Json>| value.map(|value| place.structure(value));
    match (structure(old), structure(new)) {
        (Some(Structure::Leaf), Some(Structure::Leaf) | None) | (None, Some(Structure::Leaf)) => {
            found.note(old, new);
        }
        // The kind of value changed where anything may be: what was below is gone, or new.
        (Some(Structure::Leaf), _) => {
            compare_below(None, new, place, found);
            found.note(old, new);
        }
        (_, Some(Structure::Leaf)) => {
            compare_below(old, None, place, found);
            found.note(old, new);
        }
        (Some(_), Some(_)) if is_empty(old) && is_empty(new) => found.note(old, new),
        (Some(_), Some(_)) => compare_below(old, new, place, found),
        (Some(_), None) | (None, Some(_)) => {
            compare_below(old, new, place, found);
            found.note(old, new);
        }
        (None, None) => {}
    }
}

fn compare_below(old: Option<&Json>, new: Option<&Json>, place: Place<'_>, found: &mut Comparison) {
    let known = new.filter(|new| !new.is_null()).or(old).unwrap_or(&Json::Null);
    match place.structure(known) {
        Structure::Leaf => {}
        Structure::Map(map) => {
            let (before, after) = (old.and_then(Json::as_object), new.and_then(Json::as_object));
            for (key, value) in new.into_iter().flat_map(entries) {
                let mut below = Comparison::default();
                compare(before.and_then(|old| old.get(key)), Some(value), map.child(key), &mut below);
                found.insert(&Step::Field(key.clone()), below);
            }
            for (key, value) in old.into_iter().flat_map(entries) {
                if after.is_none_or(|new| !new.contains_key(key)) {
                    let mut below = Comparison::default();
                    compare(Some(value), None, map.child(key), &mut below);
                    found.insert(&Step::Field(key.clone()), below);
                }
            }
        }
        Structure::List(list) => {
            let mut steps: BTreeMap<Step, (Vec<&Json>, Vec<&Json>)> = BTreeMap::new();
            for (step, item) in old.map(|old| elements(old, list)).unwrap_or_default() {
                steps.entry(step).or_default().0.push(item);
            }
            for (step, item) in new.map(|new| elements(new, list)).unwrap_or_default() {
                steps.entry(step).or_default().1.push(item);
            }
            for (step, (before, after)) in steps {
                let mut below = Comparison::default();
                match (before.as_slice(), after.as_slice()) {
                    ([] | [_], [] | [_]) => {
                        compare(before.first().copied(), after.first().copied(), list.items, &mut below);
                    }
                    // Elements that are there twice are owned as one.
                    ([_, _, ..], [_, _, ..]) => {
                        if before != after {
                            below.modified.set_member();
                        }
                    }
                    ([_, _, ..], after) => {
                        if let Some(one) = after.first() {
                            compare(None, Some(one), list.items, &mut below);
                        }
                        below.removed.set_member();
                    }
                    (before, _) => {
                        if let Some(one) = before.first() {
                            compare(Some(one), None, list.items, &mut below);
                        }
                        below.added.set_member();
                    }
                }
                found.insert(&step, below);
            }
        }
    }
}

fn is_empty(value: Option<&Json>) -> bool {
    value.is_some_and(|value| is_empty_map(value) || value.as_array().is_some_and(Vec::is_empty))
}
