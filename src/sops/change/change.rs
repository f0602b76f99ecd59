//! What is to become of a value.

use crate::sops::error::Problem;
use crate::sops::tree::{Element, Entry, Item, Kind, Value};
use crate::sops::value_path::{Step, ValuePath};

/// The collection that a value is in.
#[derive(Clone, Copy)]
pub(super) enum Parent<'t> {
    /// A mapping, with its value where it is not the top.
    Map(&'t [Entry], Option<&'t Value>),
    List(&'t [Element], &'t Value),
}

/// Where a path leads.
pub(super) enum Change<'t> {
    /// To a value that is there. With the steps that lead on from it, where it is neither mapping nor list.
    There { parent: Parent<'t>, item: Option<&'t Item>, value: &'t Value, rest: &'t [Step] },
    /// To none: the collection would get a new entry under `key`, or a new element.
    Missing { parent: Parent<'t>, key: Option<&'t str>, rest: &'t [Step] },
}

/// Follows a path as far as there is something.
pub(super) fn find<'t>(entries: &'t [Entry], path: &'t ValuePath) -> Result<Change<'t>, Problem> {
    let mut parent = Parent::Map(entries, None);
    let steps = path.steps();
    for (index, step) in steps.iter().enumerate() {
        let rest = &steps[index + 1..];
        let (item, value) = match (parent, step) {
            (Parent::Map(entries, _), Step::Key(key)) => match item(entries, key) {
                Some(item) => (Some(item), &item.value),
                None => return Ok(Change::Missing { parent, key: Some(key), rest }),
            },
            (Parent::List(elements, _), Step::Index(index)) => match values(elements).nth(*index) {
                Some(value) => (None, value),
                None => return Ok(Change::Missing { parent, key: None, rest }),
            },
            (Parent::Map(..), Step::Index(_)) | (Parent::List(..), Step::Key(_)) => {
                return Err(Problem::Path { path: steps[..index].iter().cloned().collect() });
            }
        };
        let next = match &value.kind {
            Kind::Map(entries) => Some(Parent::Map(entries, Some(value))),
            Kind::List(elements) => Some(Parent::List(elements, value)),
            Kind::Null | Kind::Leaf(_) => None,
        };
        match next {
            Some(next) if !rest.is_empty() => parent = next,
            _ => return Ok(Change::There { parent, item, value, rest }),
        }
    }
    Err(Problem::Path { path: ValuePath::default() })
}

fn item<'t>(entries: &'t [Entry], key: &str) -> Option<&'t Item> {
    items(entries).find(|item| &*item.key == key)
}

pub(super) fn items(entries: &[Entry]) -> impl DoubleEndedIterator<Item = &Item> {
    entries.iter().filter_map(|entry| match entry {
        Entry::Item(item) => Some(item),
        Entry::Comment(_) => None,
    })
}

pub(super) fn values(elements: &[Element]) -> impl DoubleEndedIterator<Item = &Value> {
    elements.iter().filter_map(|element| match element {
        Element::Value(value) => Some(value),
        Element::Comment(_) => None,
    })
}

/// Puts a value behind steps that lead nowhere yet: mappings, and lists of one.
pub(super) fn wrapped(rest: &[Step], value: Kind) -> Kind {
    rest.iter().rev().fold(value, |kind, step| {
        let value = Value { span: None, kind };
        match step {
            Step::Key(key) => Kind::Map(vec![Entry::Item(Item { key: key.clone(), span: None, value })]),
            Step::Index(_) => Kind::List(vec![Element::Value(value)]),
        }
    })
}

/// Sets the value in a tree; the path was found before.
pub(super) fn set(entries: &mut Vec<Entry>, steps: &[Step], value: Kind) {
    let Some((Step::Key(key), rest)) = steps.split_first() else { return };
    let same = |entry: &&mut Entry| matches!(entry, Entry::Item(item) if item.key == *key);
    if let Some(Entry::Item(item)) = entries.iter_mut().find(same) {
        set_value(&mut item.value, rest, value);
    } else {
        let value = Value { span: None, kind: wrapped(rest, value) };
        entries.push(Entry::Item(Item { key: key.clone(), span: None, value }));
    }
}

fn set_value(at: &mut Value, steps: &[Step], value: Kind) {
    match (&mut at.kind, steps.split_first()) {
        (Kind::Map(entries), Some(_)) => set(entries, steps, value),
        (Kind::List(elements), Some((Step::Index(index), rest))) => {
            let mut values = elements.iter_mut().filter_map(|element| match element {
                Element::Value(value) => Some(value),
                Element::Comment(_) => None,
            });
            if let Some(at) = values.nth(*index) {
                set_value(at, rest, value);
            } else {
                elements.push(Element::Value(Value { span: None, kind: wrapped(rest, value) }));
            }
        }
        (_, _) => at.kind = wrapped(steps, value),
    }
}

/// Removes a value from a tree, where it is there.
pub(super) fn unset(entries: &mut Vec<Entry>, steps: &[Step]) {
    let Some((Step::Key(key), rest)) = steps.split_first() else { return };
    let same = |entry: &Entry| matches!(entry, Entry::Item(item) if item.key == *key);
    let Some(at) = entries.iter().position(same) else { return };
    if rest.is_empty() {
        entries.remove(at);
    } else if let Entry::Item(item) = &mut entries[at] {
        unset_value(&mut item.value, rest);
    }
}

fn unset_value(at: &mut Value, steps: &[Step]) {
    match (&mut at.kind, steps.split_first()) {
        (Kind::Map(entries), Some(_)) => unset(entries, steps),
        (Kind::List(elements), Some((Step::Index(index), rest))) => {
            let places =
                elements.iter().enumerate().filter(|(_, element)| matches!(element, Element::Value(_)));
            let Some(place) = places.map(|(place, _)| place).nth(*index) else { return };
            if rest.is_empty() {
                elements.remove(place);
            } else if let Element::Value(value) = &mut elements[place] {
                unset_value(value, rest);
            }
        }
        (_, _) => {}
    }
}
