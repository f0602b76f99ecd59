//! A provider over a world in memory, with faults, and a stack to run against it.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::{FutureExt as _, future::BoxFuture};

use super::{Cancel, Execution, Graph, Outcome, Plan, Program, Providers, execute, observe, plan};
use crate::clock::Clock;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::event::{Event, Events, Listener};
use crate::resource::{
    Applied, Apply, Brings, Change, Delete, FieldChange, Inputs, Known, Live, Need, Operation, Options,
    Permit, Permitted, Provider, ProviderError, Resource, Urn, Value, redacted, revealed,
};
use crate::secret::Secret;
use crate::state::{Entry, Fingerprints, Journal, JournalDocument, Sealing, Snapshot, StateError, resume};

pub(super) const CANARY: &str = "chirp-chirp-chirp";

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    pub(super) uid: String,
    pub(super) content: serde_json::Value,
}

/// What is there, what was done to it, and what is to go wrong.
#[derive(Default)]
pub(super) struct World {
    pub(super) objects: Mutex<BTreeMap<String, Object>>,
    pub(super) log: Mutex<Vec<String>>,
    pub(super) fails: Mutex<BTreeSet<String>>,
    /// How many points are left until the process is killed.
    life: Mutex<Option<usize>>,
    killed: tokio::sync::Notify,
    running: AtomicUsize,
    pub(super) peak: AtomicUsize,
    next: AtomicUsize,
}

/// Things with the inputs `namespace` (needed), `brings-namespace`, `replace-on` and whatever else; the object is
/// named `object`, or as the resource is.
pub(super) struct Things(pub(super) Arc<World>);

fn object_name(urn: &Urn, inputs: Option<&Inputs>) -> String {
    inputs.and_then(|inputs| inputs.get("object")?.as_str()).unwrap_or(urn.name()).to_owned()
}

impl World {
    /// A point at which the process can be killed.
    async fn point(&self) {
        {
            let mut life = self.life.lock().unwrap();
            match life.as_mut() {
                None => return,
                Some(0) => self.killed.notify_one(),
                Some(left) => {
                    *left -= 1;
                    return;
                }
            }
        }
        std::future::pending::<()>().await;
    }

    async fn work(&self, urn: &Urn, line: String) -> Result<(), ProviderError> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.peak.fetch_max(running, Ordering::SeqCst);
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        if self.fails.lock().unwrap().contains(urn.name()) {
            return Err(ProviderError::new(line, "injected fault"));
        }
        self.point().await;
        self.log.lock().unwrap().push(line);
        Ok(())
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    pub(super) fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.lock().unwrap())
    }
}

impl Things {
    fn put(&self, name: String, content: serde_json::Value) -> (Object, bool) {
        let mut objects = self.0.objects.lock().unwrap();
        let created = !objects.contains_key(&name);
        let uid = match objects.get(&name) {
            Some(object) => object.uid.clone(),
            None => format!("uid-{}", self.0.next.fetch_add(1, Ordering::SeqCst)),
        };
        let object = Object { uid, content };
        objects.insert(name, object.clone());
        (object, created)
    }
}

impl Provider for Things {
    fn check(&self, _: &Urn, _: &Inputs) -> Vec<Diagnostic> {
        Vec::new()
    }

    fn needs(&self, inputs: &Inputs) -> Vec<Need> {
        inputs
            .get("namespace")
            .and_then(Value::as_str)
            .map(|name| Need::Namespace(name.into()))
            .into_iter()
            .collect()
    }

    fn brings(&self, inputs: &Inputs) -> Vec<Brings> {
        let brought = inputs.get("brings-namespace").and_then(Value::as_str);
        brought.map(|name| Brings::Namespace(name.into())).into_iter().collect()
    }

    fn read<'a>(&'a self, all: &'a [Known<'a>]) -> BoxFuture<'a, Result<Vec<Live>, ProviderError>> {
        let objects = self.0.objects.lock().unwrap();
        let live = all.iter().map(|known| match objects.get(&object_name(known.urn, known.inputs)) {
            Some(object) => {
                Live { exists: true, uid: Some(object.uid.clone()), data: Some(Arc::new(object.clone())) }
            }
            None => Live::default(),
        });
        let live = live.collect();
        Box::pin(async move { Ok(live) })
    }

    fn diff(&self, known: Known<'_>, live: &Live) -> Change {
        let (Some(inputs), Some(object)) = (known.inputs, live.data::<Object>()) else {
            return Change::of(if live.exists { Operation::Delete } else { Operation::Create });
        };
        let mut change = Change::of(Operation::Same);
        let wanted = revealed(inputs);
        for (key, shown) in redacted(inputs).as_object().unwrap() {
            if object.content.get(key) != wanted.get(key) {
                change.operation = Operation::Update;
                change.fields.push(FieldChange {
                    path: key.clone(),
                    before: None,
                    after: Some(shown.to_string()),
                });
            }
        }
        if change.fields.iter().any(|field| field.path == "replace-on") {
            change.operation = Operation::Replace;
        }
        change
    }

    fn outputs(&self, _: Known<'_>, live: &Live) -> Option<Value> {
        live.data::<Object>().map(outputs)
    }

    fn apply<'a>(&'a self, apply: Apply<'a>) -> BoxFuture<'a, Result<Applied, ProviderError>> {
        Box::pin(async move {
            let name = object_name(apply.urn, Some(apply.inputs));
            self.0.work(apply.urn, format!("apply {}", apply.urn.name())).await?;
            let (object, created) = self.put(name, revealed(apply.inputs));
            self.0.point().await;
            Ok(Applied { outputs: outputs(&object), uid: Some(object.uid), created })
        })
    }

    fn delete<'a>(&'a self, delete: Delete<'a>) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let urn = &delete.record.urn;
            self.0.work(urn, format!("delete {}", urn.name())).await?;
            self.0
                .objects
                .lock()
                .unwrap()
                .retain(|_, object| Some(&object.uid) != delete.record.uid.as_ref());
            self.0.point().await;
            Ok(())
        })
    }
}

fn outputs(object: &Object) -> Value {
    let password = object.content.get("password").map_or(Value::Null, Value::from);
    Value::map([("uid", object.uid.as_str().into()), ("password", password.secret())])
}

/// A journal in memory: what was not safe when the process was killed is lost.
struct Notes {
    world: Arc<World>,
    document: Mutex<JournalDocument>,
    safe: AtomicUsize,
}

impl Notes {
    fn kept(self) -> JournalDocument {
        let mut document = self.document.into_inner().unwrap();
        document.entries.truncate(self.safe.into_inner());
        document
    }
}

impl Journal for Notes {
    fn begin(&self, entry: Entry) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            self.document.lock().unwrap().entries.push(entry);
            self.world.point().await;
            self.safe.store(self.document.lock().unwrap().entries.len(), Ordering::SeqCst);
            self.world.point().await;
            Ok(())
        })
    }

    fn end(&self, entry: Entry) {
        self.document.lock().unwrap().entries.push(entry);
    }
}

/// Hands out so many permits.
pub(super) struct Permits(pub(super) AtomicUsize);

impl Permit for Permits {
    fn check(&self) -> Result<(), crate::resource::Forbidden> {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .map(drop)
            .map_err(|_| crate::resource::Forbidden { why: "the lease ended".into() })
    }
}

struct Plain;

impl Sealing for Plain {
    fn recipients(&self) -> Vec<String> {
        vec!["age1test".into()]
    }

    fn seal(&self, bytes: &[u8]) -> Result<String, Box<dyn Error + Send + Sync>> {
        Ok(hex::encode(bytes))
    }

    fn open(&self, sealed: &str) -> Result<Secret<Vec<u8>>, Box<dyn Error + Send + Sync>> {
        Ok(Secret::new(hex::decode(sealed)?))
    }
}

#[derive(Default)]
pub(super) struct Heard(pub(super) Mutex<Vec<Event>>);

impl Listener for Heard {
    fn hear(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// A stack in a world, with what it remembers between runs.
pub(super) struct Stack {
    pub(super) world: Arc<World>,
    pub(super) snapshot: Snapshot,
    pub(super) heard: Arc<Heard>,
    pub(super) concurrency: usize,
    pub(super) cancel: Cancel,
    pub(super) permits: Option<usize>,
    pub(super) journal: Option<JournalDocument>,
}

impl Default for Stack {
    fn default() -> Self {
        Self {
            world: Arc::default(),
            snapshot: Snapshot::default(),
            heard: Arc::default(),
            concurrency: Execution::CONCURRENCY,
            cancel: Cancel::never(),
            permits: None,
            journal: None,
        }
    }
}

impl Stack {
    pub(super) fn providers(&self) -> Providers {
        Providers::new().with("test", Arc::new(Things(Arc::clone(&self.world))))
    }

    fn fingerprints(&self) -> Fingerprints {
        Fingerprints::new(self.snapshot.hmac_key.clone(), Arc::new(Plain))
    }

    pub(super) async fn preview(&self, resources: &[Resource]) -> Result<Plan, Diagnostics> {
        let providers = self.providers();
        let program = program(resources);
        let graph = Graph::build(&program.check(&providers)?, &providers)?;
        let observed = observe(&graph, self.snapshot.clone(), &providers).await.unwrap();
        plan(&graph, &observed, &providers, &self.fingerprints())
    }

    pub(super) async fn up(&mut self, resources: &[Resource]) -> Outcome {
        self.run(resources).await.expect("nobody kills it")
    }

    /// Runs and is killed at the point `life`; says whether it lived so long.
    pub(super) async fn up_until(&mut self, resources: &[Resource], life: usize) -> bool {
        *self.world.life.lock().unwrap() = Some(life);
        let outcome = self.run(resources).await;
        *self.world.life.lock().unwrap() = None;
        self.world.log();
        outcome.is_none()
    }

    async fn run(&mut self, resources: &[Resource]) -> Option<Outcome> {
        let providers = self.providers();
        let journal = self.journal.take().unwrap_or_else(|| JournalDocument::after(&self.snapshot));
        let snapshot = resume(self.snapshot.clone(), journal.clone());
        let fingerprints = Fingerprints::new(snapshot.hmac_key.clone(), Arc::new(Plain));
        let program = program(resources);
        let graph = Graph::build(&program.check(&providers).unwrap(), &providers).unwrap();
        let observed = observe(&graph, snapshot, &providers).await.unwrap();
        let plan = plan(&graph, &observed, &providers, &fingerprints).unwrap();
        let safe = AtomicUsize::new(journal.entries.len());
        let notes = Notes { world: Arc::clone(&self.world), document: Mutex::new(journal), safe };
        let permits = self.permits.map(|permits| Permits(AtomicUsize::new(permits)));
        let permit: &dyn Permit = match &permits {
            Some(permits) => permits,
            None => &Permitted,
        };
        let execution = Execution {
            graph: &graph,
            observed: &observed,
            providers: &providers,
            fingerprints: &fingerprints,
            journal: &notes,
            permit,
            events: &Events::to(Arc::clone(&self.heard) as Arc<dyn Listener>),
            clock: &Clock::system(),
            cancel: &self.cancel,
            concurrency: self.concurrency,
        };
        let outcome = tokio::select! {
            biased;
            () = self.world.killed.notified() => None,
            outcome = execute(&plan, execution) => Some(outcome),
        };
        // Several steps may have come to the point at once: one kill is enough.
        let _ = self.world.killed.notified().now_or_never();
        if let Some(outcome) = &outcome {
            self.snapshot = outcome.snapshot.clone().at(self.snapshot.serial + 1);
        } else {
            let hmac_key = fingerprints.sealed();
            self.journal = Some(JournalDocument { hmac_key, ..notes.kept() });
        }
        outcome
    }
}

fn program(resources: &[Resource]) -> Program {
    Program { resources: resources.to_vec(), outputs: BTreeMap::new() }
}

pub(super) fn urn(name: &str) -> Urn {
    Urn::new("dev", "s", "test:Thing", name)
}

pub(super) fn thing<const N: usize>(name: &str, inputs: [(&str, Value); N]) -> Resource {
    Resource { urn: urn(name), inputs: Value::map(inputs), options: Options::default() }
}

pub(super) fn after(mut resource: Resource, names: &[&str]) -> Resource {
    resource.options.depends_on = names.iter().map(|name| urn(name)).collect();
    resource
}
