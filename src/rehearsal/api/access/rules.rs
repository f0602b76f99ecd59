//! Who may do what: the rules of the roles that are bound to a user.

use std::sync::{Arc, LazyLock};

use serde_json::Value as Json;

use crate::rehearsal::api::{kind::Resource, metadata, server::State, storage::Key};

use super::{
    GROUP, User,
    act::{Act, On},
};

static CLUSTER_ROLES: LazyLock<Arc<Resource>> = LazyLock::new(|| Resource::new(GROUP, "clusterroles"));
static CLUSTER_BINDINGS: LazyLock<Arc<Resource>> =
    LazyLock::new(|| Resource::new(GROUP, "clusterrolebindings"));
static ROLES: LazyLock<Arc<Resource>> = LazyLock::new(|| Resource::new(GROUP, "roles"));
static BINDINGS: LazyLock<Arc<Resource>> = LazyLock::new(|| Resource::new(GROUP, "rolebindings"));

/// A role that is bound to a user.
pub(super) struct Bound<'a> {
    binding: &'a Json,
    subject: &'a Json,
    /// Its rules; nothing where there is no such role.
    role: Option<&'a Arc<Json>>,
}

impl State {
    /// Says why an act is permitted, or why it may not be: both empty where there is nothing to say.
    pub(in crate::rehearsal::api) fn permits(&self, act: &Act<'_>) -> Result<String, String> {
        if act.user.is_master() {
            return Ok(String::new());
        }
        let namespace = match &act.on {
            On::Resource { namespace, .. } => *namespace,
            On::Path(_) => "",
        };
        let bound = self.bound(act.user, namespace);
        if let Some(by) = bound.iter().find(|bound| bound.rules().any(|rule| allows(rule, act))) {
            return Ok(format!("RBAC: allowed by {}", by.described()));
        }
        let missing: Vec<String> =
            bound.iter().filter(|bound| bound.role.is_none()).map(Bound::missing).collect();
        Err(match missing.as_slice() {
            [] => String::new(),
            [one] => format!("RBAC: {one}"),
            several => format!("RBAC: [{}]", several.join(", ")),
        })
    }

    /// Returns the roles that are bound to a user in the whole cluster, then those in a namespace.
    pub(super) fn bound(&self, user: &User, namespace: &str) -> Vec<Bound<'_>> {
        // Without a namespace, only what holds everywhere.
        let all = self.storage.list(&BINDINGS, None).filter(|(key, _)| key.namespace == namespace);
        let here = all.map(|(_, binding)| binding);
        let everywhere = self.storage.list(&CLUSTER_BINDINGS, None).map(|(_, binding)| binding);
        everywhere
            .chain(here)
            .filter_map(|binding| {
                let of = binding["metadata"]["namespace"].as_str().unwrap_or_default();
                let subjects = binding["subjects"].as_array().into_iter().flatten();
                let subject = subjects.into_iter().find(|subject| is_meant(subject, user, of))?;
                let reference = &binding["roleRef"];
                let name = reference["name"].as_str().unwrap_or_default();
                let role = match reference["kind"].as_str() {
                    Some("ClusterRole") => self.storage.get(&CLUSTER_ROLES, &Key::new("", name)),
                    _ => self.storage.get(&ROLES, &Key::new(of, name)),
                };
                Some(Bound { binding, subject, role })
            })
            .collect()
    }

    pub(super) fn cluster_roles(&self) -> impl Iterator<Item = &Arc<Json>> {
        self.storage.list(&CLUSTER_ROLES, None).map(|(_, role)| role)
    }
}

impl<'a> Bound<'a> {
    pub(super) fn rules(&self) -> impl Iterator<Item = &'a Json> + use<'a> {
        self.role.and_then(|role| role["rules"].as_array()).into_iter().flatten()
    }

    fn described(&self) -> String {
        let (role, kind) = (&self.binding["roleRef"], self.subject["kind"].as_str().unwrap_or_default());
        let namespace = self.binding["metadata"]["namespace"].as_str();
        let (what, name) = match namespace {
            Some(namespace) => ("RoleBinding", format!("{}/{namespace}", metadata::name(self.binding))),
            None => ("ClusterRoleBinding", metadata::name(self.binding).to_owned()),
        };
        let subject = self.subject["name"].as_str().unwrap_or_default();
        let subject = match kind {
            "ServiceAccount" => {
                let of = self.subject["namespace"].as_str().or(namespace).unwrap_or_default();
                format!("{subject}/{of}")
            }
            _ => subject.to_owned(),
        };
        let (role_kind, role) =
            (role["kind"].as_str().unwrap_or_default(), role["name"].as_str().unwrap_or_default());
        format!("{what} {name:?} of {role_kind} {role:?} to {kind} {subject:?}")
    }

    fn missing(&self) -> String {
        let reference = &self.binding["roleRef"];
        let kind = reference["kind"].as_str().unwrap_or_default().to_lowercase();
        format!("{kind}.{GROUP} {:?} not found", reference["name"].as_str().unwrap_or_default())
    }
}

/// Says whether a binding in `namespace` means a user by one of its subjects.
fn is_meant(subject: &Json, user: &User, namespace: &str) -> bool {
    let name = subject["name"].as_str().unwrap_or_default();
    match subject["kind"].as_str() {
        Some("User") => name == user.name,
        Some("Group") => user.groups.iter().any(|group| group == name),
        Some("ServiceAccount") => {
            let of = subject["namespace"].as_str().filter(|of| !of.is_empty()).unwrap_or(namespace);
            user.account() == Some((of, name))
        }
        _ => false,
    }
}

fn allows(rule: &Json, act: &Act<'_>) -> bool {
    if !has(rule, "verbs", |verb| verb == act.verb || verb == "*") {
        return false;
    }
    match &act.on {
        On::Path(path) => has(rule, "nonResourceURLs", |url| {
            url == *path || url.strip_suffix('*').is_some_and(|start| path.starts_with(start))
        }),
        On::Resource { group, plural, subresource, name, .. } => {
            let is_resource = |wanted: &str| match (wanted, *subresource) {
                ("*", _) => true,
                (wanted, "") => wanted == *plural,
                (wanted, part) => wanted
                    .split_once('/')
                    .is_some_and(|(of, wanted)| wanted == part && (of == *plural || of == "*")),
            };
            let names = rule["resourceNames"].as_array();
            has(rule, "apiGroups", |wanted| wanted == *group || wanted == "*")
                && has(rule, "resources", is_resource)
                && names.is_none_or(|names| names.is_empty() || names.iter().any(|one| one == name))
        }
    }
}

fn has(rule: &Json, key: &str, is_it: impl Fn(&str) -> bool) -> bool {
    rule[key].as_array().into_iter().flatten().filter_map(Json::as_str).any(is_it)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn may(rule: &Json, verb: &str, (plural, subresource): (&str, &str), name: &str) -> bool {
        let user = User::service_account("eggs", "hen");
        let on = On::Resource { group: "", plural, subresource, namespace: "eggs", name };
        allows(rule, &Act { user: &user, verb, on })
    }

    #[test]
    fn a_rule_allows_what_it_names_and_no_more() {
        let rule = json!({"verbs": ["get"], "apiGroups": [""], "resources": ["secrets", "pods/log"], "resourceNames": ["a"]});
        assert!(may(&rule, "get", ("secrets", ""), "a"));
        assert!(may(&rule, "get", ("pods", "log"), "a"));
        for (verb, what, name) in [
            ("list", ("secrets", ""), "a"),
            ("get", ("secrets", ""), "b"),
            // Who may get one by its name may not list them all.
            ("get", ("secrets", ""), ""),
            ("get", ("pods", ""), "a"),
            ("get", ("secrets", "status"), "a"),
        ] {
            assert!(!may(&rule, verb, what, name), "{verb} {what:?} {name}");
        }
    }

    #[test]
    fn a_star_stands_for_all_resources_and_all_of_their_parts() {
        let rule = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]});
        assert!(may(&rule, "escalate", ("pods", "log"), ""));
        let rule = json!({"verbs": ["patch"], "apiGroups": [""], "resources": ["*/status"]});
        assert!(may(&rule, "patch", ("pods", "status"), "a") && !may(&rule, "patch", ("pods", ""), "a"));
        let user = User::service_account("eggs", "hen");
        let path = |path| Act { user: &user, verb: "get", on: On::Path(path) };
        let rule = json!({"verbs": ["get"], "nonResourceURLs": ["/healthz", "/api/*"]});
        assert!(allows(&rule, &path("/healthz")) && allows(&rule, &path("/api/v1")));
        assert!(!allows(&rule, &path("/healthz/etcd")));
    }
}
