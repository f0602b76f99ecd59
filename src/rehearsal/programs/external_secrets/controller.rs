//! The controller's process: the queues, the watches that fill them, and the workers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::core::PartialObjectMeta;
use kube::runtime::watcher;
use kube::{Api, Client};
use tokio::task::JoinSet;

use crate::rehearsal::{
    network::Handler,
    programs::{Exit, Process},
};

use super::error::Failure;
use super::flags::ControllerFlags;
use super::journal::Journal;
use super::leader::Candidate;
use super::providers::{Around, FakeSecrets};
use super::queue::{Next, Queue};
use super::resource::{
    ClusterExternalSecret, ExternalSecret, GROUP, Kind, Object, Place, PushSecret, StatusOf, Store,
};
use super::watch::{follow, follow_metadata};
use super::work::work;
use super::world::World;
use super::{cluster, health, push, secret, store};

/// Kinds that are missing later are waited for so long.
const CACHE_SYNC: Duration = Duration::from_mins(2);

type Places = Arc<Queue<Place>>;

/// Runs until the process ends.
pub(super) async fn run(process: Process) -> Exit {
    let flags = ControllerFlags::read(&process);
    let journal = Journal::new(process.log.clone(), process.clock.clone());
    let asked = process.termination.requested();
    let missing = missing_kinds(&process.client, &flags).await;
    // These two are indexed at the start, which needs them at once.
    if let Some(kind) = missing.iter().find(|kind| matches!(kind, Kind::ExternalSecret | Kind::PushSecret)) {
        let error = format!("no matches for kind {:?} in version {:?}", kind.name(), kind.api_version());
        journal.error("setup", "unable to create controller", kind.name(), &error);
        return Exit::FAILURE;
    }
    let handler: Arc<dyn Handler> = Arc::new(|request: Request<Bytes>| {
        let response = health::answer(&request, None);
        Box::pin(async move { response }) as BoxFuture<'static, Response<Bytes>>
    });
    let ports = [flags.metrics_port, flags.live_port];
    let _listening: Vec<_> =
        ports.into_iter().flatten().map(|port| process.listen(port, Arc::clone(&handler))).collect();
    journal.info("setup", "starting manager");
    if let Some(kind) = missing.first() {
        let error = format!("no matches for kind {:?} in version {:?}", kind.name(), kind.api_version());
        let message = "if kind is a CRD, it should be installed before calling Start";
        journal.error("controller-runtime.source", message, kind.name(), &error);
        tokio::select! {
            () = tokio::time::sleep(CACHE_SYNC) => {}
            () = asked => return Exit::SUCCESS,
        }
        journal.error(
            "setup",
            "problem running manager",
            kind.name(),
            "timed out waiting for cache to be synced",
        );
        return Exit::FAILURE;
    }
    let around = Around {
        client: process.client.clone(),
        network: process.network.clone(),
        fake: FakeSecrets::default(),
    };
    let candidate = flags.leader_election.then(|| Candidate {
        leases: Api::namespaced(process.client.clone(), &process.pod.namespace),
        clock: process.clock.clone(),
        name: flags.leader_election_id.clone(),
        identity: format!("{}_{}", process.pod.name, process.pod.uid),
    });
    let world = World { around, clock: process.clock.clone(), flags, journal: journal.clone() };
    let led = async {
        if let Some(candidate) = &candidate {
            candidate.lead().await;
        }
        // The tasks end with this set.
        let _tasks = start(&world);
        match &candidate {
            Some(candidate) => candidate.stay().await,
            None => std::future::pending().await,
        }
        journal.error("setup", "problem running manager", "leader", "leader election lost");
        Exit::FAILURE
    };
    tokio::select! {
        exit = led => exit,
        () = asked => Exit::SUCCESS,
    }
}

/// Returns the kinds that are wanted and not served.
async fn missing_kinds(client: &Client, flags: &ControllerFlags) -> Vec<Kind> {
    let mut wanted = vec![Kind::SecretStore, Kind::ExternalSecret];
    wanted.extend(flags.cluster_stores.then_some(Kind::ClusterSecretStore));
    wanted.extend(flags.cluster_external_secrets.then_some(Kind::ClusterExternalSecret));
    wanted.extend(flags.push_secrets.then_some(Kind::PushSecret));
    let mut served = Vec::new();
    for version in ["v1", "v1alpha1"] {
        let list = client.list_api_group_resources(&format!("{GROUP}/{version}")).await;
        let resources = list.map(|list| list.resources).unwrap_or_default();
        served.extend(resources.into_iter().map(|resource| (version, resource.kind)));
    }
    wanted.retain(|kind| {
        !served.iter().any(|(version, name)| *version == kind.version() && name == kind.name())
    });
    wanted
}

/// Starts all controllers that the flags ask for.
fn start(world: &World) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    if world.flags.secret_stores {
        start_stores(world, Kind::SecretStore, &mut tasks);
    }
    if world.flags.cluster_stores {
        start_stores(world, Kind::ClusterSecretStore, &mut tasks);
    }
    start_external_secrets(world, &mut tasks);
    if world.flags.push_secrets {
        let queue: Places = Arc::new(Queue::new());
        watch_own::<PushSecret>(world, Kind::PushSecret, &queue, &mut tasks);
        let controller = Arc::new(push::Controller::new(world.clone()));
        start_workers(world, "controllers.PushSecret", &queue, &mut tasks, move |place| {
            let controller = Arc::clone(&controller);
            Box::pin(async move { controller.reconcile(&place).await })
        });
    }
    if world.flags.cluster_external_secrets {
        start_cluster_external_secrets(world, &mut tasks);
    }
    tasks
}

fn start_stores(world: &World, kind: Kind, tasks: &mut JoinSet<()>) {
    let queue: Places = Arc::new(Queue::new());
    watch_own::<Store>(world, kind, &queue, tasks);
    let controller = Arc::new(store::Controller::new(world.clone(), kind));
    if world.flags.push_secrets {
        // A PushSecret decides whether its stores may go.
        let (queue, controller) = (Arc::clone(&queue), Arc::clone(&controller));
        let pushes: Arc<Queue<Place>> = Arc::new(Queue::new());
        let seen = Arc::clone(&pushes);
        let api = world.objects::<PushSecret>(Kind::PushSecret, world.flags.namespace.as_deref());
        let last: Arc<Mutex<BTreeMap<Place, Object<PushSecret>>>> = Arc::default();
        let known = Arc::clone(&last);
        tasks.spawn(follow(api, watcher::Config::default(), move |push: &Object<PushSecret>| {
            if let Some(place) = Place::of(&push.metadata) {
                known.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone(), push.clone());
                seen.add(place);
            }
        }));
        tasks.spawn(async move {
            loop {
                let place = pushes.next().await;
                let push = last.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
                if let Some(push) = push {
                    controller.concerned(&push).await.into_iter().for_each(|store| queue.add(store));
                }
                pushes.done(place, Next::Wait);
            }
        });
    }
    let logger = controller.logger();
    start_workers(world, &logger, &queue, tasks, move |place| {
        let controller = Arc::clone(&controller);
        Box::pin(async move { controller.reconcile(&place).await })
    });
}

fn start_external_secrets(world: &World, tasks: &mut JoinSet<()>) {
    let queue: Places = Arc::new(Queue::new());
    // By ExternalSecret: its Secret's name.
    let targets: Arc<Mutex<BTreeMap<Place, String>>> = Arc::default();
    let (own, known) = (Arc::clone(&queue), Arc::clone(&targets));
    let api = world.objects::<ExternalSecret>(Kind::ExternalSecret, world.flags.namespace.as_deref());
    tasks.spawn(follow(api, watcher::Config::default(), move |object: &Object<ExternalSecret>| {
        let Some(place) = Place::of(&object.metadata) else { return };
        let target = match object.spec.target.name.as_str() {
            "" => place.name.clone(),
            name => name.to_owned(),
        };
        known.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone(), target);
        own.add(place);
    }));
    let secrets: Api<PartialObjectMeta<Secret>> = match &world.flags.namespace {
        Some(namespace) => Api::namespaced(world.client(), namespace),
        None => Api::all(world.client()),
    };
    let managed = watcher::Config::default().labels("reconcile.external-secrets.io/managed=true");
    let of_secrets = Arc::clone(&queue);
    tasks.spawn(follow_metadata(secrets, managed, move |secret: &ObjectMeta| {
        let (namespace, name) = (&secret.namespace, secret.name.as_deref().unwrap_or_default());
        let targets = targets.lock().unwrap_or_else(PoisonError::into_inner);
        let concerned =
            targets.iter().filter(|(place, target)| place.namespace == *namespace && target.as_str() == name);
        concerned.for_each(|(place, _)| of_secrets.add(place.clone()));
    }));
    let controller = Arc::new(secret::Controller::new(world.clone()));
    start_workers(world, "controllers.ExternalSecret", &queue, tasks, move |place| {
        let controller = Arc::clone(&controller);
        Box::pin(async move { controller.reconcile(&place).await })
    });
}

fn start_cluster_external_secrets(world: &World, tasks: &mut JoinSet<()>) {
    let queue: Places = Arc::new(Queue::new());
    let known: Arc<Mutex<BTreeMap<Place, ClusterExternalSecret>>> = Arc::default();
    let (own, specs) = (Arc::clone(&queue), Arc::clone(&known));
    let kind = Kind::ClusterExternalSecret;
    let api = world.objects::<ClusterExternalSecret>(kind, None);
    tasks.spawn(follow(api, watcher::Config::default(), move |object: &Object<ClusterExternalSecret>| {
        let Some(place) = Place::of(&object.metadata) else { return };
        specs.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone(), object.spec.clone());
        own.add(place);
    }));
    let of_secrets = Arc::clone(&queue);
    let api = world.objects::<ExternalSecret>(Kind::ExternalSecret, world.flags.namespace.as_deref());
    tasks.spawn(follow(api, watcher::Config::default(), move |object: &Object<ExternalSecret>| {
        let owners = object.metadata.owner_references.iter().flatten();
        let ours = owners.filter(|owner| owner.controller == Some(true) && owner.kind == kind.name());
        ours.for_each(|owner| of_secrets.add(Place { namespace: None, name: owner.name.clone() }));
    }));
    let of_namespaces = Arc::clone(&queue);
    // The labels before: whoever is selected by the old or by the new ones is concerned.
    let mut labels: BTreeMap<String, Namespace> = BTreeMap::new();
    let namespaces: Api<Namespace> = Api::all(world.client());
    tasks.spawn(follow(namespaces, watcher::Config::default(), move |namespace: &Namespace| {
        let name = namespace.metadata.name.clone().unwrap_or_default();
        let before = labels.insert(name, namespace.clone());
        let is_changed = before.as_ref().is_none_or(|before| {
            before.metadata.labels != namespace.metadata.labels
                || before.metadata.deletion_timestamp != namespace.metadata.deletion_timestamp
        });
        if !is_changed {
            return;
        }
        for (place, spec) in known.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let selects = |namespace: &Namespace| cluster::selects(spec, namespace).unwrap_or(false);
            if selects(namespace) || before.as_ref().is_some_and(selects) {
                of_namespaces.add(place.clone());
            }
        }
    }));
    let controller = Arc::new(cluster::Controller::new(world.clone()));
    start_workers(world, "controllers.ClusterExternalSecret", &queue, tasks, move |place| {
        let controller = Arc::clone(&controller);
        Box::pin(async move { controller.reconcile(&place).await })
    });
}

fn watch_own<S: StatusOf>(world: &World, kind: Kind, queue: &Places, tasks: &mut JoinSet<()>) {
    let queue = Arc::clone(queue);
    let namespace = world.flags.namespace.as_deref().filter(|_| kind != Kind::ClusterSecretStore);
    let api = world.objects::<S>(kind, namespace);
    tasks.spawn(follow(api, watcher::Config::default(), move |object: &Object<S>| {
        if let Some(place) = Place::of(&object.metadata) {
            queue.add(place);
        }
    }));
}

fn start_workers(
    world: &World,
    logger: &str,
    queue: &Places,
    tasks: &mut JoinSet<()>,
    reconcile: impl Fn(Place) -> BoxFuture<'static, Result<Next, Failure>> + Clone + Send + 'static,
) {
    for _ in 0..world.flags.concurrent {
        let (queue, journal) = (Arc::clone(queue), world.journal.clone());
        tasks.spawn(work(queue, journal, logger.to_owned(), reconcile.clone()));
    }
}
