//! Where an act is played: a cluster in memory with all that works in it.

use std::{collections::BTreeSet, time::Duration};

use super::{Fault, Shortfall};
use crate::clock::Clock;
use crate::kubernetes::{Client, KubernetesError, Selection};
use crate::rehearsal::node::{Faults, Timing};
use crate::rehearsal::programs::ExternalSecrets;
use crate::rehearsal::programs::connect::Vaults;
use crate::rehearsal::{Cluster, Workers};
use crate::workflow::{Surroundings, WorkflowError};

/// How long a definition takes under [`Fault::DefinitionsLate`].
const DEFINITIONS: Duration = Duration::from_secs(30);
/// How the rehearsal's cluster is called in messages.
const CONTEXT: &str = "rehearsal";

/// A cluster in memory. It ends with this value.
pub(super) struct Site {
    client: Client,
    clock: Clock,
    vaults: Vaults,
    node: Faults,
    _workers: Workers,
}

impl Site {
    /// Sets a new cluster up, at this time of day.
    pub(super) fn new(
        vaults: &Vaults,
        clock: &Clock,
        fault: Option<Fault>,
        seed: u64,
    ) -> Result<Self, WorkflowError> {
        let mut builder = Cluster::builder().clock(clock.clone()).seed(seed);
        if fault == Some(Fault::DefinitionsLate) {
            builder = builder.established_after(DEFINITIONS);
        }
        let cluster = builder.build()?;
        let node = Faults::default();
        if let Some(fault) = fault.and_then(Fault::of_connect) {
            vaults.inject(fault);
        }
        if let Some(fault) = fault.and_then(Fault::of_node) {
            node.inject(fault);
        }
        let workers = Workers::of(&cluster)
            .timing(Timing::default())
            .faults(&node)
            .program(ExternalSecrets)
            .vaults(vaults)
            .start();
        let client = cluster.connect(CONTEXT);
        Ok(Self { client, clock: clock.clone(), vaults: vaults.clone(), node, _workers: workers })
    }

    /// Returns the surroundings of a verb that is played here.
    pub(super) fn surroundings(&self, outside: &Surroundings) -> Surroundings {
        Surroundings { cluster: Some(self.client.clone()), clock: self.clock.clone(), ..outside.clone() }
    }

    /// Lets everything work again.
    pub(super) fn heal(&self) {
        self.vaults.heal();
        self.node.clear();
    }

    /// Returns every object but Events, which stay for an hour whatever happens.
    pub(super) async fn inventory(&self) -> Result<BTreeSet<String>, Shortfall> {
        let failed = |error: KubernetesError| Shortfall::Failed(error.into());
        self.client.rediscover().await.map_err(failed)?;
        let discovery = self.client.discovery().await.map_err(failed)?;
        let mut objects = BTreeSet::new();
        for resource in discovery.kinds().filter(|resource| resource.kind != "Event") {
            match self.client.list(resource, Selection::default()).await {
                Ok(all) => objects.extend(all.iter().map(ToString::to_string)),
                // Reviews are asked and not kept.
                Err(KubernetesError::Api { status, .. }) if status.code == 405 => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(objects)
    }
}
