//! How the engine treats a resource, whatever its type.

use std::sync::Arc;

use super::{Gate, GroupKind, Urn};

/// What a program may say of any resource.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Resources that must be there first, beside those that the engine finds by itself.
    pub depends_on: Vec<Urn>,
    /// Refuses to delete or replace it.
    pub protect: bool,
    /// Leaves it in the cluster when it is no longer wanted.
    pub retain_on_delete: bool,
    /// Makes it when it is absent, and leaves it to its controller from then on.
    pub create_only: bool,
    /// Names it had before.
    pub aliases: Vec<Urn>,
    /// Paths of inputs whose differences don't count (`spec.replicas`).
    pub ignore_changes: Vec<String>,
    /// A kind without which it is left out, and said so; nothing else may depend on it.
    pub only_with: Option<GroupKind>,
    /// Conditions to wait for before it is applied, once its dependencies are there.
    pub gates: Vec<Arc<dyn Gate>>,
}
