//! What a stack remembers between runs, and the lock that keeps a second run away.
//!
//! A [`Snapshot`] holds a record of each resource; no secret is in it, a keyed fingerprint stands for each. A
//! [`Journal`] holds the steps of a run that has not ended: [`resume`] folds them into the snapshot after a crash.
//! A [`Backend`] keeps both and the lock, in the cluster that they describe or in a folder. What is written is
//! compared and swapped: a run that lost its lock can't commit.

mod document;
mod error;
mod fingerprint;
mod journal;
mod snapshot;

pub use error::StateError;
pub use fingerprint::{Fingerprints, NoRecipients, SealedKey, Sealing, recalled};
pub use journal::{Entry, Journal, JournalDocument, resume};
pub use snapshot::{Doubt, Snapshot};
