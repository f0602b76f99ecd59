//! Namespaces: what each has from the start, and how one goes away.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value as Json, json};

use super::{
    deletion::Deletion,
    kind::{Kind, Resource},
    metadata, rules,
    server::{Server, State},
    storage::Key,
};
use crate::rehearsal::merge::{self, Operation, Writer};

/// The finalizer in a namespace's spec that stands for its content.
const CONTENT: &str = "kubernetes";

/// Furnishes a namespace, or takes it down as far as its content lets itself be deleted.
pub(super) fn tend(server: &Server, name: &str) {
    let (kind, namespace) = {
        let state = server.state();
        let Some(kind) = state.registry.find("", "v1", "namespaces").cloned() else { return };
        let Some(namespace) = state.storage.get(&kind.resource, &Key::new("", name)).cloned() else { return };
        (kind, namespace)
    };
    if metadata::is_ending(&namespace) {
        end(server, &kind, name);
    } else {
        furnish(server, name);
    }
}

/// Puts back what a namespace always has.
pub(super) fn refill(server: &Server, resource: &Resource, key: &Key) {
    let furniture = [("serviceaccounts", "default"), ("configmaps", AUTHORITY)];
    if resource.group.is_empty() && furniture.contains(&(resource.plural.as_str(), key.name.as_str())) {
        tend(server, &key.namespace);
    }
}

const AUTHORITY: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

fn furnish(server: &Server, namespace: &str) {
    let authority = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": AUTHORITY, "namespace": namespace,
            "annotations": {"kubernetes.io/description": DESCRIPTION}},
        "data": {"ca.crt": server.authority}});
    let account = json!({"apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": namespace}});
    for (plural, object) in [("configmaps", authority), ("serviceaccounts", account)] {
        server.furnish("", plural, object);
    }
}

impl Server {
    /// Creates an object of the cluster's own, unless it is there.
    pub(super) fn furnish(&self, group: &str, plural: &str, mut object: Json) {
        let now = self.now();
        let mut state = self.state();
        let Some(kind) = state.registry.find(group, "v1", plural).cloned() else { return };
        if state.storage.get(&kind.resource, &Key::of(&object)).is_some() {
            return;
        }
        metadata::begin(&kind, &mut object, now, &mut state.random);
        let of_server = plural == "namespaces" || !group.is_empty();
        let manager = if of_server { "kube-apiserver" } else { "kube-controller-manager" };
        let (operation, api_version) = (Operation::Update, &kind.api_version());
        let writer = Writer { manager, operation, api_version, subresource: "", now };
        kind.schema.default(&mut object);
        rules::default(&kind, &mut object);
        merge::track(None, &mut object, &writer, &kind.schema);
        rules::complete(&kind, None, &mut object, &state);
        state.keep(&kind, object);
    }
}

fn end(server: &Server, kind: &Kind, name: &str) {
    let kinds: Vec<Arc<Kind>> = {
        let state = server.state();
        state.registry.resources().filter(|kind| kind.namespaced).cloned().collect()
    };
    let background = Deletion::default();
    for kind in &kinds {
        let keys: Vec<Key> = {
            let state = server.state();
            let objects = state.storage.list(&kind.resource, Some(name));
            objects.filter(|(_, object)| !metadata::is_ending(object)).map(|(key, _)| key.clone()).collect()
        };
        for key in keys {
            // What somebody else deleted meanwhile is gone as well.
            let _ = server.delete_object(kind, &key, &background);
        }
    }
    let now = server.now().to_string();
    let mut state = server.state();
    let (remaining, finalizers) = remaining(&state, &kinds, name);
    let key = Key::new("", name);
    let Some(live) = state.storage.get(&kind.resource, &key) else { return };
    let mut namespace = Json::clone(live);
    set_conditions(&mut namespace, &remaining, &finalizers, &now);
    let (manager, now) = ("kube-controller-manager", server.now());
    let writer =
        Writer { manager, operation: Operation::Update, api_version: "v1", subresource: "status", now };
    merge::track(Some(live), &mut namespace, &writer, &kind.schema);
    if remaining.is_empty() {
        let left: Vec<Json> = namespace["spec"]["finalizers"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|finalizer| **finalizer != CONTENT)
            .cloned()
            .collect();
        if left.is_empty() {
            namespace["spec"] = json!({});
        } else {
            namespace["spec"]["finalizers"] = left.into();
        }
    }
    if namespace != **live {
        state.keep(kind, namespace);
    }
}

/// Counts what is left in a namespace, by kind and by finalizer.
fn remaining(
    state: &State,
    kinds: &[Arc<Kind>],
    name: &str,
) -> (BTreeMap<String, usize>, BTreeMap<String, usize>) {
    let (mut left, mut finalizers) = (BTreeMap::new(), BTreeMap::new());
    for kind in kinds {
        for (_, object) in state.storage.list(&kind.resource, Some(name)) {
            let resource =
                if kind.group.is_empty() { format!("{}.", kind.plural()) } else { kind.qualified() };
            *left.entry(resource).or_default() += 1;
            for finalizer in metadata::finalizers(object) {
                *finalizers.entry(finalizer.to_owned()).or_default() += 1;
            }
        }
    }
    (left, finalizers)
}

fn set_conditions(
    namespace: &mut Json,
    remaining: &BTreeMap<String, usize>,
    finalizers: &BTreeMap<String, usize>,
    now: &str,
) {
    let counted = |counts: &BTreeMap<String, usize>, tail: &str| {
        let each: Vec<String> =
            counts.iter().map(|(name, count)| format!("{name} {tail}{count} resource instances")).collect();
        each.join(", ")
    };
    let mut conditions = vec![
        (
            "NamespaceDeletionDiscoveryFailure",
            false,
            "ResourcesDiscovered",
            "All resources successfully discovered".to_owned(),
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            false,
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed".to_owned(),
        ),
        (
            "NamespaceDeletionContentFailure",
            false,
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization".to_owned(),
        ),
    ];
    conditions.push(if remaining.is_empty() {
        ("NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed".to_owned())
    } else {
        let message = format!("Some resources are remaining: {}", counted(remaining, "has "));
        ("NamespaceContentRemaining", true, "SomeResourcesRemain", message)
    });
    conditions.push(if finalizers.is_empty() {
        (
            "NamespaceFinalizersRemaining",
            false,
            "ContentHasNoFinalizers",
            "All content-preserving finalizers finished".to_owned(),
        )
    } else {
        let message =
            format!("Some content in the namespace has finalizers remaining: {}", counted(finalizers, "in "));
        ("NamespaceFinalizersRemaining", true, "SomeFinalizersRemain", message)
    });
    let before = namespace["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let all: Vec<Json> = conditions
        .into_iter()
        .map(|(kind, status, reason, message)| {
            let status = if status { "True" } else { "False" };
            let same = before.iter().find(|one| one["type"] == kind && one["status"] == status);
            let since = same.map_or_else(|| now.into(), |one| one["lastTransitionTime"].clone());
            json!({"type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message})
        })
        .collect();
    namespace["status"]["conditions"] = all.into();
}
