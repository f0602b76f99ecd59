//! The snapshot: what the last run left behind.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::SealedKey;
use crate::resource::{Live, Operation, Record, Urn};

/// What a stack remembers of its resources. It holds no secret.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Snapshot {
    /// The format's version.
    pub version: u32,
    /// Counts the commits.
    pub serial: u64,
    /// The key of the fingerprints, sealed; absent until the first secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hmac_key: Option<SealedKey>,
    pub(super) resources: Vec<Record>,
    /// The stack's outputs, a fingerprint in place of each secret.
    #[serde(default)]
    pub outputs: BTreeMap<String, Json>,
    /// Steps of which is not known whether they came to their end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_doubt: Vec<Doubt>,
}

/// A step that began and whose end nobody wrote down.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Doubt {
    /// Whose step.
    pub urn: Urn,
    /// What was begun.
    pub operation: Operation,
    /// What is remembered of the resource if it turns out to be there.
    pub record: Option<Record>,
}

impl Default for Snapshot {
    fn default() -> Self {
        Self {
            version: Self::VERSION,
            serial: 0,
            hmac_key: None,
            resources: Vec::new(),
            outputs: BTreeMap::new(),
            in_doubt: Vec::new(),
        }
    }
}

impl Snapshot {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// Returns what is remembered of a resource.
    pub fn record(&self, urn: &Urn) -> Option<&Record> {
        self.place(urn).ok().map(|index| &self.resources[index])
    }

    /// Returns all records in the order of their URNs.
    pub fn records(&self) -> &[Record] {
        &self.resources
    }

    /// Remembers a resource in place of what was remembered of it.
    pub fn insert(&mut self, record: Record) {
        match self.place(&record.urn) {
            Ok(index) => self.resources[index] = record,
            Err(index) => self.resources.insert(index, record),
        }
    }

    /// Forgets a resource.
    pub fn remove(&mut self, urn: &Urn) {
        if let Ok(index) = self.place(urn) {
            self.resources.remove(index);
        }
    }

    fn place(&self, urn: &Urn) -> Result<usize, usize> {
        self.resources.binary_search_by(|record| record.urn.cmp(urn))
    }

    /// Returns the snapshot with another serial.
    #[must_use]
    pub fn at(mut self, serial: u64) -> Self {
        self.serial = serial;
        self
    }

    /// Notes that a step's end is not known.
    pub fn doubt(&mut self, doubt: Doubt) {
        self.in_doubt.retain(|other| other.urn != doubt.urn);
        self.in_doubt.push(doubt);
    }

    /// Returns the snapshot with each doubt settled by what is there.
    ///
    /// What a begun step was to make, and what is there with another uid than the one remembered, is ours: the
    /// step came to its end. Of changes and deletions the live resource tells all.
    #[must_use]
    pub fn settled(mut self, live: &BTreeMap<Urn, Live>) -> Self {
        for doubt in std::mem::take(&mut self.in_doubt) {
            let (Operation::Create | Operation::Replace, Some(proposal)) = (doubt.operation, doubt.record)
            else {
                continue;
            };
            let Some(found) = live.get(&doubt.urn).filter(|live| live.exists) else { continue };
            if self.record(&doubt.urn).is_none_or(|record| record.uid != found.uid) {
                self.insert(Record { uid: found.uid.clone(), ..proposal });
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, uid: Option<&str>) -> Record {
        Record {
            urn: Urn::new("dev", "s", "test:Thing", name),
            inputs: Json::Null,
            outputs: Json::Null,
            dependencies: Vec::new(),
            uid: uid.map(str::to_owned),
            created: true,
            protect: false,
            retain_on_delete: false,
        }
    }

    #[test]
    fn records_are_found_replaced_and_forgotten_by_name() {
        let mut snapshot = Snapshot::default();
        for name in ["c", "a", "b", "a"] {
            snapshot.insert(record(name, None));
        }
        let names: Vec<&str> = snapshot.records().iter().map(|record| record.urn.name()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let urn = record("b", None).urn;
        snapshot.remove(&urn);
        assert!(snapshot.record(&urn).is_none());
    }

    #[test]
    fn a_begun_creation_is_ours_only_if_it_is_there() {
        let (there, gone) = (record("there", None), record("gone", None));
        let mut snapshot = Snapshot::default();
        for record in [&there, &gone] {
            snapshot.doubt(Doubt {
                urn: record.urn.clone(),
                operation: Operation::Create,
                record: Some(record.clone()),
            });
        }
        let live = Live { exists: true, uid: Some("1".into()), data: None };
        let settled = snapshot
            .settled(&BTreeMap::from([(there.urn.clone(), live), (gone.urn.clone(), Live::default())]));
        assert_eq!(settled.record(&there.urn).unwrap().uid.as_deref(), Some("1"));
        assert!(settled.record(&there.urn).unwrap().created);
        assert!(settled.record(&gone.urn).is_none() && settled.in_doubt.is_empty());
    }
}
