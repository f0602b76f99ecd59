//! The stage of a verb: the right cluster, the providers, each stack's state, and what would change.

use std::{collections::BTreeMap, sync::Arc};

use super::{Cluster, Loaded, Problems, Reads, Surroundings, WorkflowError};
use crate::diagnostic::Diagnostics;
use crate::engine::{self, Graph, Observed, Plan, Providers, ReadError, observe, prepare};
use crate::external_secrets::ExternalSecrets;
use crate::helm::release::ReleaseProvider;
use crate::keys::{Identities, Recipient};
use crate::kubernetes::{Client, KubernetesProvider, Target};
use crate::resource::{GroupKind, Progress, Urn};
use crate::stack::Program;
use crate::state::{
    AgeSealing, Backend, ClusterBackend, Fingerprints, Holder, Sealing, Session, Snapshot, load,
};
use crate::verify::Proof;

/// A cluster with all that knows how to bring resources about in it.
pub struct Stage {
    /// The client.
    pub client: Client,
    /// The cluster's UID.
    pub uid: String,
    providers: Providers,
    sealing: Arc<dyn Sealing>,
    environment: String,
}

/// A stack with whose program nobody found anything wrong; made by [`Stage::check`] only.
#[derive(Clone)]
pub struct Checked<'a> {
    pub(super) stack: &'a str,
    pub(super) wanted: engine::Checked<'a>,
    pub(super) proofs: &'a [Proof],
}

/// A stack with what would change.
pub struct Planned {
    /// The stack's name.
    pub stack: String,
    /// What would change.
    pub plan: Plan,
    /// What is left out, and the kind that the cluster lacks for it.
    pub left_out: Vec<(Urn, GroupKind)>,
    /// The stores to prove afterwards.
    pub proofs: Vec<Proof>,
    /// What was remembered when the plan was made.
    pub(super) made_from: Snapshot,
    /// What stood for secrets in the plan, and will in the records.
    pub(super) fingerprints: Arc<Fingerprints>,
    pub(super) graph: Graph,
    pub(super) observed: Observed,
}

impl Stage {
    /// Connects to the environment's cluster, and refuses any other.
    pub async fn enter(
        surroundings: &Surroundings,
        environment: &str,
        cluster: &Cluster,
        recipients: Vec<Recipient>,
        identities: Arc<Identities>,
    ) -> Result<Self, WorkflowError> {
        // A rehearsal's cluster is none that an environment could name.
        let (client, expected) = match &surroundings.cluster {
            Some(client) => (client.clone(), None),
            None => (connect(&surroundings.target, cluster).await?, cluster.uid.as_deref()),
        };
        let uid = client.expect_cluster(expected).await?;
        let objects = Arc::new(KubernetesProvider::new(client.clone()));
        let charts = super::charts::source(surroundings);
        let releases = ReleaseProvider::new(client.clone(), charts, surroundings.clock.clone())
            .with_timeout(surroundings.timeout);
        let providers = Providers::new()
            .with("kubernetes", Arc::clone(&objects) as _)
            .with("helm", Arc::new(releases))
            .with(
                "external-secrets",
                Arc::new(ExternalSecrets::new(
                    &client,
                    objects,
                    surroundings.clock.clone(),
                    surroundings.timeout,
                )),
            );
        let sealing = Arc::new(AgeSealing::new(recipients, identities));
        Ok(Self { client, uid, providers, sealing, environment: environment.to_owned() })
    }

    /// Enters the stage of a loaded environment.
    pub async fn of(surroundings: &Surroundings, loaded: &Loaded) -> Result<Self, WorkflowError> {
        let identities = Arc::clone(&loaded.identities);
        Self::enter(surroundings, &loaded.environment, &loaded.cluster, loaded.recipients.clone(), identities)
            .await
    }

    /// Returns who brings resources about.
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Locks a stack and reads what it remembers.
    pub async fn open(
        &self,
        surroundings: &Surroundings,
        stack: &str,
        progress: &dyn Progress,
    ) -> Result<Session, WorkflowError> {
        let holder = Holder::here(&surroundings.process, surroundings.clock.now());
        Ok(Session::open(self.backend(surroundings, stack)?, holder, Arc::clone(&self.sealing), progress)
            .await?)
    }

    /// Reads what a stack remembers, without its lock.
    pub async fn look(
        &self,
        surroundings: &Surroundings,
        stack: &str,
    ) -> Result<(Snapshot, Arc<Fingerprints>), WorkflowError> {
        let snapshot = load(&*self.backend(surroundings, stack)?).await?;
        let fingerprints = self.fingerprints(&snapshot);
        Ok((snapshot, fingerprints))
    }

    /// Returns what stands for secrets, by the key that a snapshot keeps or by a new one.
    pub(super) fn fingerprints(&self, snapshot: &Snapshot) -> Arc<Fingerprints> {
        Arc::new(Fingerprints::new(snapshot.hmac_key.clone(), Arc::clone(&self.sealing)))
    }

    /// Returns the place that keeps a stack's state.
    pub fn backend(
        &self,
        surroundings: &Surroundings,
        stack: &str,
    ) -> Result<Arc<dyn Backend>, WorkflowError> {
        let backend = ClusterBackend::new(
            self.client.unguarded(),
            surroundings.clock.clone(),
            &self.environment,
            stack,
        )?;
        Ok(Arc::new(backend))
    }

    /// Finds what is wrong with a stack's resources on their own; asks nobody outside.
    pub fn check<'a>(&self, stack: &'a str, program: &'a Program) -> Result<Checked<'a>, WorkflowError> {
        match program.wanted.check(&self.providers) {
            Ok(wanted) => Ok(Checked { stack, wanted, proofs: &program.proofs }),
            Err(problems) => Err(wrong(stack, problems)),
        }
    }

    /// Checks every stack of an environment, so that the last one's mistake is found before the first is touched.
    pub(super) fn check_all<'a>(&self, loaded: &'a Loaded) -> Result<Vec<Checked<'a>>, WorkflowError> {
        loaded.programs.iter().map(|(stack, program)| self.check(stack, program)).collect()
    }

    /// Decides what would change of a stack; reads, and writes nothing.
    pub async fn plan(
        &self,
        checked: &Checked<'_>,
        snapshot: &Snapshot,
        fingerprints: Arc<Fingerprints>,
    ) -> Result<Planned, WorkflowError> {
        let graph = self.graph(checked, snapshot, &fingerprints).await?;
        self.plan_graph(checked, graph, snapshot, fingerprints).await
    }

    /// Finds out what the providers must know of a stack's resources, and which comes after which.
    pub(super) async fn graph(
        &self,
        checked: &Checked<'_>,
        snapshot: &Snapshot,
        fingerprints: &Fingerprints,
    ) -> Result<Graph, WorkflowError> {
        let stack = checked.stack;
        let mut wanted = checked.wanted.with_fingerprints(fingerprints);
        prepare(&wanted, snapshot, &self.providers).await.map_err(|errors| unread(stack, errors))?;
        if wanted.program().resources.iter().any(|resource| resource.options.only_with.is_some()) {
            let discovery = self.client.discovery().await?;
            wanted = wanted.with_kinds(&self.providers, &|kind| discovery.find(kind, None).is_some());
        }
        Graph::build(&wanted, &self.providers).map_err(|problems| wrong(stack, problems))
    }

    /// Reads what is there, decides what would change, and finds what could not be done.
    pub(super) async fn plan_graph(
        &self,
        checked: &Checked<'_>,
        graph: Graph,
        snapshot: &Snapshot,
        fingerprints: Arc<Fingerprints>,
    ) -> Result<Planned, WorkflowError> {
        let stack = checked.stack;
        let wrong = |problems| wrong(stack, problems);
        let observed = observe(&graph, snapshot.clone(), &self.providers).await;
        let observed = observed.map_err(|errors| unread(stack, errors))?;
        let plan = engine::plan(&graph, &observed, &self.providers, &fingerprints).map_err(wrong)?;
        let problems = self.conform(&graph, &plan).await?;
        if problems.has_errors() {
            return Err(wrong(problems));
        }
        let wanted = &checked.wanted.program().resources;
        let left_out = wanted.iter().filter(|resource| graph.resource(&resource.urn).is_none());
        let left_out =
            left_out.filter_map(|left| Some((left.urn.clone(), left.options.only_with.clone()?))).collect();
        Ok(Planned {
            stack: stack.to_owned(),
            plan,
            left_out,
            proofs: checked.proofs.to_vec(),
            made_from: snapshot.clone(),
            fingerprints,
            graph,
            observed,
        })
    }
}

fn unread(stack: &str, errors: Vec<ReadError>) -> WorkflowError {
    WorkflowError::Read { stack: stack.to_owned(), source: Reads(errors) }
}

fn wrong(stack: &str, problems: Diagnostics) -> WorkflowError {
    WorkflowError::Plan { stack: stack.to_owned(), diagnostics: Problems(problems) }
}

/// Connects to the cluster that the command line names, else to the environment's.
async fn connect(target: &Target, cluster: &Cluster) -> Result<Client, WorkflowError> {
    let mut target = target.clone();
    if target.context.is_none() && target.kubeconfig.is_none() {
        target.context.clone_from(&cluster.context);
    }
    Ok(Client::connect(&target).await?)
}

/// Says what `up` would change, stack by stack; reads, and writes nothing.
pub async fn preview(surroundings: &Surroundings, loaded: &Loaded) -> Result<Vec<Planned>, WorkflowError> {
    let stage = Stage::of(surroundings, loaded).await?;
    let mut planned = Vec::new();
    for checked in stage.check_all(loaded)? {
        planned.push(stage.ready(surroundings, &checked).await?);
    }
    Ok(planned)
}

/// Returns the outputs that each stack of an environment remembers.
pub async fn outputs(
    surroundings: &Surroundings,
    loaded: &Loaded,
) -> Result<BTreeMap<String, BTreeMap<String, serde_json::Value>>, WorkflowError> {
    let stage = Stage::of(surroundings, loaded).await?;
    let mut all = BTreeMap::new();
    for stack in loaded.programs.keys() {
        let (snapshot, _) = stage.look(surroundings, stack).await?;
        all.insert(stack.clone(), snapshot.outputs);
    }
    Ok(all)
}

/// Takes the locks of an environment's stacks away, and returns whose they were.
pub async fn unlock(
    surroundings: &Surroundings,
    loaded: &Loaded,
) -> Result<Vec<(String, Holder)>, WorkflowError> {
    let stage = Stage::of(surroundings, loaded).await?;
    let mut freed = Vec::new();
    for stack in loaded.programs.keys() {
        let holder = stage.backend(surroundings, stack)?.unlock().await?;
        freed.extend(holder.map(|holder| (stack.clone(), holder)));
    }
    Ok(freed)
}
