//! The journal: the steps of a run that has not ended.

use futures::future::BoxFuture;

use super::{Doubt, SealedKey, Snapshot, StateError};
use crate::resource::{Operation, Record, Urn};

/// One line of the journal. It holds no secret.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Entry {
    /// A step is about to change something.
    Begun {
        /// Whose step.
        urn: Urn,
        /// What is about to happen.
        operation: Operation,
        /// What is remembered of the resource if it turns out to be there.
        record: Option<Record>,
    },
    /// A step came to its end.
    Ended {
        /// Whose step.
        urn: Urn,
        /// What is remembered of the resource; nothing where it is gone.
        record: Option<Record>,
        /// The name it was remembered under before, where that was another.
        formerly: Option<Urn>,
    },
}

/// Where a run writes its steps down.
pub trait Journal: Send + Sync {
    /// Writes a beginning down and returns once it is safe.
    fn begin(&self, entry: Entry) -> BoxFuture<'_, Result<(), StateError>>;

    /// Takes an end, to be written with the next beginning: should it be lost, the live resource tells.
    fn end(&self, entry: Entry);
}

/// The journal as it is kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct JournalDocument {
    /// The format's version.
    pub version: u32,
    /// The serial of the snapshot that the entries go on from; with another the journal is of a run that ended.
    pub serial: u64,
    /// The key of the fingerprints, sealed: the first run's snapshot has none yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hmac_key: Option<SealedKey>,
    /// The lines in the order of writing.
    pub entries: Vec<Entry>,
}

impl JournalDocument {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// Returns an empty journal that goes on from `snapshot`.
    pub fn after(snapshot: &Snapshot) -> Self {
        Self {
            version: Self::VERSION,
            serial: snapshot.serial,
            hmac_key: snapshot.hmac_key.clone(),
            entries: Vec::new(),
        }
    }
}

/// Returns the snapshot with the steps that ended folded in, and those that did not in doubt.
#[must_use]
pub fn resume(mut snapshot: Snapshot, journal: JournalDocument) -> Snapshot {
    if journal.serial != snapshot.serial {
        return snapshot;
    }
    snapshot.hmac_key = journal.hmac_key.or(snapshot.hmac_key);
    for entry in journal.entries {
        match entry {
            Entry::Begun { urn, operation, record } => snapshot.doubt(Doubt { urn, operation, record }),
            Entry::Ended { urn, record, formerly } => {
                snapshot.in_doubt.retain(|doubt| doubt.urn != urn);
                if let Some(formerly) = formerly {
                    snapshot.remove(&formerly);
                }
                match record {
                    Some(record) => snapshot.insert(record),
                    None => snapshot.remove(&urn),
                }
            }
        }
    }
    snapshot
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urn(name: &str) -> Urn {
        Urn::new("dev", "s", "test:Thing", name)
    }

    fn record(name: &str) -> Record {
        Record {
            urn: urn(name),
            inputs: serde_json::Value::Null,
            outputs: serde_json::Value::Null,
            dependencies: Vec::new(),
            uid: None,
            created: true,
            protect: false,
            retain_on_delete: false,
        }
    }

    fn begun(name: &str, operation: Operation) -> Entry {
        Entry::Begun { urn: urn(name), operation, record: Some(record(name)) }
    }

    #[test]
    fn ended_steps_are_folded_in_and_begun_ones_are_in_doubt() {
        let mut snapshot = Snapshot { serial: 4, ..Snapshot::default() };
        snapshot.insert(record("old"));
        snapshot.insert(record("former"));
        let mut journal = JournalDocument::after(&snapshot);
        journal.entries = vec![
            begun("a", Operation::Create),
            begun("b", Operation::Create),
            Entry::Ended { urn: urn("a"), record: Some(record("a")), formerly: Some(urn("former")) },
            begun("old", Operation::Delete),
            Entry::Ended { urn: urn("old"), record: None, formerly: None },
        ];
        let resumed = resume(snapshot, journal);
        let names: Vec<&str> = resumed.records().iter().map(|record| record.urn.name()).collect();
        assert_eq!(names, ["a"]);
        assert_eq!(resumed.in_doubt.iter().map(|doubt| doubt.urn.name()).collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn a_journal_of_a_run_that_was_committed_is_not_folded_in_again() {
        let earlier = Snapshot { serial: 4, ..Snapshot::default() };
        let mut journal = JournalDocument::after(&earlier);
        journal.entries.push(begun("a", Operation::Create));
        let committed = Snapshot { serial: 5, ..Snapshot::default() };
        assert_eq!(resume(committed.clone(), journal), committed);
    }
}
