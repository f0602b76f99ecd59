//! What the cluster must allow for a release.

use serde_json::Value as Json;

use super::difference::LiveRelease;
use super::objects;
use super::prepare::Prepared;
use crate::helm::hooks::Hook;
use crate::kubernetes::{Comparison, Discovery, Manifest, granting};
use crate::resource::{Access, GroupKind, Operation};
use crate::yaml;

/// Returns what it takes to look at a release of which nothing is known but where it is, and to write its records.
pub(super) fn of_records(namespace: &str, verbs: &[&'static str]) -> Vec<Access> {
    verbs.iter().map(|verb| Access::to(verb, GroupKind::new("", "Secret"), Some(namespace))).collect()
}

/// Returns what it takes to look at the release and, whatever is found, to make it or to take it away.
pub(super) fn whatever(prepared: &Prepared) -> Vec<Access> {
    let mut accesses = of_records(&prepared.namespace, &["get", "list", "create", "update", "delete"]);
    for object in &prepared.objects {
        accesses.extend(object.reading());
        if prepared.inputs.is_some() {
            accesses.extend(object.making());
        } else {
            accesses.extend(object.removing());
            accesses.extend(objects::defined_kind(object).map(|kind| Access::to("list", kind, None)));
        }
    }
    if prepared.inputs.is_some() {
        accesses.extend(prepared.crds.iter().flat_map(Manifest::making));
        accesses.extend(granting(prepared.objects.iter()));
    }
    accesses.extend(of_hooks(prepared));
    accesses
}

/// Returns what the planned change takes.
pub(super) fn of_change(live: &LiveRelease, operation: Operation) -> Vec<Access> {
    let prepared = &live.prepared;
    let mut accesses = Vec::new();
    match operation {
        Operation::Same | Operation::Retain => return accesses,
        Operation::Delete => {
            accesses.extend(of_records(&prepared.namespace, &["update", "delete"]));
            let there = live.comparisons.iter().filter_map(Comparison::live);
            accesses.extend(there.filter(|object| !objects::is_kept(object)).flat_map(Manifest::removing));
            accesses.extend(of_hooks(prepared));
            return accesses;
        }
        Operation::Create | Operation::Update | Operation::Replace => {}
    }
    if prepared.next.is_some() {
        accesses.extend(of_records(&prepared.namespace, &["create", "update"]));
        if !prepared.history.is_empty() {
            accesses.extend(of_records(&prepared.namespace, &["delete"]));
        }
        accesses.extend(prepared.crds.iter().flat_map(Manifest::making));
        accesses.extend(of_hooks(prepared));
    }
    let mut written = Vec::new();
    for (object, comparison) in prepared.objects.iter().zip(&live.comparisons) {
        match comparison {
            Comparison::Same(_) => continue,
            Comparison::Absent => accesses.extend(object.making()),
            Comparison::Different { .. } => accesses.extend(object.changing()),
            Comparison::Immutable { .. } => accesses.extend([object.removing(), object.making()].concat()),
        }
        written.push(object);
    }
    // A binding's role may be one that stays as it is.
    if written.iter().any(|object| object.group() == "rbac.authorization.k8s.io") {
        accesses.extend(granting(prepared.objects.iter()));
    }
    accesses.extend(live.gone.iter().filter(|object| !objects::is_kept(object)).flat_map(Manifest::removing));
    accesses
}

/// Hooks are made, waited for and often deleted.
fn of_hooks(prepared: &Prepared) -> Vec<Access> {
    let objects = |hook: &Hook| {
        let documents = yaml::read_json_stream(&hook.manifest, yaml::Flavour::GoYamlV2).unwrap_or_default();
        let documents = documents.into_iter().filter(Json::is_object);
        objects::manifests(documents, None, &prepared.namespace, &Discovery::default()).unwrap_or_default()
    };
    let hooks = prepared.hooks.iter().flat_map(objects);
    hooks.flat_map(|object| [object.making(), object.removing()].concat()).collect()
}
