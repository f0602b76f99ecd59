//! Metadata in formats that have no nesting: `age__list_0__map_enc`.

use crate::diagnostic::Span;

use super::error::Problem;
use super::tree::{Element, Entry, Item, Kind, Leaf, Scalar, Value};

const MAP: &str = "__map_";
const LIST: &str = "__list_";

/// More keys than any document has; a number beyond is an attempt to fill the memory.
const LONGEST_LIST: usize = 10_000;

/// One step of the way to a value.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Makes the metadata's tree of flat names and values.
pub(super) fn unflatten<'a>(
    pairs: impl IntoIterator<Item = (&'a str, String, Option<Span>)>,
) -> Result<Vec<Entry>, Problem> {
    let mut root = Value { span: None, kind: Kind::Map(Vec::new()) };
    for (name, text, span) in pairs {
        let steps = steps(name).ok_or(MALFORMED)?;
        let value = slot(&mut root, &steps).ok_or(MALFORMED)?;
        *value = Value { span, kind: Kind::Leaf(Leaf::plain(Scalar::String(text))) };
    }
    match root.kind {
        Kind::Map(entries) => Ok(entries),
        Kind::Null | Kind::Leaf(_) | Kind::List(_) => Err(MALFORMED),
    }
}

/// Makes flat names and values of the metadata's tree; names start with `prefix`.
pub(super) fn flatten(entries: &[Entry], prefix: &str) -> Vec<Entry> {
    let mut flat = Vec::new();
    for entry in entries {
        if let Entry::Item(item) = entry {
            descend(&format!("{prefix}{}", item.key), &item.value, &mut flat);
        }
    }
    flat
}

fn descend(name: &str, value: &Value, flat: &mut Vec<Entry>) {
    match &value.kind {
        Kind::Map(entries) => {
            for entry in entries {
                if let Entry::Item(item) = entry {
                    descend(&format!("{name}{MAP}{}", item.key), &item.value, flat);
                }
            }
        }
        Kind::List(elements) => {
            let values = elements.iter().filter_map(|element| match element {
                Element::Value(value) => Some(value),
                Element::Comment(_) => None,
            });
            for (index, value) in values.enumerate() {
                descend(&format!("{name}{LIST}{index}"), value, flat);
            }
        }
        Kind::Null | Kind::Leaf(_) => {
            flat.push(Entry::Item(Item { key: name.into(), span: None, value: value.clone() }));
        }
    }
}

const MALFORMED: Problem = Problem::Format("the names of its metadata do not fit together");

fn steps(name: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for (index, part) in name.split(LIST).enumerate() {
        let mut keys = part.split(MAP);
        let first = keys.next()?;
        steps.push(match index {
            0 => Step::Key(first),
            _ => Step::Index(first.parse().ok().filter(|&position| position < LONGEST_LIST)?),
        });
        steps.extend(keys.map(Step::Key));
    }
    Some(steps)
}

/// Finds the place that `steps` lead to, and makes the collections on the way.
fn slot<'t>(value: &'t mut Value, steps: &[Step<'_>]) -> Option<&'t mut Value> {
    let Some((step, rest)) = steps.split_first() else { return Some(value) };
    let kind = &mut value.kind;
    let next = match step {
        Step::Key(key) => {
            if matches!(kind, Kind::Null) {
                *kind = Kind::Map(Vec::new());
            }
            let Kind::Map(entries) = kind else { return None };
            let found =
                entries.iter().position(|entry| matches!(entry, Entry::Item(item) if &*item.key == *key));
            let at = found.unwrap_or_else(|| {
                let value = Value { span: None, kind: Kind::Null };
                entries.push(Entry::Item(Item { key: (*key).into(), span: None, value }));
                entries.len() - 1
            });
            match &mut entries[at] {
                Entry::Item(item) => &mut item.value,
                Entry::Comment(_) => return None,
            }
        }
        Step::Index(index) => {
            if matches!(kind, Kind::Null) {
                *kind = Kind::List(Vec::new());
            }
            let Kind::List(elements) = kind else { return None };
            while elements.len() <= *index {
                elements.push(Element::Value(Value { span: None, kind: Kind::Null }));
            }
            match &mut elements[*index] {
                Element::Value(value) => value,
                Element::Comment(_) => return None,
            }
        }
    };
    slot(next, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_lists_and_mappings() {
        let pairs = [
            ("age__list_1__map_enc", "b"),
            ("age__list_0__map_enc", "a"),
            ("key_groups__list_0__map_age__list_0__map_recipient", "r"),
            ("version", "3.13.1"),
        ];
        let tree = unflatten(pairs.map(|(name, value)| (name, value.to_owned(), None))).unwrap();
        let [Entry::Item(age), Entry::Item(groups), Entry::Item(_)] = tree.as_slice() else {
            panic!("{tree:?}")
        };
        assert!(matches!(&age.value.kind, Kind::List(elements) if elements.len() == 2));
        assert_eq!(&*groups.key, "key_groups");
        assert!(
            matches!(&flatten(&tree, "sops_")[2], Entry::Item(item) if &*item.key == "sops_key_groups__list_0__map_age__list_0__map_recipient")
        );
        for name in ["a__list_x", "a__list_99999999"] {
            assert!(unflatten([(name, String::new(), None)]).is_err());
        }
        assert!(unflatten([("a", String::new(), None), ("a__map_b", String::new(), None)]).is_err());
    }
}
