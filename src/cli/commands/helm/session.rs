//! What every verb works with.

use std::collections::BTreeMap;

use crate::cli::{args::Global, args::helm::ClusterFlags, terminal::Terminal};

/// What every verb works with.
pub(super) struct Session {
    pub(super) flags: ClusterFlags,
    pub(super) terminal: Terminal,
}

impl Session {
    pub(super) fn new(
        flags: ClusterFlags,
        _global: Global,
        _variables: BTreeMap<String, String>,
        terminal: Terminal,
    ) -> Self {
        Self { flags, terminal }
    }
}
