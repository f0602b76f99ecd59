//! What the verbs are told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::ActionError;
use crate::helm::chart::Chart;
use crate::helm::record::ApplyMethod;
use crate::helm::release::Rendering;
use crate::helm::values::Overrides;

/// How objects are applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ServerSide {
    /// As those of the last revision were.
    #[default]
    Auto,
    /// By the server, or not.
    Says(bool),
}

impl ServerSide {
    /// Decides; `last` is the last revision's method in Helm's words.
    pub(super) fn decide(self, last: &str) -> ApplyMethod {
        let server = match self {
            Self::Says(server) => server,
            // Helm 3 wrote nothing, and merged itself.
            Self::Auto => last == ApplyMethod::ServerSide.as_str(),
        };
        if server { ApplyMethod::ServerSide } else { ApplyMethod::ClientSide }
    }
}

/// Whether anything is changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DryRun {
    /// It is.
    #[default]
    None,
    /// It is not, and templates see nothing of the cluster.
    Client,
    /// It is not, but the cluster is asked.
    Server,
}

/// What becomes of the values of the last revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reuse {
    /// They stay when the user says none.
    #[default]
    WhenSilent,
    /// They are forgotten.
    Reset,
    /// They stay below the user's, with the old chart's values.
    Reuse,
    /// They stay below the user's, over the new chart's values.
    ResetThenReuse,
}

/// How a revision comes about.
#[derive(Clone, Debug)]
pub struct ChangeOptions {
    /// What the record says of it.
    pub description: Option<String>,
    /// Whether hooks are left out.
    pub no_hooks: bool,
    /// Whether to wait until the objects are ready.
    pub wait: bool,
    /// Whether to wait until Jobs are done, too.
    pub wait_for_jobs: bool,
    /// How long each wait may take.
    pub timeout: Duration,
    /// How objects are applied.
    pub server_side: ServerSide,
    /// Whether fields are taken from their owners.
    pub force_conflicts: bool,
    /// Whether objects that are there are replaced as a whole, and not merged.
    pub force_replace: bool,
    /// How many revisions are kept; all for 0.
    pub history_max: usize,
    /// Whether a failed change is taken back.
    pub rollback_on_failure: bool,
    /// Whether objects that a failed change made are deleted.
    pub cleanup_on_fail: bool,
    /// Whether anything is changed.
    pub dry_run: DryRun,
}

impl ChangeOptions {
    /// Fails where objects are to be replaced that the server merges: only one of both can be.
    pub(super) fn allow(&self, method: ApplyMethod) -> Result<(), ActionError> {
        match method {
            ApplyMethod::ServerSide if self.force_replace => Err(ActionError::ReplaceOnServer),
            ApplyMethod::ServerSide | ApplyMethod::ClientSide => Ok(()),
        }
    }
}

impl Default for ChangeOptions {
    fn default() -> Self {
        Self {
            description: None,
            no_hooks: false,
            wait: false,
            wait_for_jobs: false,
            timeout: Duration::from_mins(5),
            server_side: ServerSide::default(),
            force_conflicts: false,
            force_replace: false,
            history_max: 10,
            rollback_on_failure: false,
            cleanup_on_fail: false,
            dry_run: DryRun::default(),
        }
    }
}

/// A chart with its values, to be made a revision of a release.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The release's name.
    pub name: String,
    /// The chart.
    pub chart: Arc<Chart>,
    /// The user's values.
    pub values: Overrides,
    /// The user's labels; `null` takes one away.
    pub labels: BTreeMap<String, String>,
    /// How it is rendered.
    pub rendering: Rendering,
    /// Whether the definitions of `crds/` are left out.
    pub skip_crds: bool,
    /// Whether objects of others are taken over.
    pub take_ownership: bool,
    /// Whether the namespace is made when it is missing.
    pub create_namespace: bool,
}
