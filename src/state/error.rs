//! What can go wrong with state and lock.

use std::error::Error;

use super::Holder;
use crate::resource::Forbidden;

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
    /// Another run holds the lock.
    #[error("{stack} is locked by {holder}")]
    Locked {
        /// Environment and stack.
        stack: String,
        /// Who holds it.
        holder: Box<Holder>,
        /// The command that takes the lock away.
        unlock: String,
    },
    /// The lock was lost.
    #[error(transparent)]
    Lost(#[from] Forbidden),
    /// A name that can't be part of an object's name.
    #[error("`{name}` can't be part of the name of a Kubernetes object: small letters, digits and `-` only")]
    Name {
        /// The name.
        name: String,
    },
}

impl StateError {
    /// Says whether the cluster refused our credentials or our rights.
    pub fn is_refused(&self) -> bool {
        let Self::Backend { source, .. } = self else { return false };
        let refusal = source.downcast_ref();
        matches!(refusal, Some(kube::Error::Api(status)) if matches!(status.code, 401 | 403))
    }

    /// Returns what to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Locked { unlock, .. } => {
                Some(format!("wait for that run; if you are certain that it is dead, run `{unlock}`"))
            }
            Self::Conflict { .. } => Some("run the command again: it goes on from what is there".into()),
            Self::Lost(_) => Some("see who holds the lock now, then run the command again".into()),
            Self::Version { .. } => Some("use the version of eggtooth that wrote it, or a later one".into()),
            Self::Backend { .. } | Self::Malformed { .. } | Self::Name { .. } => None,
        }
    }
}
