//! What a stack remembers between runs, and the lock that keeps a second run away.
//!
//! A [`Snapshot`] holds a record of each resource; no secret is in it, a keyed fingerprint stands for each. A
//! [`Journal`] holds the steps of a run that has not ended: [`resume`] folds them into the snapshot after a crash.
//! A [`Backend`] keeps both and the lock, in the cluster that they describe or in a folder. What is written is
//! compared and swapped: a run that lost its lock can't commit.

mod backend;
mod cluster;
mod document;
mod error;
mod file;
mod fingerprint;
mod holder;
mod journal;
mod sealing;
mod session;
mod snapshot;

pub use backend::{Backend, Document, Documents, Lock, Locked, Revision, Stored};
pub use cluster::ClusterBackend;
pub use error::StateError;
pub use file::FileBackend;
pub use fingerprint::{Fingerprints, NoRecipients, SealedKey, Sealing, recalled};
pub use holder::{Holder, Process};
pub use journal::{Entry, Journal, JournalDocument, resume};
pub use sealing::AgeSealing;
pub use session::{Session, load};
pub use snapshot::{Doubt, Snapshot};

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
