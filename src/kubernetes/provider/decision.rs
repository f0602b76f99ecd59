//! What becomes of an object, decided purely from what was read of it.

use super::{MANAGER, Manifest};
use crate::kubernetes::{Comparison, FieldSet, Written, diff};
use crate::resource::{Change, Collateral, FieldChange, Inputs, Operation, Record, Value};

/// Only the very object that we made goes.
pub(super) fn removal(
    record: Option<&Record>,
    object: Option<&Manifest>,
    collateral: Vec<Collateral>,
) -> Change {
    let (Some(record), Some(object)) = (record, object) else {
        return Change::of(Operation::Delete).because("is gone already");
    };
    if record.uid.as_deref() != Some(object.uid()) {
        return Change::of(Operation::Retain).because("another object has its name");
    }
    let ours = [Written::Apply, Written::Update]
        .into_iter()
        .any(|written| !FieldSet::owned_by(object, MANAGER, written).is_empty());
    if !ours {
        return Change::of(Operation::Retain).because("is no longer managed by eggtooth");
    }
    Change { collateral, ..Change::of(Operation::Delete) }
}

/// Returns the old and the new name, where they differ.
pub(super) fn moved(record: Option<&Record>, inputs: &Inputs, object: &Manifest) -> Option<(String, String)> {
    record?;
    let wanted = Manifest::redacted(inputs).ok()?;
    let (old, new) = (object.key(), wanted.key());
    let same_namespace = new.name.namespace.is_none() || new.name.namespace == old.name.namespace;
    let same = old.kind == new.kind && old.name.name == new.name.name && same_namespace;
    (!same).then(|| (old.to_string(), new.to_string()))
}

pub(super) fn compared(comparison: &Comparison) -> Change {
    match comparison {
        Comparison::Absent => Change::of(Operation::Create),
        Comparison::Same(_) => Change::of(Operation::Same),
        Comparison::Different { fields, refused, .. } => {
            let reason = match refused {
                Some(refusal) => Some(refusal.clone()),
                None if fields.is_empty() => Some("takes over its fields".to_owned()),
                None => None,
            };
            Change { reason, fields: fields.clone(), ..Change::of(Operation::Update) }
        }
        Comparison::Immutable { fields, .. } => {
            let change = Change::of(Operation::Replace).because("can't be changed in place");
            Change { fields: fields.clone(), ..change }
        }
    }
}

/// Compares inputs that became known, or half known, only after the read: purely, without the server's opinion.
pub(super) fn later(inputs: &Inputs, object: &Manifest) -> Change {
    let Ok(mut desired) = Manifest::from_inputs(inputs) else { return Change::of(Operation::Update) };
    desired.normalise(object.namespace());
    let owned = FieldSet::owned_by(object, MANAGER, Written::Apply);
    let mut fields = diff(&desired, object, &owned);
    let unknown = unknown_paths(inputs, &mut Vec::new());
    fields.retain(|field| !unknown.iter().any(|path| field.path.starts_with(path)));
    let hidden = |path: String| FieldChange { path, before: None, after: Some("[unknown]".into()) };
    fields.extend(unknown.into_iter().map(hidden));
    let operation = if fields.is_empty() { Operation::Same } else { Operation::Update };
    Change { fields, ..Change::of(operation) }
}

/// Returns the paths of what is not known yet.
pub(super) fn unknown_paths(value: &Value, path: &mut Vec<String>) -> Vec<String> {
    match value {
        Value::Map(entries) => {
            let mut found = Vec::new();
            for (key, value) in entries.iter() {
                path.push(key.to_string());
                found.extend(unknown_paths(value, path));
                path.pop();
            }
            found
        }
        other if other.holds_unknown() => vec![path.join(".")],
        _ => Vec::new(),
    }
}
