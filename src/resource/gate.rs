//! A condition of the outside that execution waits for.

use std::fmt;

use futures::future::BoxFuture;

use super::Progress;

/// Something to wait for before a resource is applied: a webhook that serves, a definition that is established.
///
/// Implemented by the module that knows; it polls or watches, never sleeps a fixed time, and says through
/// [`Progress::waiting`] what is not there yet.
pub trait Gate: Send + Sync + fmt::Debug {
    /// Returns what is waited for, as in "waits for …".
    fn name(&self) -> String;

    /// Waits until the condition holds, or its deadline is over.
    fn wait<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), GateError>>;
}

/// Why a gate did not open.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The deadline is over.
    #[error("{name} not there after {seconds} s: {reason}")]
    Deadline {
        /// The gate's name.
        name: String,
        /// How long was waited.
        seconds: u64,
        /// What was seen last.
        reason: String,
    },
    /// Waiting on makes no sense.
    #[error("{name}: {reason}")]
    Refused {
        /// The gate's name.
        name: String,
        /// What was seen.
        reason: String,
    },
}
