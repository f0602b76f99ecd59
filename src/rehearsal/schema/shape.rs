//! The parts that a schema is made of.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::rules::Rules;

/// The number of a [`Node`] in its schema.
pub(in crate::rehearsal) type Id = u32;

/// Accepts everything; a map in it is merged key by key, a list is replaced whole.
pub(super) const ANY: Id = 0;

/// A place's type.
#[derive(Clone, Debug)]
pub(in crate::rehearsal) struct Node {
    pub(super) shape: Shape,
    /// The Go type's name for built-in kinds, else empty.
    pub(super) name: Box<str>,
    /// What a definition's schema asks of values beyond their type.
    pub(super) rules: Option<Box<Rules>>,
}

#[derive(Clone, Debug)]
pub(in crate::rehearsal) enum Shape {
    /// Whatever the value is.
    Any,
    Scalar(Scalar),
    Map(MapShape),
    List {
        items: Id,
        kind: ListKind,
    },
    /// Another node, but owned and replaced whole.
    Atomic(Id),
}

/// What a single value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) enum Scalar {
    Text,
    /// Base64.
    Bytes,
    /// Seconds since 1970 as RFC 3339 text.
    Time,
    /// The same with microseconds.
    MicroTime,
    Quantity,
    Bool,
    Int32,
    Int64,
    Number,
    IntOrText,
}

#[derive(Clone, Debug)]
pub(in crate::rehearsal) struct MapShape {
    pub(super) fields: BTreeMap<Box<str>, Field>,
    /// What other keys hold.
    pub(super) rest: Rest,
    pub(super) atomic: bool,
    /// Whether the server keeps it in a Go struct, and writes its fields by that struct's tags.
    pub(super) native: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) enum Rest {
    /// Other keys are unknown fields.
    Closed,
    /// Other keys are kept and hold anything.
    Open,
    /// The map's values.
    Values(Id),
}

#[derive(Clone, Debug)]
pub(in crate::rehearsal) struct Field {
    pub(super) id: Id,
    pub(super) required: bool,
    pub(super) empty: Empty,
    pub(super) default: Option<Json>,
    pub(super) strategy: Strategy,
    /// The field's number in protobuf, after those of the messages around it that JSON does not show; empty if unknown.
    pub(super) number: Box<[u8]>,
}

/// What becomes of a native field without content when the server writes the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) enum Empty {
    /// It is left out (`omitempty`).
    Omitted,
    /// It is written when it was set, be it to nothing (a pointer).
    Kept,
    /// It is always written.
    Written,
    /// A pointer that is written as null when it was not set.
    Null,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) enum ListKind {
    Atomic,
    Set,
    Keyed(Box<[Box<str>]>),
}

/// How a strategic merge patch treats a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::rehearsal) struct Strategy {
    /// Whether lists are merged rather than replaced.
    pub(in crate::rehearsal) merge: bool,
    /// The key by which elements that are objects are merged.
    pub(in crate::rehearsal) key: Option<Box<str>>,
    /// Whether the patch says which keys remain.
    pub(in crate::rehearsal) retain_keys: bool,
}

impl Node {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, name: Box::default(), rules: None }
    }
}

impl Field {
    pub(super) fn new(id: Id) -> Self {
        let strategy = Strategy::default();
        Self { id, required: false, empty: Empty::Kept, default: None, strategy, number: Box::default() }
    }
}
