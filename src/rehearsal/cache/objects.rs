//! The cached objects.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::Value as Json;
use tokio::{sync::watch, task::JoinSet};

use super::{Kind, object, watch::follow};

/// Namespace and name.
type Key = (String, String);

/// The objects of all [`Kind`]s; cheap to clone.
#[derive(Clone)]
pub(in crate::rehearsal) struct Cache {
    pub(super) client: kube::Client,
    shelves: Arc<Mutex<BTreeMap<Kind, Shelf>>>,
    changes: watch::Sender<u64>,
}

/// The objects of one kind.
#[derive(Default)]
struct Shelf {
    objects: BTreeMap<Key, Arc<Json>>,
    /// The first list has come.
    filled: bool,
}

impl Cache {
    /// Starts to watch in tasks of `tasks`; returns when every kind has been listed once.
    pub(in crate::rehearsal) async fn start(client: kube::Client, tasks: &mut JoinSet<()>) -> Self {
        let cache = Self { client, shelves: Arc::default(), changes: watch::Sender::new(0) };
        let mut changes = cache.changes.subscribe();
        for kind in Kind::ALL {
            tasks.spawn(follow(cache.clone(), kind));
        }
        // The sender lives in the cache itself, so waiting can't fail.
        let _ = changes.wait_for(|_| cache.is_filled()).await;
        cache
    }

    pub(in crate::rehearsal) fn get(&self, kind: Kind, namespace: &str, name: &str) -> Option<Arc<Json>> {
        let shelves = self.shelves();
        shelves.get(&kind)?.objects.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// Returns all objects of a kind, by namespace and name.
    pub(in crate::rehearsal) fn list(&self, kind: Kind) -> Vec<Arc<Json>> {
        let shelves = self.shelves();
        shelves.get(&kind).map(|shelf| shelf.objects.values().cloned().collect()).unwrap_or_default()
    }

    /// Returns the objects that another one controls.
    pub(in crate::rehearsal) fn controlled(&self, kind: Kind, owner: &Json) -> Vec<Arc<Json>> {
        let (namespace, uid) = (object::namespace(owner), object::uid(owner));
        let mut objects = self.list(kind);
        objects.retain(|one| object::namespace(one) == namespace && object::controller(one) == uid);
        objects
    }

    /// Returns a receiver that is told of every change from now on.
    pub(in crate::rehearsal) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Takes an object in unless a newer state of it is known.
    pub(super) fn put(&self, kind: Kind, fresh: Arc<Json>) {
        let key = (object::namespace(&fresh).to_owned(), object::name(&fresh).to_owned());
        {
            let mut shelves = self.shelves();
            let objects = &mut shelves.entry(kind).or_default().objects;
            if objects.get(&key).is_some_and(|known| version(known) >= version(&fresh)) {
                return;
            }
            objects.insert(key, fresh);
        }
        self.tell();
    }

    /// Forgets an object that was deleted at this state, unless there is a newer one of the name.
    pub(super) fn remove(&self, kind: Kind, last: &Json) {
        let key = (object::namespace(last).to_owned(), object::name(last).to_owned());
        {
            let mut shelves = self.shelves();
            let objects = &mut shelves.entry(kind).or_default().objects;
            let Some(known) = objects.get(&key) else { return };
            if object::uid(known) != object::uid(last) && version(known) > version(last) {
                return;
            }
            objects.remove(&key);
        }
        self.tell();
    }

    /// Replaces all objects of a kind by a list of them.
    pub(super) fn fill(&self, kind: Kind, list: Vec<Arc<Json>>) {
        let key = |one: &Json| (object::namespace(one).to_owned(), object::name(one).to_owned());
        let objects = list.into_iter().map(|one| (key(&one), one)).collect();
        self.shelves().insert(kind, Shelf { objects, filled: true });
        self.tell();
    }

    fn is_filled(&self) -> bool {
        let shelves = self.shelves();
        Kind::ALL.iter().all(|kind| shelves.get(kind).is_some_and(|shelf| shelf.filled))
    }

    fn tell(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn shelves(&self) -> MutexGuard<'_, BTreeMap<Kind, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Resource versions are numbers that grow, as Kubernetes promises since 1.35.
fn version(object: &Json) -> u64 {
    object["metadata"]["resourceVersion"]
        .as_str()
        .and_then(|version| version.parse().ok())
        .unwrap_or_default()
}
