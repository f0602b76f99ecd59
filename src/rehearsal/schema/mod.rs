//! What the API server knows of a kind: its fields, how they are owned, merged and defaulted, and what they may hold.
//!
//! Built-in kinds come from a table, custom ones from their definition; both are compiled once into the same nodes.

mod default;
mod cel;
mod definition;
mod describe;
mod derived;
mod duplicates;
mod format;
mod misfit;
mod native;
mod place;
mod protobuf;
mod prune;
mod rule;
mod rules;
mod shape;
mod table;
#[cfg(test)]
mod tests;
mod unfit;
mod validate;
mod version;

pub(in crate::rehearsal) use describe::reference;
pub(in crate::rehearsal) use place::{ListPlace, Place, Structure};
pub(in crate::rehearsal) use protobuf::read as read_protobuf;
pub(in crate::rehearsal) use shape::Strategy;
pub(in crate::rehearsal) use version::Schema;
