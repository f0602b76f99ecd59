//! Where state is kept and locked.

use std::sync::Arc;

use futures::future::BoxFuture;

use super::{Holder, StateError};
use crate::resource::{Access, Permit, Progress};

/// One of a stack's documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// What the last run left behind.
    Snapshot,
    /// The steps of a run that has not ended.
    Journal,
}

impl Document {
    /// Returns its name, as `snapshot`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Journal => "journal",
        }
    }
}

/// Which writing of a document one is; a later writing has another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision(pub String);

/// A document as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Which writing of it this is.
    pub revision: Revision,
}

/// Both documents as they were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    /// What the last run left behind.
    pub snapshot: Option<Stored>,
    /// The steps of a run that has not ended.
    pub journal: Option<Stored>,
}

/// A lock, and both documents as they were read under it.
pub struct Locked {
    /// The lock.
    pub lock: Arc<dyn Lock>,
    /// The documents.
    pub documents: Documents,
    /// Whether it was taken from somebody who did not give it back, and who may not know yet.
    pub taken_over: bool,
}

/// A place that keeps one stack's state and its lock.
pub trait Backend: Send + Sync {
    /// Returns what a document is called, for messages.
    fn place(&self, document: Document) -> String;

    /// Reads both documents.
    fn read(&self) -> BoxFuture<'_, Result<Documents, StateError>>;

    /// Writes a document over the writing that was read, or where none was; a
    /// [`Conflict`](StateError::Conflict) if another was faster.
    fn write<'a>(
        &'a self,
        document: Document,
        bytes: &'a [u8],
        over: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<Revision, StateError>>;

    /// Takes the lock and then reads both documents. Waits while a holder may have died and says so; a living one is
    /// an error at once or as soon as it shows life.
    fn lock<'a>(
        &'a self,
        holder: Holder,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Locked, StateError>>;

    /// Returns who holds the lock.
    fn holder(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>>;

    /// Takes the lock away from whoever holds it, and returns who that was. A living run notices at its next
    /// heartbeat, and can't commit after another did.
    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>>;

    /// Returns what the cluster must allow, so that a stack can be locked and remembered and, where it is `ending`, all
    /// of that be deleted.
    fn accesses(&self, ending: bool) -> BoxFuture<'_, Vec<Access>>;

    /// Deletes all that is kept of the stack, the lock included, and what was made to keep it in if nobody else does.
    fn destroy(&self) -> BoxFuture<'_, Result<(), StateError>>;
}

/// A lock that is held: it permits to write until it is lost.
pub trait Lock: Permit {
    /// Makes sure now that the lock still is ours, which the permit may learn late where somebody took it away.
    fn confirm(&self) -> BoxFuture<'_, Result<(), StateError>>;

    /// Gives the lock back.
    fn release(&self) -> BoxFuture<'_, Result<(), StateError>>;
}
