//! In which order kinds are made and removed: those that others need first.
//!
//! The ranks are Helm's, which all charts were written for. What shares a rank has no order and is done at once.

use super::Manifest;

/// Kinds in the order in which they are made. Source: `kind_sorter.go` of Helm 4.
const INSTALL: [&str; 38] = [
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// Kinds in the order in which they are removed; not simply the other way round: Services go before workloads.
const UNINSTALL: [&str; 38] = [
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
    "Ingress",
    "IngressClass",
    "Service",
    "CronJob",
    "Job",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "Deployment",
    "ReplicaSet",
    "ReplicationController",
    "Pod",
    "DaemonSet",
    "RoleBindingList",
    "RoleBinding",
    "RoleList",
    "Role",
    "ClusterRoleBindingList",
    "ClusterRoleBinding",
    "ClusterRoleList",
    "ClusterRole",
    "CustomResourceDefinition",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "StorageClass",
    "ConfigMap",
    "SecretList",
    "Secret",
    "ServiceAccount",
    "PodDisruptionBudget",
    "PodSecurityPolicy",
    "LimitRange",
    "ResourceQuota",
    "NetworkPolicy",
    "Namespace",
    "PriorityClass",
];

/// A kind's place in the order; unknown kinds come last, by name.
pub type Rank<'a> = (usize, &'a str);

/// Returns when an object of this kind is made: lower ranks first.
pub fn install_rank(kind: &str) -> Rank<'_> {
    rank(&INSTALL, kind)
}

/// Returns when an object of this kind is removed: lower ranks first.
///
/// Custom resources are unknown kinds and so would go last, as Helm has it; whoever removes definitions too must
/// remove their objects before.
pub fn uninstall_rank(kind: &str) -> Rank<'_> {
    rank(&UNINSTALL, kind)
}

fn rank<'a>(order: &[&str], kind: &'a str) -> Rank<'a> {
    match order.iter().position(|known| *known == kind) {
        Some(place) => (place, ""),
        None => (order.len(), kind),
    }
}

/// Returns the objects in groups: one group after the other is made, what is in one at once.
pub fn waves(manifests: impl IntoIterator<Item = Manifest>) -> Vec<Vec<Manifest>> {
    let mut sorted: Vec<Manifest> = manifests.into_iter().collect();
    sorted.sort_by(|a, b| install_rank(a.kind()).cmp(&install_rank(b.kind())));
    let mut waves: Vec<Vec<Manifest>> = Vec::new();
    for manifest in sorted {
        match waves.last_mut() {
            Some(wave) if wave[0].kind() == manifest.kind() => wave.push(manifest),
            _ => waves.push(vec![manifest]),
        }
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_others_need_is_made_first_and_unknown_kinds_last() {
        let manifest = |kind: &str, name: &str| {
            Manifest::new(json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}})).unwrap()
        };
        let waves = waves([
            manifest("Zebra", "z"),
            manifest("Deployment", "d"),
            manifest("Ant", "a"),
            manifest("Secret", "s2"),
            manifest("Namespace", "n"),
            manifest("Secret", "s1"),
        ]);
        let names: Vec<Vec<&str>> =
            waves.iter().map(|wave| wave.iter().map(Manifest::name).collect()).collect();
        assert_eq!(names, [vec!["n"], vec!["s2", "s1"], vec!["d"], vec!["a"], vec!["z"]]);
    }

    #[test]
    fn both_orders_know_the_same_kinds() {
        let sorted = |mut kinds: Vec<&'static str>| {
            kinds.sort_unstable();
            kinds
        };
        assert_eq!(sorted(INSTALL.to_vec()), sorted(UNINSTALL.to_vec()));
        assert!(uninstall_rank("ValidatingWebhookConfiguration") < uninstall_rank("Service"));
    }
}
