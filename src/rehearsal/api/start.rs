//! What a cluster has from its first moment.

use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::{chore, server::Server, version::Version};
use crate::clock::Clock;

const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

impl Server {
    /// Starts a server with the namespaces of every cluster, and the task that tends it.
    pub(in crate::rehearsal) fn start(
        clock: Clock,
        version: Version,
        seed: u64,
        established: Duration,
    ) -> Arc<Self> {
        let (server, chores) = Self::new(clock, version, seed);
        for name in NAMESPACES {
            server.furnish(
                "",
                "namespaces",
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
            );
        }
        server.furnish_roles();
        tokio::spawn(chore::tend(Arc::downgrade(&server), chores, established));
        server
    }
}
