//! The roles and bindings that every cluster has from its first moment, as far as people refer to them.

use serde_json::{Value as Json, json};

use crate::rehearsal::api::server::Server;

use super::GROUP;

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
const ALL: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Verbs, API group, resources.
type Rule = (&'static [&'static str], &'static str, &'static [&'static str]);

const WORKLOADS: &[&str] = &[
    "daemonsets",
    "deployments",
    "deployments/scale",
    "replicasets",
    "replicasets/scale",
    "statefulsets",
    "statefulsets/scale",
];
const CLAIMS: &[&str] = &[
    "configmaps",
    "endpoints",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "serviceaccounts",
    "services",
];

const VIEW: &[Rule] = &[
    (READ, "", CLAIMS),
    (READ, "", &["persistentvolumeclaims/status", "pods/log", "pods/status", "services/status"]),
    (READ, "", &["events", "limitranges", "namespaces", "namespaces/status", "resourcequotas"]),
    (READ, "discovery.k8s.io", &["endpointslices"]),
    (READ, "apps", WORKLOADS),
    (
        READ,
        "apps",
        &[
            "controllerrevisions",
            "daemonsets/status",
            "deployments/status",
            "replicasets/status",
            "statefulsets/status",
        ],
    ),
    (READ, "autoscaling", &["horizontalpodautoscalers", "horizontalpodautoscalers/status"]),
    (READ, "batch", &["cronjobs", "cronjobs/status", "jobs", "jobs/status"]),
    (READ, "networking.k8s.io", &["ingresses", "ingresses/status", "networkpolicies"]),
    (READ, "policy", &["poddisruptionbudgets", "poddisruptionbudgets/status"]),
];
const EDIT: &[Rule] = &[
    (READ, "", &["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]),
    (&["impersonate"], "", &["serviceaccounts"]),
    (WRITE, "", CLAIMS),
    (WRITE, "", &["pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"]),
    (&["create"], "", &["pods/eviction", "serviceaccounts/token"]),
    (&["create", "patch", "update"], "", &["events"]),
    (WRITE, "apps", WORKLOADS),
    (WRITE, "autoscaling", &["horizontalpodautoscalers"]),
    (WRITE, "batch", &["cronjobs", "jobs"]),
    (WRITE, "networking.k8s.io", &["ingresses", "networkpolicies"]),
    (WRITE, "policy", &["poddisruptionbudgets"]),
    (ALL, "coordination.k8s.io", &["leases"]),
];
const ADMIN: &[Rule] = &[
    (&["create"], "authorization.k8s.io", &["localsubjectaccessreviews"]),
    (ALL, GROUP, &["rolebindings", "roles"]),
];
const SELF: &[Rule] = &[
    (&["create"], "authorization.k8s.io", &["selfsubjectaccessreviews", "selfsubjectrulesreviews"]),
    (&["create"], "authentication.k8s.io", &["selfsubjectreviews"]),
];
const REVIEWS: &[Rule] = &[
    (&["create"], "authentication.k8s.io", &["tokenreviews"]),
    (&["create"], "authorization.k8s.io", &["subjectaccessreviews"]),
];

const DISCOVERY: &[&str] = &[
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
];
const PUBLIC: &[&str] = &["/healthz", "/livez", "/readyz", "/version", "/version/"];

/// Roles that gather rules: what each begins with, and the one that gathers what it has.
const GATHERING: [(&str, &[Rule], Option<&str>); 3] =
    [("view", VIEW, Some("edit")), ("edit", EDIT, Some("admin")), ("admin", ADMIN, None)];

impl Server {
    /// Makes the roles and bindings that a cluster begins with.
    pub(in crate::rehearsal::api) fn furnish_roles(&self) {
        let everything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
            {"nonResourceURLs": ["*"], "verbs": ["*"]}]);
        self.cluster_role("cluster-admin", None, json!({"rules": everything}));
        for (name, paths) in [("system:discovery", DISCOVERY), ("system:public-info-viewer", PUBLIC)] {
            self.cluster_role(name, None, json!({"rules": [{"nonResourceURLs": paths, "verbs": ["get"]}]}));
        }
        for (name, rules) in [("system:basic-user", SELF), ("system:auth-delegator", REVIEWS)] {
            self.cluster_role(name, None, json!({"rules": listed(rules)}));
        }
        for (name, rules, above) in GATHERING {
            let own = json!({"rules": listed(rules)});
            self.cluster_role(&format!("system:aggregate-to-{name}"), Some(name), own);
            let selectors = json!([{"matchLabels": {label(name): "true"}}]);
            let gathered = json!({"aggregationRule": {"clusterRoleSelectors": selectors}, "rules": []});
            self.cluster_role(name, above, gathered);
        }
        for (name, groups) in [
            ("cluster-admin", &["system:masters"][..]),
            ("system:basic-user", &["system:authenticated"]),
            ("system:discovery", &["system:authenticated"]),
            ("system:public-info-viewer", &["system:authenticated", "system:unauthenticated"]),
        ] {
            let subject = |group| json!({"apiGroup": GROUP, "kind": "Group", "name": group});
            let subjects: Vec<Json> = groups.iter().map(subject).collect();
            let role = json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": name});
            let content = json!({"subjects": subjects, "roleRef": role});
            self.furnish_role("ClusterRoleBinding", name, None, content);
        }
    }

    /// Makes a role, whose rules are gathered by another where one is named.
    fn cluster_role(&self, name: &str, gathered_by: Option<&str>, content: Json) {
        self.furnish_role("ClusterRole", name, gathered_by, content);
    }

    fn furnish_role(&self, kind: &str, name: &str, gathered_by: Option<&str>, mut object: Json) {
        let mut labels = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
        if let Some(above) = gathered_by {
            labels[label(above)] = "true".into();
        }
        let annotations = json!({"rbac.authorization.kubernetes.io/autoupdate": "true"});
        object["apiVersion"] = format!("{GROUP}/v1").into();
        object["kind"] = kind.into();
        object["metadata"] = json!({"name": name, "labels": labels, "annotations": annotations});
        self.furnish(GROUP, &format!("{}s", kind.to_lowercase()), object);
    }
}

fn label(role: &str) -> String {
    format!("{GROUP}/aggregate-to-{role}")
}

fn listed(rules: &[Rule]) -> Vec<Json> {
    let rule = |(verbs, group, resources): &Rule| json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
    rules.iter().map(rule).collect()
}
