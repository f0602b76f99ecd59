//! Merging: what a write makes of the live object, and who owns which of its fields afterwards.
//!
//! The rules are those of the real server's structured merge: an applier owns what it lists, a conflict is a field of
//! somebody else that would change, and what an applier no longer lists goes when nobody else owns it. All of it is
//! pure: the schema says how values are taken apart, the caller stores the result.

mod apply;
mod combine;
mod compare;
mod conflict;
mod fields;
mod last_applied;
mod managed;
mod patch;
#[cfg(test)]
mod properties;
mod remove;
mod strategic;
mod track;
#[cfg(test)]
mod tests;

pub(in crate::rehearsal) use apply::{ApplyError, apply};
pub(in crate::rehearsal) use conflict::Conflicts;
pub(in crate::rehearsal) use managed::{Operation, Writer};
pub(in crate::rehearsal) use patch::{PatchError, PatchKind, patch};
pub(in crate::rehearsal) use track::track;
