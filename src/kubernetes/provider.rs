//! The provider of single objects: `kubernetes:Secret`, `kubernetes:Namespace`, `kubernetes:` any kind.
//!
//! A resource's inputs are the object's manifest. A Namespace that was there before is adopted and never deleted.

mod decision;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use serde_json::{Value as Json, json};

use self::decision::{compared, later, moved, removal, unknown_paths};
use super::{
    ApplyOptions, Client, Comparison, Definition, Established, KubernetesError, Manifest, Propagation,
    Settled, WaitOptions, Wanted, granting, settled::is_built_in,
};
use crate::diagnostic::Diagnostic;
use crate::resource::{
    Access, Applied, Apply, Brings, Change, Collateral, Delete, Gate, GroupKind, Inputs, Kind, Kinds, Known,
    Live, Need, Operation, Options, Provider, ProviderError, Value,
};

/// The field manager of what is no release's.
pub const MANAGER: &str = "eggtooth";

const GONE: Duration = Duration::from_mins(5);

/// Provides `kubernetes:KIND` resources.
#[derive(Clone, Debug)]
pub struct KubernetesProvider {
    client: Client,
}

/// What a read keeps for the decision.
struct Read {
    object: Option<Manifest>,
    /// The comparison, where all inputs were known when the object was read.
    comparison: Option<Comparison>,
    collateral: Vec<Collateral>,
}

impl KubernetesProvider {
    /// Returns the provider of a cluster's objects.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    async fn read_all(&self, all: &[Known<'_>]) -> Result<Vec<Live>, KubernetesError> {
        let mut reads = Vec::with_capacity(all.len());
        for known in all {
            reads.push(self.plan_read(known).await?);
        }
        let wanted: Vec<Wanted<'_>> = reads
            .iter()
            .flatten()
            .map(|read| Wanted {
                desired: &read.desired,
                settled: read.settled.as_ref(),
                dry_run: read.compare,
            })
            .collect();
        let mut comparisons = self.client.compare(&wanted, MANAGER).await?.into_iter();
        let mut found = Vec::with_capacity(all.len());
        for read in &reads {
            let comparison = read.as_ref().and_then(|_| comparisons.next()).unwrap_or(Comparison::Absent);
            let compare = read.as_ref().is_some_and(|read| read.compare);
            found.push(self.live(comparison, compare, read.as_ref().is_some_and(|read| read.removal)).await?);
        }
        Ok(found)
    }

    async fn plan_read(&self, known: &Known<'_>) -> Result<Option<PlannedRead>, KubernetesError> {
        let recorded = known.record.and_then(|record| Manifest::new(record.inputs.clone()).ok());
        let wanted = known.inputs.and_then(|inputs| Manifest::from_inputs(inputs).ok());
        let complete = known.inputs.is_some_and(|inputs| !inputs.holds_unknown());
        // One that gets another name or kind is replaced: what is there now goes by the old one.
        let moved = matches!((&recorded, &wanted), (Some(old), Some(new)) if old.key() != new.key());
        let desired = if moved { recorded } else { wanted.or(recorded) };
        let Some(mut desired) = desired else { return Ok(None) };
        self.normalise(&mut desired).await?;
        Ok(Some(PlannedRead {
            desired,
            settled: known
                .record
                .and_then(|record| serde_json::from_value(record.outputs["settled"].clone()).ok()),
            compare: complete && !moved,
            removal: known.inputs.is_none() || moved,
        }))
    }

    async fn normalise(&self, manifest: &mut Manifest) -> Result<(), KubernetesError> {
        let discovery = self.client.discovery().await?;
        let namespaced = discovery
            .find(&manifest.group_kind(), Some(manifest.version()))
            .is_some_and(|resource| resource.namespaced);
        let namespace = namespaced.then(|| self.client.default_namespace().to_owned());
        manifest.normalise(namespace.as_deref());
        Ok(())
    }

    async fn live(
        &self,
        comparison: Comparison,
        compared: bool,
        removal: bool,
    ) -> Result<Live, KubernetesError> {
        let object = comparison.live().cloned();
        let collateral = match &object {
            Some(object) if removal => self.client.blast_radius(object).await?,
            _ => Vec::new(),
        };
        Ok(Live {
            exists: object.is_some(),
            uid: object.as_ref().map(|object| object.uid().to_owned()),
            data: Some(Arc::new(Read { object, comparison: compared.then_some(comparison), collateral })),
        })
    }

    async fn apply_object(&self, apply: &Apply<'_>) -> Result<Applied, KubernetesError> {
        let mut desired = Manifest::from_inputs(apply.inputs)?;
        self.await_kind(&desired, apply).await?;
        self.normalise(&mut desired).await?;
        let existing =
            apply.live.data::<Read>().and_then(|read| read.object.as_ref()).filter(|_| apply.live.exists);
        keep_ignored(&mut desired, existing, apply.options);
        let (applied, created) = self.write(&desired, apply).await?;
        let settled = Settled::new(&desired, &applied);
        let outputs = outputs(&applied, settled.as_ref());
        let uid = Some(applied.uid().to_owned());
        self.await_ready(applied, apply).await?;
        Ok(Applied { outputs, uid, created })
    }

    /// The definition may have been applied a moment ago.
    async fn await_kind(&self, desired: &Manifest, apply: &Apply<'_>) -> Result<(), KubernetesError> {
        if is_built_in(desired.group()) {
            return Ok(());
        }
        let gate = Established::new(self.client.clone(), vec![desired.group_kind()]);
        gate.wait(apply.progress)
            .await
            .map_err(|error| KubernetesError::Failed { what: desired.to_string(), reason: error.to_string() })
    }

    /// Creates what must be known to be ours, before it is applied: a Namespace that appeared since the plan was made
    /// belongs to somebody else.
    async fn write(
        &self,
        desired: &Manifest,
        apply: &Apply<'_>,
    ) -> Result<(Manifest, bool), KubernetesError> {
        let options = ApplyOptions::new(MANAGER);
        let first = !apply.live.exists && (apply.options.create_only || desired.kind() == "Namespace");
        let mut made = false;
        if first {
            // What only an apply owns can be given up by one: a namespace is made bare, its labels come after.
            let bare = (!apply.options.create_only).then(|| bare(desired)).transpose()?;
            match self.client.create(bare.as_ref().unwrap_or(desired), MANAGER).await {
                Ok(created) if bare.is_none_or(|bare| bare.json() == desired.json()) => {
                    return Ok((created, true));
                }
                Ok(_) => made = true,
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error),
            }
        }
        if apply.options.create_only {
            let resource = self.client.resource_of(desired).await?;
            if let Some(existing) = self.client.get(&resource, &desired.object_name()).await? {
                return Ok((existing, false));
            }
        }
        let applied = self.client.apply(desired, options, apply.progress).await?;
        Ok((applied, made || (!first && !apply.live.exists)))
    }

    /// Custom resources are proven by whoever knows them; their conditions are not waited for here.
    async fn await_ready(&self, applied: Manifest, apply: &Apply<'_>) -> Result<(), KubernetesError> {
        if applied.kind() == "CustomResourceDefinition" {
            return self.client.wait_established(vec![applied], Duration::from_mins(1), apply.progress).await;
        }
        if is_built_in(applied.group()) {
            self.client.wait_ready(vec![applied], WaitOptions::default(), apply.progress).await?;
        }
        Ok(())
    }

    async fn delete_object(&self, delete: &Delete<'_>) -> Result<(), KubernetesError> {
        let Some(object) = delete.live.data::<Read>().and_then(|read| read.object.as_ref()) else {
            return Ok(());
        };
        let resource = self.client.resource_of(object).await?;
        let workload = matches!(object.group(), "apps" | "batch");
        let propagation = if workload { Propagation::Foreground } else { Propagation::Background };
        if self.client.delete(&resource, &object.object_name(), object.uid(), propagation).await? {
            self.client.wait_gone(std::slice::from_ref(object), GONE, delete.progress).await?;
        }
        Ok(())
    }
}

/// Returns the object with nothing but its name.
fn bare(desired: &Manifest) -> Result<Manifest, KubernetesError> {
    let metadata = serde_json::json!({ "name": desired.name() });
    let (version, kind) = (desired.api_version(), desired.kind());
    Manifest::new(serde_json::json!({ "apiVersion": version, "kind": kind, "metadata": metadata }))
}

/// One object to read, and what for.
struct PlannedRead {
    desired: Manifest,
    settled: Option<Settled>,
    compare: bool,
    removal: bool,
}

impl Provider for KubernetesProvider {
    fn check(&self, urn: &crate::resource::Urn, inputs: &Inputs) -> Vec<Diagnostic> {
        let manifest = match Manifest::redacted(inputs) {
            Ok(manifest) => manifest,
            Err(error) => return vec![Diagnostic::error(format!("{urn}: {error}"))],
        };
        match urn.kind().split_once(':') {
            Some((_, kind)) if kind == manifest.kind() => Vec::new(),
            _ => vec![Diagnostic::error(format!("{urn}: the manifest is of kind {}", manifest.kind()))],
        }
    }

    fn needs(&self, inputs: &Inputs) -> Vec<Need> {
        let Ok(manifest) = Manifest::redacted(inputs) else { return Vec::new() };
        let namespace = manifest.namespace().map(|namespace| Need::Namespace(namespace.to_owned()));
        let kind = (!is_built_in(manifest.group())).then(|| Need::Kind(manifest.group_kind()));
        namespace.into_iter().chain(kind).collect()
    }

    fn brings(&self, inputs: &Inputs) -> Vec<Brings> {
        let Ok(manifest) = Manifest::redacted(inputs) else { return Vec::new() };
        let brings = match (manifest.group(), manifest.kind()) {
            ("", "Namespace") => Some(Brings::Namespace(manifest.name().to_owned())),
            ("", "Secret") => Some(Brings::Secret(manifest.object_name())),
            ("apiextensions.k8s.io", _) => {
                Definition::read(&manifest).map(|definition| Brings::Kind(definition.kind))
            }
            _ => None,
        };
        brings.into_iter().collect()
    }

    fn read<'a>(&'a self, all: &'a [Known<'a>]) -> BoxFuture<'a, Result<Vec<Live>, ProviderError>> {
        Box::pin(async move { self.read_all(all).await.map_err(|error| failure("read objects", error)) })
    }

    fn diff(&self, known: Known<'_>, live: &Live) -> Change {
        let read = live.data::<Read>();
        let object = read.and_then(|read| read.object.as_ref()).filter(|_| live.exists);
        let collateral = read.map(|read| read.collateral.clone()).unwrap_or_default();
        let Some(inputs) = known.inputs else { return removal(known.record, object, collateral) };
        let Some(object) = object else {
            let gone = known.record.is_some().then_some("was deleted since the last run");
            let change = Change::of(Operation::Create);
            return match gone {
                Some(why) => change.because(why),
                None => change,
            };
        };
        if known.options.is_some_and(|options| options.create_only) {
            return Change::of(Operation::Same);
        }
        if let Some((old, new)) = moved(known.record, inputs, object) {
            let change = Change::of(Operation::Replace).because(format!("{old} → {new}"));
            return Change { collateral, ..change };
        }
        match read.and_then(|read| read.comparison.as_ref()) {
            Some(comparison) => compared(comparison),
            None => later(inputs, object),
        }
    }

    fn outputs(&self, known: Known<'_>, live: &Live) -> Option<Value> {
        let object = live.data::<Read>()?.object.as_ref()?;
        // Of an untouched definition only the metadata was read; what is recorded of it still holds.
        let recorded = known.record.map(|record| &record.outputs)?;
        let settled: Option<Settled> = serde_json::from_value(recorded["settled"].clone()).ok();
        Some(outputs(object, settled.as_ref()))
    }

    fn defines(&self, inputs: &Inputs, kinds: &BTreeSet<GroupKind>) -> Vec<Arc<dyn Kind>> {
        let manifest = Manifest::redacted(inputs).ok();
        let definition = manifest.as_ref().and_then(|manifest| Definition::read_of(manifest, kinds));
        definition.map(|definition| Arc::new(definition) as _).into_iter().collect()
    }

    fn conform(&self, inputs: &Inputs, kinds: &Kinds) -> Vec<Diagnostic> {
        let text = |key: &str| inputs.get(key).and_then(Value::as_str).unwrap_or_default();
        let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
        let Some(kind) = kinds.get(&GroupKind::new(group, text("kind"))) else { return Vec::new() };
        let Ok(manifest) = Manifest::from_inputs(inputs) else { return Vec::new() };
        let unknown = unknown_paths(inputs, &mut Vec::new());
        // What is not known yet is null here: what follows from that is no problem.
        let mut problems = kind.check(manifest.json());
        problems.retain(|problem| {
            let path = problem.path.as_deref().unwrap_or_default();
            !unknown.iter().any(|unknown| unknown.starts_with(path) || path.starts_with(unknown.as_str()))
        });
        problems
    }

    fn accesses(&self, known: Known<'_>, planned: Option<(&Live, &Change)>) -> Vec<Access> {
        let wanted = known.inputs.and_then(|inputs| Manifest::redacted(inputs).ok());
        let recorded = || known.record.and_then(|record| Manifest::new(record.inputs.clone()).ok());
        let Some(object) = wanted.or_else(recorded) else { return Vec::new() };
        let operation = planned.map(|(_, change)| change.operation);
        let mut accesses = match (operation, known.inputs) {
            (None, Some(_)) => [object.reading(), object.making()].concat(),
            (None, None) | (Some(Operation::Delete), _) => object.removing(),
            (Some(Operation::Same | Operation::Retain), _) => Vec::new(),
            (Some(Operation::Create), _) => object.making(),
            (Some(Operation::Update), _) => object.changing(),
            (Some(Operation::Replace), _) => [object.removing(), object.making()].concat(),
        };
        if accesses.iter().any(|access| access.verb == "patch") {
            accesses.extend(granting(std::iter::once(&object)));
        }
        accesses
    }

    fn apply<'a>(&'a self, apply: Apply<'a>) -> BoxFuture<'a, Result<Applied, ProviderError>> {
        Box::pin(async move {
            let name = title(apply.inputs);
            self.apply_object(&apply).await.map_err(|error| failure(format!("apply {name}"), error))
        })
    }

    fn delete<'a>(&'a self, delete: Delete<'a>) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let act = format!("delete {}", delete.record.urn.name());
            self.delete_object(&delete).await.map_err(|error| failure(act, error))
        })
    }
}

fn title(inputs: &Inputs) -> String {
    Manifest::redacted(inputs).map(|manifest| manifest.to_string()).unwrap_or_default()
}

fn failure(act: impl Into<String>, error: KubernetesError) -> ProviderError {
    let waited = matches!(error, KubernetesError::Deadline { .. });
    let hint = error.hint();
    let failure = ProviderError::new(act, error);
    let failure = if waited { failure.applied() } else { failure };
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Puts in place of an ignored field what is there: leaving it out would give it up, and the server remove it.
fn keep_ignored(desired: &mut Manifest, existing: Option<&Manifest>, options: &Options) {
    let Some(existing) = existing else { return };
    for ignored in &options.ignore_changes {
        let path: Vec<&str> = ignored.split('.').collect();
        match existing.get(&path) {
            Some(value) => desired.set(&path, value.clone()),
            None => {
                desired.remove(&path);
            }
        }
    }
}

/// What others and the snapshot may know: metadata and spec; of a Secret the names of its keys.
fn outputs(object: &Manifest, settled: Option<&Settled>) -> Value {
    let mut outputs = json!({
        "apiVersion": object.api_version(), "kind": object.kind(),
        "metadata": {"name": object.name(), "uid": object.uid()},
    });
    for field in ["namespace", "labels"] {
        if let Some(value) = object.get(&["metadata", field]) {
            outputs["metadata"][field] = value.clone();
        }
    }
    if object.kind() == "Secret" {
        let keys = object.get(&["data"]).and_then(Json::as_object).into_iter().flatten();
        outputs["keys"] = keys.map(|(key, _)| key.clone()).collect();
    } else if object.kind() != "CustomResourceDefinition"
        && !object.is_sensitive()
        && let Some(spec) = object.get(&["spec"])
    {
        outputs["spec"] = spec.clone();
    }
    if let Some(settled) = settled {
        outputs["settled"] = json!(settled);
    }
    Value::from(&outputs)
}

#[cfg(test)]
#[path = "provider/tests.rs"]
mod tests;
