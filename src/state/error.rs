//! What can go wrong with state and lock.

use std::error::Error;

/// Why state could not be read, written or locked.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The place that keeps the state did not do it.
    #[error("{act} {place}")]
    Backend {
        /// What was tried, as "read the state".
        act: &'static str,
        /// Where.
        place: String,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Another run wrote since this one read.
    #[error("{place} was changed by another run since this one read it: nothing was written over it")]
    Conflict {
        /// Where.
        place: String,
    },
    /// A document is not what it should be.
    #[error("read {place}")]
    Malformed {
        /// Where.
        place: String,
        /// Why it can't be read.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A document of another version of this program.
    #[error("{place} has the version {found}; this program reads version {known}")]
    Version {
        /// Where.
        place: String,
        /// The version that was found.
        found: u64,
        /// The version that is known.
        known: u32,
    },
}
