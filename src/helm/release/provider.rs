//! The provider itself: what the engine calls.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, try_join_all};
use serde_json::Value as Json;

use super::apply::{self, Run};
use super::archives::Archives;
use super::difference::LiveRelease;
use super::prepare::{self, Prepared, ReleaseError};
use super::{InputError, ReleaseInputs, access, delete, objects};
use crate::clock::Clock;
use crate::diagnostic::Diagnostic;
use crate::helm::record::MANAGER;
use crate::helm::repository::Charts;
use crate::kubernetes::{Client, Comparison, KubernetesError, Manifest, Settled, WaitOptions, Wanted};
use crate::resource::{
    Access, Applied, Apply, Brings, Change, Collateral, Delete, GroupKind, Inputs, Kind, Kinds, Known, Live,
    Need, Operation, Provider, ProviderError, Record, Urn, Value,
};

/// The type of releases in URNs.
pub const KIND: &str = "helm:Release";

/// Makes, compares and takes away Helm releases.
pub struct ReleaseProvider {
    client: Client,
    archives: Archives,
    clock: Clock,
    timeout: Duration,
    prepared: Mutex<HashMap<Place, Remembered>>,
}

/// Namespace and name of a release.
type Place = (String, String);

/// What a release was prepared from, and the outcome.
type Remembered = (Option<Inputs>, Arc<Prepared>);

impl ReleaseProvider {
    /// Returns a provider of releases in the client's cluster.
    pub fn new(client: Client, charts: Charts, clock: Clock) -> Self {
        let archives = Archives::new(charts);
        Self { client, archives, clock, timeout: WaitOptions::default().deadline, prepared: Mutex::default() }
    }

    /// Waits at most so long for a release's objects to be ready, or gone.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Fetches the chart of a release that is wanted.
    async fn fetch_one(&self, known: Known<'_>) -> Result<(), ReleaseError> {
        match known.inputs.map(ReleaseInputs::chart_of) {
            Some(Ok(chart)) => self.archives.get(&chart).await.map(drop).map_err(ReleaseError::from),
            // What is not known before another resource is made is fetched when it is applied.
            Some(Err(InputError::Unknown(_))) | None => Ok(()),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Returns what is prepared of a release, or prepares it.
    async fn prepared_one(&self, known: Known<'_>) -> Result<Option<Arc<Prepared>>, ReleaseError> {
        match place(known).and_then(|place| self.kept(&place)) {
            Some((inputs, prepared)) if inputs.as_ref() == known.inputs => Ok(Some(prepared)),
            Some(_) | None => self.prepare_one(known).await,
        }
    }

    /// Prepares a release anew.
    async fn prepare_one(&self, known: Known<'_>) -> Result<Option<Arc<Prepared>>, ReleaseError> {
        let Some(place) = place(known) else { return Ok(None) };
        let (namespace, name) = place.clone();
        let prepared = match known.inputs.map(ReleaseInputs::read) {
            None => prepare::stored(&self.client, name, namespace).await?,
            Some(Ok(inputs)) => prepare::prepare(&self.client, &self.archives, inputs).await?,
            // What is not known before another resource is made is prepared when it is applied.
            Some(Err(InputError::Unknown(_))) => return Ok(None),
            Some(Err(error)) => return Err(error.into()),
        };
        let prepared = Arc::new(prepared);
        let mut all = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(place, (known.inputs.cloned(), Arc::clone(&prepared)));
        Ok(Some(prepared))
    }

    fn kept(&self, place: &Place) -> Option<Remembered> {
        let all = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(place).map(|(inputs, prepared)| (inputs.clone(), Arc::clone(prepared)))
    }

    /// Forgets what was prepared: the cluster is another one now.
    fn forget(&self, prepared: &Prepared) {
        let mut all = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(prepared.namespace.clone(), prepared.name.clone()));
    }

    fn prepared_of(&self, inputs: &Inputs) -> Option<Arc<Prepared>> {
        let place = (text(inputs, "namespace")?, text(inputs, "name")?);
        self.kept(&place).filter(|(kept, _)| kept.as_ref() == Some(inputs)).map(|(_, prepared)| prepared)
    }

    /// Compares all objects of all releases in one go.
    async fn read_all(&self, all: &[Known<'_>]) -> Result<Vec<Live>, ReleaseError> {
        let mut preparations = Vec::with_capacity(all.len());
        for known in all {
            preparations.push(self.prepared_one(*known));
        }
        let prepared = try_join_all(preparations).await?;
        if let Some(why) = prepared.iter().flatten().find_map(|prepared| prepared.unread.clone()) {
            return Err(ReleaseError::Unread(why));
        }
        let settled: Vec<BTreeMap<String, Settled>> = all.iter().map(|known| settled(known.record)).collect();
        let wanted: Vec<Wanted<'_>> = prepared
            .iter()
            .zip(&settled)
            .flat_map(|(prepared, settled)| {
                let prepared = prepared.as_ref();
                let dry_run = prepared.is_some_and(|prepared| prepared.inputs.is_some());
                let objects = prepared.map_or(&[][..], |prepared| &prepared.objects);
                objects.iter().map(move |desired| Wanted {
                    desired,
                    settled: settled.get(&desired.key().to_string()),
                    dry_run,
                })
            })
            .collect();
        let mut compared = self.client.compare(&wanted, MANAGER).await?.into_iter();
        let mut live = Vec::with_capacity(all.len());
        for prepared in prepared {
            let Some(prepared) = prepared else {
                live.push(Live::default());
                continue;
            };
            let comparisons: Vec<Comparison> = compared.by_ref().take(prepared.objects.len()).collect();
            live.push(self.live(prepared, comparisons).await?);
        }
        Ok(live)
    }

    async fn live(
        &self,
        prepared: Arc<Prepared>,
        comparisons: Vec<Comparison>,
    ) -> Result<Live, KubernetesError> {
        let mut reads = Vec::new();
        for object in &prepared.previous {
            let wanted = prepared.objects.iter().any(|wanted| wanted.key() == object.key());
            if prepared.inputs.is_some() && !wanted {
                reads.push(self.read_one(object));
            }
        }
        let gone: Vec<Manifest> = try_join_all(reads).await?.into_iter().flatten().collect();
        let (gone, inhabited) = self.without_inhabited(gone).await?;
        let collateral = match prepared.inputs {
            Some(_) => Vec::new(),
            None => self.collateral(&prepared).await?,
        };
        Ok(Live {
            exists: !prepared.history.is_empty(),
            uid: None,
            data: Some(Arc::new(LiveRelease { prepared, comparisons, gone, inhabited, collateral })),
        })
    }

    /// Splits what the chart does not have any more into what goes and the definitions that stay, because there are
    /// objects of their kinds: those would go with them.
    async fn without_inhabited(
        &self,
        gone: Vec<Manifest>,
    ) -> Result<(Vec<Manifest>, Vec<Manifest>), KubernetesError> {
        let discovery = self.client.discovery().await?;
        let (mut goes, mut stays) = (Vec::new(), Vec::new());
        for object in gone {
            let kind = objects::defined_kind(&object).filter(|_| !objects::is_kept(&object));
            let inhabited = match kind.and_then(|kind| discovery.find(&kind, None).cloned()) {
                Some(resource) => !self.client.of_kind(&resource).await?.is_empty(),
                None => false,
            };
            if inhabited { &mut stays } else { &mut goes }.push(object);
        }
        Ok((goes, stays))
    }

    /// Returns the objects of the kinds that the release defines: they go with their definitions.
    async fn collateral(&self, prepared: &Prepared) -> Result<Vec<Collateral>, KubernetesError> {
        let discovery = self.client.discovery().await?;
        let objects = prepared.objects.iter().filter(|object| !objects::is_kept(object));
        let kinds = objects.filter_map(objects::defined_kind);
        let resources: Vec<_> = kinds.filter_map(|kind| discovery.find(&kind, None).cloned()).collect();
        let lost = try_join_all(resources.iter().map(|resource| self.client.of_kind(resource))).await?;
        Ok(lost.into_iter().flatten().collect())
    }

    async fn read_one(&self, object: &Manifest) -> Result<Option<Manifest>, KubernetesError> {
        let resource = self.client.resource_of(object).await?;
        self.client.get(&resource, &object.object_name()).await
    }

    async fn apply_one(&self, apply: &Apply<'_>) -> Result<Applied, ProviderError> {
        let known = Known {
            urn: apply.urn,
            inputs: Some(apply.inputs),
            record: apply.record,
            options: Some(apply.options),
        };
        let failed = |error| wrap("apply", apply.urn, error);
        let current = Box::pin(self.prepared_one(known)).await.map_err(failed)?;
        let read = apply
            .live
            .data::<LiveRelease>()
            .filter(|read| current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &read.prepared)));
        // The inputs became known only now: what the plan read is not what is to be applied.
        let again = match read {
            Some(_) => Live::default(),
            None => self.read_all(&[known]).await.map_err(failed)?.pop().unwrap_or_default(),
        };
        let Some(live) = read.or_else(|| again.data()) else {
            return Err(failed(InputError::Unknown("values").into()));
        };
        let run = Run {
            client: &self.client,
            clock: &self.clock,
            live,
            settled: settled(apply.record),
            progress: apply.progress,
        };
        let created = live.prepared.history.is_empty();
        let made = run.apply().await;
        self.forget(&live.prepared);
        let made = made.map_err(failed)?;
        if live.prepared.inputs.as_ref().is_some_and(|inputs| inputs.wait) {
            apply::wait(&self.client, made.objects, self.timeout, apply.progress)
                .await
                .map_err(|error| wrap("wait for", apply.urn, error.into()).applied())?;
        }
        let outputs = serde_json::json!({
            "name": live.prepared.name,
            "namespace": live.prepared.namespace,
            "revision": made.revision,
            "settled": made.settled,
        });
        Ok(Applied { outputs: Value::from(&outputs), uid: None, created })
    }

    async fn delete_one(&self, delete: &Delete<'_>) -> Result<(), ReleaseError> {
        let Some(live) = delete.live.data::<LiveRelease>() else { return Ok(()) };
        let there = live.comparisons.iter().filter_map(Comparison::live).cloned().collect();
        delete::delete(&self.client, &self.clock, &live.prepared, there, self.timeout, delete.progress)
            .await?;
        self.forget(&live.prepared);
        Ok(())
    }
}

impl Provider for ReleaseProvider {
    fn check(&self, _: &Urn, inputs: &Inputs) -> Vec<Diagnostic> {
        match ReleaseInputs::read(inputs) {
            Ok(_) | Err(InputError::Unknown(_)) => Vec::new(),
            Err(error) => {
                let mut diagnostic = Diagnostic::error(error.to_string());
                diagnostic.hint = ReleaseError::from(error).hint();
                vec![diagnostic]
            }
        }
    }

    fn needs(&self, inputs: &Inputs) -> Vec<Need> {
        let Some(namespace) = text(inputs, "namespace") else { return Vec::new() };
        let Some(prepared) = self.prepared_of(inputs) else { return vec![Need::Namespace(namespace)] };
        let brings = objects::brings(&prepared.objects, &prepared.crds);
        objects::needs(&namespace, &prepared.objects, &brings)
    }

    fn brings(&self, inputs: &Inputs) -> Vec<Brings> {
        let prepared = self.prepared_of(inputs);
        prepared.map_or_else(Vec::new, |prepared| objects::brings(&prepared.objects, &prepared.crds))
    }

    fn fetch<'a>(&'a self, wanted: &'a [Known<'a>]) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let mut fetches = Vec::with_capacity(wanted.len());
            for known in wanted {
                fetches.push(async move {
                    self.fetch_one(*known).await.map_err(|error| wrap("fetch", known.urn, error))
                });
            }
            try_join_all(fetches).await.map(|_| ())
        })
    }

    fn prepare<'a>(&'a self, all: &'a [Known<'a>]) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let mut preparations = Vec::with_capacity(all.len());
            for known in all {
                preparations.push(async move {
                    self.prepare_one(*known).await.map_err(|error| wrap("prepare", known.urn, error))
                });
            }
            try_join_all(preparations).await.map(|_| ())
        })
    }

    fn read<'a>(&'a self, all: &'a [Known<'a>]) -> BoxFuture<'a, Result<Vec<Live>, ProviderError>> {
        Box::pin(async move {
            self.read_all(all).await.map_err(|error| {
                let hint = error.hint();
                let mut failure = ProviderError::new("read the releases", error);
                failure.hint = hint;
                failure
            })
        })
    }

    fn diff(&self, known: Known<'_>, live: &Live) -> Change {
        let operation = match (known.inputs, live.exists) {
            (Some(_), true) => Operation::Update,
            (Some(_), false) => Operation::Create,
            (None, true) => Operation::Delete,
            (None, false) => Operation::Same,
        };
        match live.data::<LiveRelease>() {
            Some(live) => live.change(),
            None => Change::of(operation).because("its inputs are known only later"),
        }
    }

    fn defines(&self, inputs: &Inputs, kinds: &BTreeSet<GroupKind>) -> Vec<Arc<dyn Kind>> {
        let Some(prepared) = self.prepared_of(inputs) else { return Vec::new() };
        let definitions = objects::definitions(prepared.objects.iter().chain(&prepared.crds), kinds);
        definitions.into_iter().map(|definition| Arc::new(definition) as _).collect()
    }

    fn conform(&self, inputs: &Inputs, kinds: &Kinds) -> Vec<Diagnostic> {
        let Some(prepared) = self.prepared_of(inputs) else { return Vec::new() };
        let unchecked = prepared.unchecked.iter().map(|address| {
            let message =
                format!("a part of the values of {} is not checked: its schema is {address}", prepared.name);
            Diagnostic::warning(message).hint("`eggtooth helm template --allow-schema-network` checks it")
        });
        let mut found = objects::conform(&prepared.objects, &prepared.crds, kinds);
        found.extend(unchecked);
        found
    }

    fn accesses(&self, known: Known<'_>, planned: Option<(&Live, &Change)>) -> Vec<Access> {
        if let Some((live, change)) = planned {
            let live = live.data::<LiveRelease>();
            return live.map_or_else(Vec::new, |live| access::of_change(live, change.operation));
        }
        let Some(place) = place(known) else { return Vec::new() };
        match self.kept(&place) {
            Some((_, prepared)) => access::whatever(&prepared),
            None => access::of_records(&place.0, &["get", "list", "create", "update", "delete"]),
        }
    }

    fn apply<'a>(&'a self, apply: Apply<'a>) -> BoxFuture<'a, Result<Applied, ProviderError>> {
        Box::pin(async move { self.apply_one(&apply).await })
    }

    fn delete<'a>(&'a self, delete: Delete<'a>) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            self.delete_one(&delete).await.map_err(|error| wrap("delete", &delete.record.urn, error))
        })
    }
}

fn wrap(verb: &str, urn: &Urn, error: ReleaseError) -> ProviderError {
    let hint = error.hint();
    let mut failure = ProviderError::new(format!("{verb} the release {}", urn.name()), error);
    failure.hint = hint;
    failure
}

/// Returns where the release is: as the program says, or as the snapshot remembers.
fn place(known: Known<'_>) -> Option<Place> {
    match (known.inputs, known.record) {
        (Some(inputs), _) => Some((text(inputs, "namespace")?, text(inputs, "name")?)),
        (None, Some(record)) => {
            let field = |key: &str| record.inputs.get(key).and_then(Json::as_str).map(str::to_owned);
            Some((field("namespace")?, field("name")?))
        }
        (None, None) => None,
    }
}

fn text(inputs: &Inputs, key: &str) -> Option<String> {
    inputs.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// Returns what the last apply remembered of the objects.
fn settled(record: Option<&Record>) -> BTreeMap<String, Settled> {
    let remembered = record.and_then(|record| record.outputs.get("settled"));
    remembered.and_then(|settled| serde_json::from_value(settled.clone()).ok()).unwrap_or_default()
}
