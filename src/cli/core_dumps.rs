//! Core dumps of this process, which would hold every secret that it opened.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Switches core dumps off, and reading this process's memory by others of the same user. Where the system refuses,
/// they stay as they are: it is a second net, like zeroizing.
pub(super) fn switch_off() {
    // The hard limit stays: a child may have its reasons.
    let limit = getrlimit(Resource::Core);
    let refused = setrlimit(Resource::Core, Rlimit { current: Some(0), ..limit });
    #[cfg(target_os = "linux")]
    let refused =
        refused.and(rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable));
    if let Err(error) = refused {
        tracing::debug!(%error, "core dumps can't be switched off");
    }
}
