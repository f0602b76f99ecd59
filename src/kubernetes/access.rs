//! What it takes to read, make, change and remove objects.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Manifest;
use crate::resource::{Access, GroupKind, Target};

const RBAC: &str = "rbac.authorization.k8s.io";

/// Kinds that are not ready when the server has taken them in.
const WAITED_FOR: [(&str, &str); 8] = [
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("batch", "Job"),
    ("", "Pod"),
    ("", "PersistentVolumeClaim"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
];

impl Manifest {
    fn access(&self, verb: &'static str) -> Access {
        // To the server a Namespace is in itself.
        let own =
            (self.group().is_empty() && self.kind() == "Namespace" && !matches!(verb, "create" | "watch"))
                .then(|| self.name());
        Access::to(verb, self.group_kind(), own.or(self.namespace()))
    }

    /// Returns what it takes to read the object.
    pub fn reading(&self) -> Vec<Access> {
        vec![self.access("get")]
    }

    /// Returns what it takes to change the object, and to wait until it is ready.
    pub fn changing(&self) -> Vec<Access> {
        let waited = WAITED_FOR.contains(&(self.group(), self.kind()));
        ["patch"].into_iter().chain(waited.then_some("watch")).map(|verb| self.access(verb)).collect()
    }

    /// Returns what it takes to make the object, and to wait until it is ready.
    pub fn making(&self) -> Vec<Access> {
        let mut accesses = self.changing();
        // The server asks for both when an object is applied that is not there.
        accesses.push(self.access("create"));
        accesses
    }

    /// Returns what it takes to delete the object, and to wait until it is gone.
    pub fn removing(&self) -> Vec<Access> {
        ["get", "delete", "watch"].into_iter().map(|verb| self.access(verb)).collect()
    }
}

/// Returns what it takes to write these roles and bindings: whoever grants a right must hold it, or the right to
/// `escalate` or `bind`.
pub fn granting<'a>(objects: impl Iterator<Item = &'a Manifest> + Clone) -> Vec<Access> {
    let of_rbac = objects.filter(|object| object.group() == RBAC);
    let roles: BTreeMap<(&str, Option<&str>, &str), &Manifest> = of_rbac
        .clone()
        .filter(|object| object.kind().ends_with("Role"))
        .map(|role| ((role.kind(), role.namespace(), role.name()), role))
        .collect();
    let mut accesses = Vec::new();
    for object in of_rbac {
        let namespace = object.namespace();
        match object.kind() {
            kind @ ("Role" | "ClusterRole") => {
                let escalate = Access::to("escalate", GroupKind::new(RBAC, kind), namespace);
                if object.get(&["aggregationRule"]).is_some() {
                    accesses.push(escalate);
                } else {
                    let unless = |access: Access| access.unless(escalate.clone());
                    accesses.extend(granted(object, namespace).into_iter().map(unless));
                }
            }
            "RoleBinding" | "ClusterRoleBinding" => {
                let (kind, name) = (object.text(&["roleRef", "kind"]), object.text(&["roleRef", "name"]));
                let bind = Access {
                    name: Some(name.to_owned()),
                    ..Access::to("bind", GroupKind::new(RBAC, kind), namespace)
                };
                let of_role = namespace.filter(|_| kind == "Role");
                match roles.get(&(kind, of_role, name)) {
                    Some(role) => {
                        let unless = |access: Access| access.unless(bind.clone());
                        accesses.extend(granted(role, namespace).into_iter().map(unless));
                    }
                    // What the role grants is not known here.
                    None => accesses.push(bind),
                }
            }
            _ => {}
        }
    }
    accesses
}

/// Returns all that a role grants in a namespace, or everywhere.
fn granted(role: &Manifest, namespace: Option<&str>) -> Vec<Access> {
    let rules = role.get(&["rules"]).and_then(Json::as_array);
    let mut accesses = Vec::new();
    for rule in rules.into_iter().flatten() {
        let namespace = namespace.map(str::to_owned);
        let access = |verb: &str, to: Target, name: Option<&str>| Access {
            verb: verb.to_owned().into(),
            to,
            namespace: namespace.clone(),
            name: name.map(str::to_owned),
            unless: None,
        };
        let names: Vec<Option<&str>> = match texts(&rule["resourceNames"]).map(Some).collect::<Vec<_>>() {
            none if none.is_empty() => vec![None],
            names => names,
        };
        for verb in texts(&rule["verbs"]) {
            for group in texts(&rule["apiGroups"]) {
                for resource in texts(&rule["resources"]) {
                    let to = || Target::Resource { group: group.to_owned(), resource: resource.to_owned() };
                    accesses.extend(names.iter().map(|name| access(verb, to(), *name)));
                }
            }
            accesses.extend(
                texts(&rule["nonResourceURLs"]).map(|path| access(verb, Target::Path(path.to_owned()), None)),
            );
        }
    }
    accesses
}

fn texts(list: &Json) -> impl Iterator<Item = &str> {
    list.as_array().map_or(&[][..], Vec::as_slice).iter().filter_map(Json::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn manifest(json: Json) -> Manifest {
        Manifest::new(json).unwrap()
    }

    fn told(accesses: &[Access]) -> Vec<String> {
        let target = |to: &Target| match to {
            Target::Kind(kind) => kind.to_string(),
            Target::Resource { group, resource } => format!("{resource}.{group}"),
            Target::Path(path) => path.clone(),
        };
        let one = |access: &Access| {
            let namespace = access.namespace.as_ref().map(|name| format!(" in {name}")).unwrap_or_default();
            format!("{} {}{namespace}", access.verb, target(&access.to))
        };
        let unless = |access: &Access| access.unless.as_ref().map(|other| format!(" unless {}", one(other)));
        accesses
            .iter()
            .map(|access| format!("{}{}", one(access), unless(access).unwrap_or_default()))
            .collect()
    }

    #[test]
    fn an_object_that_is_made_must_be_allowed_to_be_created_and_patched() {
        let deployment = manifest(
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "n"}}),
        );
        let at = |verb: &str| format!("{verb} Deployment.apps in n");
        assert_eq!(told(&deployment.making()), [at("patch"), at("watch"), at("create")]);
        let space = manifest(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}));
        assert_eq!(told(&space.making()), ["patch Namespace in a", "create Namespace"]);
    }

    #[test]
    fn who_grants_must_hold_what_is_granted_or_may_escalate_and_bind() {
        let rules = json!([
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list"], "resourceNames": ["a"]},
            {"nonResourceURLs": ["/metrics"], "verbs": ["get"]},
        ]);
        let role = manifest(
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}, "rules": rules}),
        );
        let escalate = "unless escalate ClusterRole.rbac.authorization.k8s.io";
        assert_eq!(
            told(&granting([&role].into_iter())),
            [
                format!("get secrets. {escalate}"),
                format!("list secrets. {escalate}"),
                format!("get /metrics {escalate}")
            ]
        );
        let binding = |name: &str| {
            manifest(
                json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "b", "namespace": "n"},
                "roleRef": {"kind": "ClusterRole", "name": name}}),
            )
        };
        let bind = "bind ClusterRole.rbac.authorization.k8s.io in n";
        assert_eq!(told(&granting([&binding("elsewhere")].into_iter())), [bind]);
        let both = [role, binding("r")];
        assert_eq!(told(&granting(both.iter()))[3], format!("get secrets. in n unless {bind}"));
    }
}
