//! Execution: it decides nothing, and leaves nothing half done without a trace.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::walk::{End, Left, walk};
use super::{Cancel, Failure, Graph, Observed, Outcome, Plan, Providers, Step, StepError};
use crate::clock::Clock;
use crate::event::{Event, Events};
use crate::resource::{Applied, Apply, Delete, Known, Live, Operation, Permit, Record, Resource, Urn, Value};
use crate::state::{Doubt, Entry, Fingerprints, Journal, Snapshot, recalled};

/// What an execution works with.
#[derive(Clone, Copy)]
pub struct Execution<'a> {
    /// The program's resources.
    pub graph: &'a Graph,
    /// What was there when the plan was made.
    pub observed: &'a Observed,
    /// Who applies and deletes.
    pub providers: &'a Providers,
    /// What stands for secrets in records.
    pub fingerprints: &'a Fingerprints,
    /// Where steps are written down.
    pub journal: &'a dyn Journal,
    /// Asked before each write.
    pub permit: &'a dyn Permit,
    /// Where it is told what happens.
    pub events: &'a Events,
    /// The time.
    pub clock: &'a Clock,
    /// The wish to stop.
    pub cancel: &'a Cancel,
    /// How many steps run at once.
    pub concurrency: usize,
}

impl Execution<'_> {
    /// How many steps run at once, where nobody says otherwise.
    pub const CONCURRENCY: usize = 16;
}

/// Does what the plan says: first what is made and changed, each after what it needs, then what is deleted.
///
/// A failure stops what depends on it and every deletion, for what is deleted may still be needed by what was not
/// reached. A wish to stop lets running steps come to their end.
pub async fn execute(plan: &Plan, execution: Execution<'_>) -> Outcome {
    let run = Run {
        execution,
        foreign: plan.serial != execution.observed.snapshot.serial,
        snapshot: Mutex::new(execution.observed.snapshot.clone()),
        outputs: Mutex::default(),
        failures: Mutex::default(),
    };
    let (removing, applying): (Vec<&Step>, Vec<&Step>) = plan
        .steps
        .iter()
        .partition(|step| matches!(step.change.operation, Operation::Delete | Operation::Retain));
    let mut left = walk(&applying, execution.concurrency, |step| run.step(step)).await;
    let failed = lock(&run.failures).first().map(|failure| failure.urn.clone());
    if let Some(failed) = &failed {
        left.skipped.extend(removing.iter().map(|step| (step.urn.clone(), failed.clone())));
    } else if left.not_begun.is_empty() {
        left.extend(walk(&removing, execution.concurrency, |step| run.step(step)).await);
    } else {
        left.not_begun.extend(removing.iter().map(|step| step.urn.clone()));
    }
    run.finish(left)
}

struct Run<'a> {
    execution: Execution<'a>,
    /// Whether the plan was made from another snapshot.
    foreign: bool,
    snapshot: Mutex<Snapshot>,
    outputs: Mutex<HashMap<Urn, Value>>,
    failures: Mutex<Vec<Failure>>,
}

/// A step that did not come to its end.
enum Stop {
    Failed(StepError),
    /// The run is to stop; the step was not begun.
    Cancelled,
}

impl From<StepError> for Stop {
    fn from(error: StepError) -> Self {
        Self::Failed(error)
    }
}

impl Run<'_> {
    async fn step(&self, step: &Step) -> End {
        let Execution { events, clock, cancel, .. } = self.execution;
        if cancel.is_cancelled() {
            return End::Stopped;
        }
        let operation = step.change.operation;
        let silent = matches!(operation, Operation::Same | Operation::Retain);
        let begun = clock.elapsed();
        if !silent {
            events.send(&Event::Started { urn: step.urn.clone(), operation });
        }
        match self.perform(step).await {
            Ok(()) => {
                if !silent {
                    let elapsed = clock.elapsed().saturating_sub(begun);
                    events.send(&Event::Finished { urn: step.urn.clone(), operation, elapsed });
                }
                End::Done
            }
            Err(Stop::Cancelled) => End::Stopped,
            Err(Stop::Failed(error)) => {
                events.send(&Event::Failed { urn: step.urn.clone(), error: with_causes(&error) });
                let end = match error {
                    StepError::Forbidden(_) | StepError::Journal(_) => End::Stopped,
                    StepError::Provider(_)
                    | StepError::Gate(_)
                    | StepError::Unresolved { .. }
                    | StepError::Foreign => End::Failed,
                };
                lock(&self.failures).push(Failure { urn: step.urn.clone(), error });
                end
            }
        }
    }

    async fn perform(&self, step: &Step) -> Result<(), Stop> {
        if self.foreign {
            return Err(StepError::Foreign.into());
        }
        match step.change.operation {
            Operation::Same => self.leave(step),
            Operation::Create | Operation::Update | Operation::Replace => self.apply(step).await,
            Operation::Delete => self.delete(step).await,
            Operation::Retain => {
                lock(&self.snapshot).remove(&step.urn);
                Ok(())
            }
        }
    }

    /// Remembers of what stays as it is whatever the program says differently of it now.
    fn leave(&self, step: &Step) -> Result<(), Stop> {
        let (resource, record) = self.known(step)?;
        let (live, inputs) = (self.live(&step.urn), self.inputs(resource));
        let known = Known {
            urn: &step.urn,
            inputs: Some(&inputs),
            record: record.as_ref(),
            options: Some(&resource.options),
        };
        let provider = self.execution.providers.of(&step.urn).map_err(|_| StepError::Foreign)?;
        let remembered = || record.as_ref().map(|record| recalled(&record.outputs));
        let (recorded, outputs) = match provider.outputs(known, live) {
            Some(outputs) => (self.execution.fingerprints.record(&step.urn, &outputs), outputs),
            None => (
                record.as_ref().map_or(serde_json::Value::Null, |record| record.outputs.clone()),
                remembered().unwrap_or(Value::Null),
            ),
        };
        let uid = live.uid.clone().or_else(|| record.as_ref().and_then(|record| record.uid.clone()));
        let created = record.as_ref().is_some_and(|record| record.created);
        let mut new = Record { uid, created, outputs: recorded, ..self.record(resource, &inputs) };
        if let (true, Some(record)) = (inputs.holds_unknown(), record) {
            new.inputs = record.inputs;
        }
        self.remember(step, new, outputs);
        Ok(())
    }

    async fn apply(&self, step: &Step) -> Result<(), Stop> {
        let (resource, record) = self.known(step)?;
        self.wait(resource).await?;
        let inputs = self.inputs(resource);
        if inputs.holds_unknown() {
            return Err(
                StepError::Unresolved { of: resource.inputs.dependencies().into_iter().collect() }.into()
            );
        }
        let live = self.live(&step.urn);
        let replaced = step.change.operation == Operation::Replace;
        let made = replaced || !live.exists || record.as_ref().is_some_and(|record| record.created);
        let proposal = Record { created: made, ..self.record(resource, &inputs) };
        self.begin(step, Some(&proposal)).await?;

        let result = self.provide(step, resource, &inputs, record.as_ref()).await;
        let Applied { outputs, uid, created } = result.inspect_err(|_| self.doubt(step, &proposal))?;
        let recorded = self.execution.fingerprints.record(&step.urn, &outputs);
        let created = created || replaced || record.is_some_and(|record| record.created);
        let record = Record { uid, created, outputs: recorded, ..proposal };
        self.execution.journal.end(Entry::Ended {
            urn: step.urn.clone(),
            record: Some(record.clone()),
            formerly: step.formerly.clone(),
        });
        self.remember(step, record, outputs);
        Ok(())
    }

    async fn provide(
        &self,
        step: &Step,
        resource: &Resource,
        inputs: &Value,
        record: Option<&Record>,
    ) -> Result<Applied, StepError> {
        let provider = self.execution.providers.of(&step.urn).map_err(|_| StepError::Foreign)?;
        let progress = &self.execution.events.of(&step.urn);
        let mut live = self.live(&step.urn);
        if let (Operation::Replace, Some(record)) = (step.change.operation, record) {
            provider.delete(Delete { record, live, progress }).await?;
            self.execution.permit.check()?;
            live = &NOTHING;
        }
        let (urn, options, change) = (&step.urn, &resource.options, &step.change);
        Ok(provider.apply(Apply { urn, inputs, options, record, live, change, progress }).await?)
    }

    async fn delete(&self, step: &Step) -> Result<(), Stop> {
        let record = lock(&self.snapshot).record(&step.urn).cloned().ok_or(StepError::Foreign)?;
        let live = self.live(&step.urn);
        if live.exists {
            let provider = self.execution.providers.of(&step.urn).map_err(|_| StepError::Foreign)?;
            self.begin(step, None).await?;
            let progress = &self.execution.events.of(&step.urn);
            provider.delete(Delete { record: &record, live, progress }).await.map_err(StepError::from)?;
            self.execution.journal.end(Entry::Ended { urn: step.urn.clone(), record: None, formerly: None });
        }
        lock(&self.snapshot).remove(&step.urn);
        Ok(())
    }

    /// Waits for the resource's gates; a wish to stop ends the wait, for nothing was written yet.
    async fn wait(&self, resource: &Resource) -> Result<(), Stop> {
        let progress = self.execution.events.of(&resource.urn);
        for gate in &resource.options.gates {
            tokio::select! {
                opened = gate.wait(&progress) => opened.map_err(StepError::Gate)?,
                () = self.execution.cancel.cancelled() => return Err(Stop::Cancelled),
            }
        }
        Ok(())
    }

    /// Writes the step down, and makes sure on both sides of it that writing is still permitted.
    async fn begin(&self, step: &Step, record: Option<&Record>) -> Result<(), Stop> {
        self.execution.permit.check().map_err(StepError::from)?;
        let entry =
            Entry::Begun { urn: step.urn.clone(), operation: step.change.operation, record: record.cloned() };
        self.execution.journal.begin(entry).await.map_err(StepError::Journal)?;
        self.execution.permit.assure().await.map_err(StepError::from)?;
        Ok(())
    }

    /// Remembers that a failed step may have made the resource all the same.
    fn doubt(&self, step: &Step, proposal: &Record) {
        if matches!(step.change.operation, Operation::Create | Operation::Replace) {
            lock(&self.snapshot).doubt(Doubt {
                urn: step.urn.clone(),
                operation: step.change.operation,
                record: Some(proposal.clone()),
            });
        }
    }

    fn remember(&self, step: &Step, record: Record, outputs: Value) {
        let mut snapshot = lock(&self.snapshot);
        if let Some(formerly) = &step.formerly {
            snapshot.remove(formerly);
        }
        snapshot.insert(record);
        lock(&self.outputs).insert(step.urn.clone(), outputs);
    }

    /// Returns the resource of a step, and what is remembered of it under its name of now.
    fn known(&self, step: &Step) -> Result<(&Resource, Option<Record>), StepError> {
        let resource = self.execution.graph.resource(&step.urn).ok_or(StepError::Foreign)?;
        let record = lock(&self.snapshot).record(step.formerly.as_ref().unwrap_or(&step.urn)).cloned();
        Ok((resource, record.map(|record| Record { urn: step.urn.clone(), ..record })))
    }

    fn record(&self, resource: &Resource, inputs: &Value) -> Record {
        Record {
            urn: resource.urn.clone(),
            inputs: self.execution.fingerprints.record(&resource.urn, inputs),
            outputs: serde_json::Value::Null,
            dependencies: self.execution.graph.dependencies(&resource.urn),
            uid: None,
            created: false,
            protect: resource.options.protect,
            retain_on_delete: resource.options.retain_on_delete,
        }
    }

    fn inputs(&self, resource: &Resource) -> Value {
        let outputs = lock(&self.outputs);
        resource.inputs.resolve(&|urn| outputs.get(urn).cloned())
    }

    fn live(&self, urn: &Urn) -> &Live {
        self.execution.observed.live.get(urn).unwrap_or(&NOTHING)
    }

    fn finish(self, left: Left) -> Outcome {
        let Execution { graph, fingerprints, events, .. } = self.execution;
        for (urn, because) in &left.skipped {
            events.send(&Event::Skipped { urn: urn.clone(), because: because.clone() });
        }
        let outputs = self.outputs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let resolved = |value: &Value| value.resolve(&|urn| outputs.get(urn).cloned());
        let outputs: BTreeMap<String, Value> =
            graph.outputs().iter().map(|(name, value)| (name.clone(), resolved(value))).collect();
        let mut snapshot = self.snapshot.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut remembered = std::mem::take(&mut snapshot.outputs);
        for (name, value) in &outputs {
            let before = remembered.remove(name).filter(|_| value.holds_unknown());
            let recorded = before.unwrap_or_else(|| fingerprints.record_output(name, value));
            snapshot.outputs.insert(name.clone(), recorded);
        }
        snapshot.hmac_key = fingerprints.sealed();
        Outcome {
            snapshot,
            outputs,
            failures: self.failures.into_inner().unwrap_or_else(PoisonError::into_inner),
            skipped: left.skipped.into_iter().map(|(urn, _)| urn).collect(),
            not_begun: left.not_begun,
        }
    }
}

/// What is there where nothing was read.
static NOTHING: Live = Live { exists: false, uid: None, data: None };

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns an error and its causes on one line.
fn with_causes(error: &StepError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
