//! Where an act is played: a cluster in memory with all that works in it.

use std::{collections::BTreeSet, time::Duration};

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use tokio::net::TcpListener;

use super::{Shortfall, content::Content, fault::Harm};
use crate::clock::Clock;
use crate::kubernetes::{Client, KubernetesError, Selection};
use crate::rehearsal::node::{Faults, Timing};
use crate::rehearsal::programs::ExternalSecrets;
use crate::rehearsal::programs::connect::Vaults;
use crate::rehearsal::{Cluster, Effect, Fault, RehearsalError, Serving, Workers};
use crate::workflow::{Surroundings, WorkflowError};

/// How long the API server is away when it restarts.
const RESTART: Duration = Duration::from_secs(5);
/// How the rehearsal's cluster is called in messages.
const CONTEXT: &str = "rehearsal";

/// A cluster in memory. It ends with this value.
pub(super) struct Site {
    cluster: Cluster,
    client: Client,
    clock: Clock,
    vaults: Vaults,
    node: Faults,
    _workers: Workers,
}

impl Site {
    /// Sets a new cluster up, at this time of day, with what goes wrong from the start.
    pub(super) fn new(
        content: &Content,
        clock: &Clock,
        harms: &[Harm],
        seed: u64,
    ) -> Result<Self, WorkflowError> {
        let mut builder = Cluster::builder().clock(clock.clone()).seed(seed);
        for harm in harms {
            if let Harm::Definitions(delay) = harm {
                builder = builder.established_after(*delay);
            }
        }
        let cluster = builder.build()?;
        let node = Faults::default();
        for harm in harms {
            match harm {
                Harm::Connect(fault) => content.vaults.inject(fault.clone()),
                Harm::Node(fault) => node.inject(fault.clone()),
                Harm::Requests(fault) => cluster.faults().add(fault.clone()),
                Harm::Restart | Harm::Theft | Harm::Definitions(_) | Harm::Encoded | Harm::Kill(_) => {}
            }
        }
        let workers = Workers::of(&cluster)
            .timing(Timing::default())
            .faults(&node)
            .program(ExternalSecrets)
            .vaults(&content.vaults);
        let served = content
            .apis
            .iter()
            .fold(workers, |workers, (host, port)| workers.pulumi_esc_at(host, *port, &content.environments));
        let workers = served.start();
        let client = cluster.connect(CONTEXT);
        Ok(Self {
            cluster,
            client,
            clock: clock.clone(),
            vaults: content.vaults.clone(),
            node,
            _workers: workers,
        })
    }

    /// Returns the surroundings of a verb that is played here.
    pub(super) fn surroundings(&self, outside: &Surroundings) -> Surroundings {
        Surroundings { cluster: Some(self.client.clone()), clock: self.clock.clone(), ..outside.clone() }
    }

    /// Serves the cluster to programs that know nothing of us.
    pub(super) fn serve(&self, listener: TcpListener) -> Result<Serving, RehearsalError> {
        self.cluster.serve(listener)
    }

    /// Lets everything work again.
    pub(super) fn heal(&self) {
        self.vaults.heal();
        self.node.clear();
        self.cluster.faults().clear();
    }

    /// Restarts the API server: connections end, it is away for a while, and who watched must read anew.
    pub(super) async fn restart_api(&self) {
        self.cluster.faults().add(Fault::new(Effect::Drop));
        self.cluster.faults().cut_watches();
        self.cluster.compact();
        self.clock.sleep(RESTART).await;
        self.cluster.faults().clear();
    }

    /// Returns the images that run here.
    pub(super) async fn images(&self) -> Result<BTreeSet<String>, Shortfall> {
        let pods: Api<Pod> = Api::all(self.client.kube());
        let pods = pods.list(&ListParams::default()).await;
        let pods = pods.map_err(|source| {
            let act = "list the pods".to_owned();
            Shortfall::Failed(KubernetesError::Transport { act, source }.into())
        })?;
        let specs = pods.items.into_iter().filter_map(|pod| pod.spec);
        let containers =
            specs.flat_map(|spec| [spec.init_containers.unwrap_or_default(), spec.containers].concat());
        Ok(containers.filter_map(|container| container.image).collect())
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
