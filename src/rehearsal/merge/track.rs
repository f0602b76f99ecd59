//! Who owns what after a create, an update or a patch.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::{
    compare::Comparison,
    managed::{Managed, Writer, unowned},
};
use crate::rehearsal::schema::Schema;

/// Writes the managers of an object that is about to be stored.
///
/// The object is as it will be stored: defaults added, unknown fields gone. `live` is what it replaces; nothing for a
/// create. A request may hand over managers itself; a list with nothing but an empty entry resets them.
pub(in crate::rehearsal) fn track(live: Option<&Json>, new: &mut Json, writer: &Writer<'_>, schema: &Schema) {
    let given = new["metadata"]["managedFields"].as_array();
    let of_live = || live.and_then(Managed::read).unwrap_or_default();
    let mut managed = match given.map(Vec::as_slice) {
        _ if !writer.subresource.is_empty() => of_live(),
        Some([]) => Managed::default(),
        Some([only]) if only.as_object().is_some_and(serde_json::Map::is_empty) => Managed::default(),
        _ => Managed::read(new).filter(|managed| !managed.is_empty()).unwrap_or_else(of_live),
    };
    forget(new);
    // Managers of an object that was once reset are only kept again once somebody applies it.
    if managed.is_empty() && live.is_some() {
        return;
    }
    let old = live.map_or_else(|| Cow::Owned(schema.blank()), Cow::Borrowed);
    own_changes(&mut managed, &old, new, writer, schema);
    managed.cap();
    managed.write(new);
}

/// Gives the writer what it changed, and takes it from all others.
pub(super) fn own_changes(
    managed: &mut Managed,
    old: &Json,
    new: &Json,
    writer: &Writer<'_>,
    schema: &Schema,
) {
    let comparison = Comparison::of(old, new, schema.root()).without(&schema.reset(writer.subresource));
    managed.yield_to(&comparison);
    let own = comparison.written().difference(&unowned());
    if !own.is_empty() {
        managed.extend(writer, own);
    }
}

/// Takes the managers out of an object.
pub(super) fn forget(object: &mut Json) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Json::as_object_mut) {
        metadata.remove("managedFields");
    }
}
