//! What is kept: the objects of each resource, and their last changes for those who watch.
//!
//! One counter numbers all changes, as etcd's does. A change is kept with what was before it, so that a list can be
//! read as it was at an earlier revision; a history that grows too long is cut off, and who asks for what is gone is
//! told so.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::sync::watch;

use super::kind::Resource;

/// An object's place in its collection; the namespace is empty for what lives in none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) namespace: String,
    pub(super) name: String,
}

impl Key {
    pub(super) fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    pub(super) fn of(object: &Json) -> Self {
        let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default();
        Self::new(text("namespace"), text("name"))
    }
}

/// One change of one object.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) revision: u64,
    pub(super) key: Key,
    /// As it is now; nothing when it was deleted.
    pub(super) after: Option<Arc<Json>>,
    /// As it was before; nothing when it was created.
    pub(super) before: Option<Arc<Json>>,
}

/// The objects of a resource.
struct Collection {
    objects: BTreeMap<Key, Arc<Json>>,
    history: VecDeque<Change>,
    /// All changes after this revision are in the history.
    complete_after: u64,
    changed: watch::Sender<u64>,
}

/// How many changes of a resource are remembered.
const REMEMBERED: usize = 4096;

/// All objects.
#[derive(Default)]
pub(super) struct Storage {
    revision: u64,
    collections: BTreeMap<Arc<Resource>, Collection>,
}

/// A revision whose history is gone.
pub(super) struct Compacted;

impl Storage {
    /// Returns the number of the last change.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    fn collection(&mut self, resource: &Arc<Resource>) -> &mut Collection {
        self.collections.entry(Arc::clone(resource)).or_insert_with(|| Collection {
            objects: BTreeMap::new(),
            history: VecDeque::new(),
            complete_after: 0,
            changed: watch::Sender::new(0),
        })
    }

    pub(super) fn get(&self, resource: &Resource, key: &Key) -> Option<&Arc<Json>> {
        self.collections.get(resource)?.objects.get(key)
    }

    /// Returns the objects of a namespace, or all, in the order of their names.
    pub(super) fn list<'a>(
        &'a self,
        resource: &Resource,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Json>)> {
        let from = Key::new(namespace.unwrap_or_default(), "");
        self.collections
            .get(resource)
            .into_iter()
            .flat_map(move |collection| collection.objects.range(from.clone()..))
            .take_while(move |(key, _)| namespace.is_none_or(|namespace| key.namespace == namespace))
    }

    pub(super) fn count(&self, resource: &Resource) -> usize {
        self.collections.get(resource).map_or(0, |collection| collection.objects.len())
    }

    /// Returns the objects as they were at a revision.
    pub(super) fn list_at(
        &self,
        resource: &Resource,
        revision: u64,
    ) -> Result<BTreeMap<Key, Arc<Json>>, Compacted> {
        let Some(collection) = self.collections.get(resource) else { return Ok(BTreeMap::new()) };
        if revision < collection.complete_after {
            return Err(Compacted);
        }
        let mut objects = collection.objects.clone();
        for change in collection.history.iter().rev().take_while(|change| change.revision > revision) {
            match &change.before {
                Some(before) => objects.insert(change.key.clone(), Arc::clone(before)),
                None => objects.remove(&change.key),
            };
        }
        Ok(objects)
    }

    /// Keeps an object, new or in place of the one of its name, and stamps it with its revision.
    pub(super) fn put(&mut self, resource: &Arc<Resource>, mut object: Json) -> Arc<Json> {
        self.revision += 1;
        let revision = self.revision;
        object["metadata"]["resourceVersion"] = revision.to_string().into();
        let (key, object) = (Key::of(&object), Arc::new(object));
        let collection = self.collection(resource);
        let before = collection.objects.insert(key.clone(), Arc::clone(&object));
        collection.record(Change { revision, key, after: Some(Arc::clone(&object)), before });
        object
    }

    /// Removes an object and returns it as it was last, with the revision of its end.
    pub(super) fn remove(&mut self, resource: &Arc<Resource>, key: &Key) -> Option<Arc<Json>> {
        let before = self.collections.get_mut(resource)?.objects.remove(key)?;
        self.revision += 1;
        let revision = self.revision;
        let change = Change { revision, key: key.clone(), after: None, before: Some(Arc::clone(&before)) };
        self.collection(resource).record(change);
        Some(before)
    }

    /// Returns the changes after a revision, oldest first.
    pub(super) fn changes_after(&self, resource: &Resource, revision: u64) -> Result<Vec<Change>, Compacted> {
        let Some(collection) = self.collections.get(resource) else { return Ok(Vec::new()) };
        if revision < collection.complete_after {
            return Err(Compacted);
        }
        let start = collection.history.partition_point(|change| change.revision <= revision);
        Ok(collection.history.range(start..).cloned().collect())
    }

    /// Returns what tells of each later change of a resource.
    pub(super) fn changed(&mut self, resource: &Arc<Resource>) -> watch::Receiver<u64> {
        self.collection(resource).changed.subscribe()
    }

    /// Forgets the history up to now, as etcd's compaction does.
    pub(super) fn compact(&mut self) {
        for collection in self.collections.values_mut() {
            collection.history.clear();
            collection.complete_after = self.revision;
        }
    }
}

impl Collection {
    fn record(&mut self, change: Change) {
        let revision = change.revision;
        self.history.push_back(change);
        if self.history.len() > REMEMBERED
            && let Some(oldest) = self.history.pop_front()
        {
            self.complete_after = oldest.revision;
        }
        self.changed.send_replace(revision);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(name: &str, value: u8) -> Json {
        json!({"metadata": {"name": name}, "value": value})
    }

    #[test]
    fn a_list_can_be_read_as_it_was() {
        let (mut storage, eggs) = (Storage::default(), Resource::new("", "eggs"));
        storage.put(&eggs, object("a", 1));
        let then = storage.revision();
        storage.put(&eggs, object("a", 2));
        storage.put(&eggs, object("b", 1));
        storage.remove(&eggs, &Key::new("", "a"));
        let before = storage.list_at(&eggs, then).ok().unwrap();
        assert_eq!(before.values().map(|object| object["value"].clone()).collect::<Vec<_>>(), [json!(1)]);
        let names: Vec<&str> = storage.list(&eggs, None).map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(names, ["b"]);
        storage.compact();
        assert!(storage.list_at(&eggs, then).is_err());
    }

    #[test]
    fn a_history_that_is_cut_off_says_so() {
        let (mut storage, eggs) = (Storage::default(), Resource::new("", "eggs"));
        for _ in 0..=REMEMBERED {
            storage.put(&eggs, object("a", 1));
        }
        assert!(storage.changes_after(&eggs, 0).is_err());
        assert_eq!(storage.changes_after(&eggs, 1).ok().unwrap().len(), REMEMBERED);
    }
}
