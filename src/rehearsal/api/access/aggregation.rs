//! `ClusterRole`s that gather the rules of others, by their labels.

use serde_json::{Value as Json, json};

use crate::rehearsal::{
    api::{metadata, selector::Selector, server::Server},
    merge::{self, Operation, Writer},
};

use super::GROUP;

/// Brings every role that gathers rules up to date.
pub(in crate::rehearsal::api) fn aggregate(server: &Server) {
    let now = server.now();
    let mut state = server.state();
    let Some(kind) = state.registry.find(GROUP, "v1", "clusterroles").cloned() else { return };
    let mut changed = Vec::new();
    for role in state.cluster_roles() {
        let Some(selectors) = role.pointer("/aggregationRule/clusterRoleSelectors") else { continue };
        let selectors: Vec<Selector> =
            selectors.as_array().into_iter().flatten().map(Selector::of_json).collect();
        let mut rules: Vec<&Json> = Vec::new();
        for other in state.cluster_roles().filter(|other| metadata::name(other) != metadata::name(role)) {
            let selected = selectors.iter().any(|selector| selector.matches(other));
            let own = other["rules"].as_array().into_iter().flatten();
            for rule in own.filter(|_| selected) {
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
        }
        if role["rules"].as_array().is_none_or(|had| !had.iter().eq(rules.iter().copied())) {
            let mut object = Json::clone(role);
            object["rules"] = json!(rules);
            changed.push((role.clone(), object));
        }
    }
    for (live, mut object) in changed {
        let writer = Writer {
            manager: "clusterrole-aggregation-controller",
            operation: Operation::Apply,
            api_version: "rbac.authorization.k8s.io/v1",
            subresource: "",
            now,
        };
        merge::track(Some(&live), &mut object, &writer, &kind.schema);
        state.keep(&kind, object);
    }
}
