//! Kinds that are not the API server's own, as their definitions describe them.

use std::{collections::BTreeMap, sync::Arc};

use super::GroupKind;
use crate::diagnostic::Diagnostic;

/// The definition of a kind, as a program brings it or the cluster has it.
pub trait Kind: Send + Sync {
    /// Returns the kind's name.
    fn name(&self) -> &GroupKind;

    /// Returns its name in paths and in roles, as `clustersecretstores`.
    fn plural(&self) -> &str;

    /// Returns what is wrong with an object of this kind, all at once. No message holds a value.
    fn check(&self, object: &serde_json::Value) -> Vec<Diagnostic>;
}

/// Definitions by the names of their kinds.
pub type Kinds = BTreeMap<GroupKind, Arc<dyn Kind>>;
