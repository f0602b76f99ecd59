//! What must hold before the first write: what the cluster has to allow and to have, and what objects of kinds that
//! are not its own must look like. Pure: the cluster's answers come from whoever asks it.

use std::collections::BTreeSet;

use super::observe::batches;
use super::program::recorded;
use super::{Graph, Observed, Plan, Providers, Step, Unmet};
use crate::diagnostic::Diagnostics;
use crate::resource::{Access, GroupKind, Kinds, Known, Need, Operation, Resource, Target, Urn};
use crate::state::Snapshot;

/// Returns what it takes to look at all that is wanted and remembered and, whatever is found, to go on.
pub fn accesses(graph: &Graph, snapshot: &Snapshot, providers: &Providers) -> BTreeSet<Access> {
    let batches = batches(graph.resources(), snapshot);
    let known = batches.into_iter().flat_map(|(_, batch)| batch);
    known.filter_map(|known| Some(providers.of(known.urn).ok()?.accesses(known, None))).flatten().collect()
}

/// Returns what the steps of a plan take.
pub fn planned_accesses(
    graph: &Graph,
    observed: &Observed,
    plan: &Plan,
    providers: &Providers,
) -> BTreeSet<Access> {
    let of_step = |step: &Step| {
        let resource = graph.resource(&step.urn);
        let record = resource.and_then(|resource| recorded(resource, &observed.snapshot));
        let known = Known {
            urn: &step.urn,
            inputs: resource.map(|resource| &resource.inputs),
            record: record.or_else(|| observed.snapshot.record(&step.urn)),
            options: resource.map(|resource| &resource.options),
        };
        let live = observed.live.get(&step.urn)?;
        Some(providers.of(&step.urn).ok()?.accesses(known, Some((live, &step.change))))
    };
    plan.steps.iter().filter_map(of_step).flatten().collect()
}

/// Returns the kinds that accesses are about.
pub fn kinds_of(accesses: &BTreeSet<Access>) -> BTreeSet<GroupKind> {
    let kind = |access: &Access| match &access.to {
        Target::Kind(kind) => Some(kind.clone()),
        Target::Resource { .. } | Target::Path(_) => None,
    };
    accesses.iter().filter_map(kind).collect()
}

/// Returns the definitions of these kinds that the program brings.
pub fn defined(graph: &Graph, providers: &Providers, kinds: &BTreeSet<GroupKind>) -> Kinds {
    let of = |resource: &Resource| {
        let provider = providers.of(&resource.urn).ok()?;
        Some(provider.defines(&resource.inputs, kinds))
    };
    let definitions = graph.resources().iter().filter_map(of).flatten();
    definitions.map(|definition| (definition.name().clone(), definition)).collect()
}

/// Returns the resources that a plan makes or changes.
fn changing<'a>(graph: &'a Graph, plan: &'a Plan) -> impl Iterator<Item = &'a Resource> {
    let changes = |operation| matches!(operation, Operation::Create | Operation::Update | Operation::Replace);
    plan.steps
        .iter()
        .filter(move |step| changes(step.change.operation))
        .filter_map(|step| graph.resource(&step.urn))
}

/// Returns the kinds that are not the server's own and that the resources which a plan makes or changes need.
pub fn needed_kinds(graph: &Graph, plan: &Plan) -> BTreeSet<GroupKind> {
    changing(graph, plan).flat_map(|resource| graph.needs(&resource.urn)).filter_map(kind_of).collect()
}

/// Returns what the resources which a plan makes or changes need and the program does not bring.
pub fn unmet<'a>(graph: &'a Graph, plan: &'a Plan) -> Vec<&'a Unmet> {
    let changing: BTreeSet<&Urn> = changing(graph, plan).map(|resource| &resource.urn).collect();
    graph.unmet_needs().iter().filter(|unmet| changing.contains(&unmet.urn)).collect()
}

/// Returns what is wrong with the resources which a plan makes or changes, by the definitions of their kinds.
pub fn conform(graph: &Graph, plan: &Plan, providers: &Providers, kinds: &Kinds) -> Diagnostics {
    let of = |resource: &Resource| Some(providers.of(&resource.urn).ok()?.conform(&resource.inputs, kinds));
    changing(graph, plan).filter_map(of).flatten().collect()
}

fn kind_of(need: &Need) -> Option<GroupKind> {
    match need {
        Need::Kind(kind) => Some(kind.clone()),
        Need::Namespace(_) | Need::SecretKey { .. } | Need::Store(_) | Need::Webhook(_) => None,
    }
}
