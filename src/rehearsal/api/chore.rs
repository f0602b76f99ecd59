//! What is left to be done after an answer: the work of the controllers that belong to every cluster.
//!
//! The real controllers watch; here each write leaves a note of what it changed, and one task takes the notes in
//! order. Their work is done when nothing is noted any more, so that nothing has to be polled.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
    time::Duration,
};

use serde_json::Value as Json;
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{Instant, sleep_until},
};

use super::{access, definition, garbage, kind::Resource, namespace, server::Server, storage::Key};

/// A note of what changed.
#[derive(Clone, Debug)]
pub(in crate::rehearsal) enum Chore {
    /// An object was created or changed.
    Changed {
        /// Its resource.
        resource: Arc<Resource>,
        /// Its name.
        key: Key,
    },
    /// An object is gone.
    Gone {
        /// Its resource.
        resource: Arc<Resource>,
        /// Its name.
        key: Key,
        /// As it was last.
        last: Arc<Json>,
    },
    /// A definition whose names were accepted is to be served from now on.
    Establish {
        /// Its name.
        definition: String,
    },
}

/// Does what is left to be done, as long as the server lives.
pub(super) async fn tend(server: Weak<Server>, mut chores: UnboundedReceiver<Chore>, established: Duration) {
    let mut later: BTreeMap<(Instant, u64), Chore> = BTreeMap::new();
    let mut count = 0;
    loop {
        let due = later.first_key_value().map(|((at, _), _)| *at);
        let chore = tokio::select! {
            biased;
            chore = chores.recv() => chore,
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                later.pop_first().map(|(_, chore)| chore)
            }
        };
        let (Some(chore), Some(server)) = (chore, server.upgrade()) else { return };
        for next in server.tend(&chore) {
            count += 1;
            later.insert((Instant::now() + established, count), next);
        }
    }
}

impl Server {
    /// Does one thing; returns what is to be done some time later.
    fn tend(&self, chore: &Chore) -> Vec<Chore> {
        match chore {
            Chore::Changed { resource, key } => {
                garbage::consider(self, resource, key);
                match resource.plural.as_str() {
                    "namespaces" if resource.group.is_empty() => namespace::tend(self, &key.name),
                    "customresourcedefinitions" => return definition::tend(self, &key.name),
                    "clusterroles" => access::aggregate(self),
                    _ => {}
                }
            }
            Chore::Gone { resource, key, last } => {
                match resource.plural.as_str() {
                    "customresourcedefinitions" => definition::forget(self, &key.name),
                    "clusterroles" => access::aggregate(self),
                    _ => {}
                }
                garbage::collect(self, last);
                if !key.namespace.is_empty() {
                    namespace::tend(self, &key.namespace);
                    namespace::refill(self, resource, key);
                }
                definition::tend_owner(self, resource);
            }
            Chore::Establish { definition } => definition::establish(self, definition),
        }
        Vec::new()
    }
}
