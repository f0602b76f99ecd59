//! One run's hold on a stack's state: locked, resumed, journaled, committed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;

use super::document::{decode, encode};
use super::{
    Backend, Document, Documents, Entry, Fingerprints, Holder, Journal, JournalDocument, Lock, Locked,
    Revision, Sealing, Snapshot, StateError, Stored, resume,
};
use crate::resource::{Permit, Progress};

/// Reads what a stack remembers, the steps of a killed run included, without a lock: for looking only.
pub async fn load(backend: &dyn Backend) -> Result<Snapshot, StateError> {
    Ok(read(backend, &backend.read().await?)?.resumed())
}

/// A locked stack.
pub struct Session {
    backend: Arc<dyn Backend>,
    lock: Arc<dyn Lock>,
    fingerprints: Arc<Fingerprints>,
    /// What is stored now; the journal goes on from it.
    stored: Mutex<Snapshot>,
    journal: Mutex<JournalDocument>,
    resumed: Snapshot,
    revisions: tokio::sync::Mutex<Revisions>,
}

struct Revisions {
    snapshot: Option<Revision>,
    journal: Option<Revision>,
    /// How many entries of the journal are safe.
    safe: usize,
}

impl Revisions {
    fn of(documents: Documents) -> Self {
        let revision = |stored: Option<Stored>| stored.map(|stored| stored.revision);
        Self { snapshot: revision(documents.snapshot), journal: revision(documents.journal), safe: 0 }
    }
}

/// Writes the journal anew as it is: whoever still takes the stack for its own fails at its next step, for it would
/// write over a journal that is no longer there.
async fn fence(backend: &dyn Backend, mut documents: Documents) -> Result<(Kept, Revisions), StateError> {
    loop {
        let kept = read(backend, &documents)?;
        let mut revisions = Revisions::of(documents);
        let bytes = encode(&kept.journal, &backend.place(Document::Journal))?;
        match backend.write(Document::Journal, &bytes, revisions.journal.as_ref()).await {
            Ok(written) => {
                revisions.journal = Some(written);
                return Ok((kept, revisions));
            }
            // The former holder was faster once more.
            Err(StateError::Conflict { .. }) => documents = backend.read().await?,
            Err(error) => return Err(error),
        }
    }
}

impl Session {
    /// Locks the stack, reads what it remembers and folds in what a killed run left.
    pub async fn open(
        backend: Arc<dyn Backend>,
        holder: Holder,
        sealing: Arc<dyn Sealing>,
        progress: &dyn Progress,
    ) -> Result<Self, StateError> {
        let Locked { lock, documents, taken_over } = backend.lock(holder, progress).await?;
        let kept = if taken_over {
            fence(&*backend, documents).await
        } else {
            read(&*backend, &documents).map(|kept| (kept, Revisions::of(documents)))
        };
        let (kept, mut revisions) = match kept {
            Ok(kept) => kept,
            Err(error) => {
                lock.release().await?;
                return Err(error);
            }
        };
        let resumed = kept.resumed();
        revisions.safe = kept.journal.entries.len();
        Ok(Self {
            backend,
            lock,
            fingerprints: Arc::new(Fingerprints::new(resumed.hmac_key.clone(), sealing)),
            stored: Mutex::new(kept.snapshot),
            journal: Mutex::new(kept.journal),
            resumed,
            revisions: tokio::sync::Mutex::new(revisions),
        })
    }

    /// Returns what the stack remembers; steps of a killed run whose end is not known are in doubt in it.
    pub fn snapshot(&self) -> &Snapshot {
        &self.resumed
    }

    /// Returns what stands for the stack's secrets in records.
    pub fn fingerprints(&self) -> Arc<Fingerprints> {
        Arc::clone(&self.fingerprints)
    }

    /// Goes on with fingerprints that were made of the same snapshot before it was locked: a key that was made for them
    /// is to be the one that is kept.
    pub fn adopt(&mut self, fingerprints: Arc<Fingerprints>) {
        self.fingerprints = fingerprints;
    }

    /// Returns the lock's permit to write.
    pub fn permit(&self) -> &dyn Permit {
        &*self.lock
    }

    /// Returns the lock's permit to write, for who writes beside the session.
    pub fn shared_permit(&self) -> Arc<dyn Permit> {
        Arc::clone(&self.lock) as Arc<dyn Permit>
    }

    /// Makes a snapshot the one that is remembered; writes nothing when it is already.
    pub async fn commit(&self, snapshot: &Snapshot) -> Result<(), StateError> {
        let mut revisions = self.revisions.lock().await;
        // Also a run that has nothing to write must not say that all is well when the stack is another's by now.
        self.lock.confirm().await?;
        let serial = locked(&self.stored).serial;
        let unchanged = snapshot.clone().at(serial) == *locked(&self.stored);
        if !unchanged {
            let next = snapshot.clone().at(serial + 1);
            let bytes = encode(&next, &self.backend.place(Document::Snapshot))?;
            let written = self.backend.write(Document::Snapshot, &bytes, revisions.snapshot.as_ref()).await?;
            revisions.snapshot = Some(written);
            *locked(&self.journal) = JournalDocument::after(&next);
            *locked(&self.stored) = next;
        }
        // The journal is of no use any more: it goes on from a snapshot that is no longer there, or says nothing new. It
        // is emptied and stays: a beginning that a stopped run had under way would find none, and make one.
        let emptied = JournalDocument::after(&locked(&self.stored));
        if revisions.safe > 0 {
            let bytes = encode(&emptied, &self.backend.place(Document::Journal))?;
            let written = self.backend.write(Document::Journal, &bytes, revisions.journal.as_ref()).await?;
            revisions.journal = Some(written);
        }
        *locked(&self.journal) = emptied;
        revisions.safe = 0;
        Ok(())
    }

    /// Gives the lock back. What was not committed stays in the journal.
    pub async fn close(self) -> Result<(), StateError> {
        self.lock.release().await
    }

    /// Deletes all that is kept of the stack, the lock last.
    pub async fn destroy(self) -> Result<(), StateError> {
        self.lock.confirm().await?;
        self.backend.destroy().await
    }

    /// Writes all that is not safe yet. Of several that come at once the first writes for all.
    async fn flush(&self, entries: usize) -> Result<(), StateError> {
        let mut revisions = self.revisions.lock().await;
        if revisions.safe >= entries {
            return Ok(());
        }
        self.lock.assure().await?;
        let document = {
            let mut journal = locked(&self.journal);
            journal.hmac_key = self.fingerprints.sealed();
            journal.clone()
        };
        let bytes = encode(&document, &self.backend.place(Document::Journal))?;
        let written = self.backend.write(Document::Journal, &bytes, revisions.journal.as_ref()).await?;
        revisions.journal = Some(written);
        revisions.safe = document.entries.len();
        Ok(())
    }

    fn append(&self, entry: Entry) -> usize {
        let mut journal = locked(&self.journal);
        journal.entries.push(entry);
        journal.entries.len()
    }
}

impl Journal for Session {
    fn begin(&self, entry: Entry) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move { self.flush(self.append(entry)).await })
    }

    fn end(&self, entry: Entry) {
        self.append(entry);
    }
}

struct Kept {
    snapshot: Snapshot,
    journal: JournalDocument,
}

impl Kept {
    fn resumed(&self) -> Snapshot {
        resume(self.snapshot.clone(), self.journal.clone())
    }
}

fn read(backend: &dyn Backend, documents: &Documents) -> Result<Kept, StateError> {
    let snapshot = match &documents.snapshot {
        Some(stored) => decode(&stored.bytes, Snapshot::VERSION, &backend.place(Document::Snapshot))?,
        None => Snapshot::default(),
    };
    let journal = match &documents.journal {
        Some(stored) => decode(&stored.bytes, JournalDocument::VERSION, &backend.place(Document::Journal))?,
        None => JournalDocument::after(&snapshot),
    };
    // A journal of a run that was committed says nothing any more.
    let current = journal.serial == snapshot.serial;
    let journal = if current { journal } else { JournalDocument::after(&snapshot) };
    Ok(Kept { snapshot, journal })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
