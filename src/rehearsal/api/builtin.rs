//! The kinds that a server serves by itself: one line each, in the order of the server's own discovery.

use super::kind::{Kind, Resource, Traits};
use crate::rehearsal::schema::Schema;

/// A line of the table.
struct Builtin {
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    short_names: &'static [&'static str],
    categories: &'static [&'static str],
    namespaced: bool,
    traits: Traits,
}

const NONE: Traits = Traits {
    review: false,
    status: false,
    scale: false,
    generation: false,
    conditional: false,
    upsert: false,
    orphans: false,
    graceful: false,
};

const fn namespaced(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) -> Builtin {
    Builtin {
        group,
        version,
        plural,
        kind,
        short_names: &[],
        categories: &[],
        namespaced: true,
        traits: NONE,
    }
}

const fn cluster(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
) -> Builtin {
    Builtin { namespaced: false, ..namespaced(group, version, plural, kind) }
}

const fn review(group: &'static str, plural: &'static str, kind: &'static str) -> Builtin {
    Builtin { traits: Traits { review: true, ..NONE }, ..cluster(group, "v1", plural, kind) }
}

impl Builtin {
    const fn short(self, short_names: &'static [&'static str]) -> Self {
        Self { short_names, ..self }
    }

    /// Part of `kubectl get all`.
    const fn all(self) -> Self {
        Self { categories: &["all"], ..self }
    }

    const fn extends(self) -> Self {
        Self { categories: &["api-extensions"], ..self }
    }

    const fn status(self) -> Self {
        Self { traits: Traits { status: true, ..self.traits }, ..self }
    }

    const fn scale(self) -> Self {
        Self { traits: Traits { scale: true, ..self.traits }, ..self }
    }

    const fn generation(self) -> Self {
        Self { traits: Traits { generation: true, ..self.traits }, ..self }
    }

    const fn conditional(self) -> Self {
        Self { traits: Traits { conditional: true, ..self.traits }, ..self }
    }

    const fn upsert(self) -> Self {
        Self { traits: Traits { upsert: true, ..self.traits }, ..self }
    }

    const fn orphans(self) -> Self {
        Self { traits: Traits { orphans: true, ..self.traits }, ..self }
    }

    const fn graceful(self) -> Self {
        Self { traits: Traits { graceful: true, ..self.traits }, ..self }
    }

    fn kind(&self) -> Kind {
        // Events are one collection with two doors.
        let group = if self.plural == "events" { "" } else { self.group };
        let singular = self.kind.to_lowercase();
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Kind {
            group: self.group.to_owned(),
            version: self.version.to_owned(),
            kind: self.kind.to_owned(),
            list_kind: format!("{}List", self.kind),
            singular,
            short_names: owned(self.short_names),
            categories: owned(self.categories),
            namespaced: self.namespaced,
            traits: self.traits,
            resource: Resource::new(group, self.plural),
            schema: Schema::builtin(self.group, self.version, self.kind).unwrap_or_else(Schema::unknown),
            custom: None,
        }
    }
}

/// Returns the builtin kinds; of a group's versions the preferred one comes first.
pub(super) fn kinds() -> Vec<Kind> {
    KINDS.iter().map(Builtin::kind).collect()
}

const ADMISSION: &str = "admissionregistration.k8s.io";
const AUTHORIZATION: &str = "authorization.k8s.io";
const FLOW: &str = "flowcontrol.apiserver.k8s.io";
const NETWORK: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const STORAGE: &str = "storage.k8s.io";

const KINDS: &[Builtin] = &[
    namespaced("", "v1", "configmaps", "ConfigMap").short(&["cm"]),
    namespaced("", "v1", "endpoints", "Endpoints").short(&["ep"]).upsert(),
    namespaced("", "v1", "events", "Event").short(&["ev"]).upsert(),
    namespaced("", "v1", "limitranges", "LimitRange").short(&["limits"]).upsert(),
    cluster("", "v1", "namespaces", "Namespace").short(&["ns"]).status(),
    cluster("", "v1", "nodes", "Node").short(&["no"]).status(),
    namespaced("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim").short(&["pvc"]).status(),
    cluster("", "v1", "persistentvolumes", "PersistentVolume").short(&["pv"]).status(),
    namespaced("", "v1", "pods", "Pod").short(&["po"]).all().status().generation().graceful(),
    namespaced("", "v1", "podtemplates", "PodTemplate").upsert().generation(),
    namespaced("", "v1", "replicationcontrollers", "ReplicationController")
        .short(&["rc"])
        .all()
        .status()
        .scale()
        .generation()
        .orphans(),
    namespaced("", "v1", "resourcequotas", "ResourceQuota").short(&["quota"]).status(),
    namespaced("", "v1", "secrets", "Secret"),
    namespaced("", "v1", "serviceaccounts", "ServiceAccount").short(&["sa"]),
    namespaced("", "v1", "services", "Service").short(&["svc"]).all().status(),
    cluster("apiregistration.k8s.io", "v1", "apiservices", "APIService").extends().status().conditional(),
    namespaced("apps", "v1", "controllerrevisions", "ControllerRevision"),
    namespaced("apps", "v1", "daemonsets", "DaemonSet").short(&["ds"]).all().status().generation(),
    namespaced("apps", "v1", "deployments", "Deployment")
        .short(&["deploy"])
        .all()
        .status()
        .scale()
        .generation(),
    namespaced("apps", "v1", "replicasets", "ReplicaSet").short(&["rs"]).all().status().scale().generation(),
    namespaced("apps", "v1", "statefulsets", "StatefulSet")
        .short(&["sts"])
        .all()
        .status()
        .scale()
        .generation(),
    namespaced("events.k8s.io", "v1", "events", "Event").short(&["ev"]).upsert(),
    review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
    review("authentication.k8s.io", "tokenreviews", "TokenReview"),
    Builtin {
        namespaced: true,
        ..review(AUTHORIZATION, "localsubjectaccessreviews", "LocalSubjectAccessReview")
    },
    review(AUTHORIZATION, "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    review(AUTHORIZATION, "selfsubjectrulesreviews", "SelfSubjectRulesReview"),
    review(AUTHORIZATION, "subjectaccessreviews", "SubjectAccessReview"),
    namespaced("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
        .short(&["hpa"])
        .all()
        .status(),
    namespaced("autoscaling", "v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler")
        .short(&["hpa"])
        .all()
        .status(),
    namespaced("batch", "v1", "cronjobs", "CronJob").short(&["cj"]).all().status().generation(),
    namespaced("batch", "v1", "jobs", "Job").all().status().generation().orphans(),
    cluster("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest")
        .short(&["csr"])
        .status(),
    cluster(NETWORK, "v1", "ingressclasses", "IngressClass").generation(),
    namespaced(NETWORK, "v1", "ingresses", "Ingress").short(&["ing"]).status().generation(),
    cluster(NETWORK, "v1", "ipaddresses", "IPAddress").short(&["ip"]),
    namespaced(NETWORK, "v1", "networkpolicies", "NetworkPolicy").short(&["netpol"]).generation(),
    cluster(NETWORK, "v1", "servicecidrs", "ServiceCIDR").status(),
    namespaced("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget")
        .short(&["pdb"])
        .status()
        .generation(),
    cluster(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding"),
    cluster(RBAC, "v1", "clusterroles", "ClusterRole"),
    namespaced(RBAC, "v1", "rolebindings", "RoleBinding"),
    namespaced(RBAC, "v1", "roles", "Role"),
    cluster(STORAGE, "v1", "csidrivers", "CSIDriver"),
    cluster(STORAGE, "v1", "csinodes", "CSINode"),
    namespaced(STORAGE, "v1", "csistoragecapacities", "CSIStorageCapacity"),
    cluster(STORAGE, "v1", "storageclasses", "StorageClass").short(&["sc"]),
    cluster(STORAGE, "v1", "volumeattachments", "VolumeAttachment").status(),
    cluster(STORAGE, "v1", "volumeattributesclasses", "VolumeAttributesClass").short(&["vac"]),
    cluster(ADMISSION, "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration")
        .extends()
        .generation()
        .conditional(),
    cluster(ADMISSION, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy")
        .extends()
        .status()
        .generation()
        .conditional(),
    cluster(ADMISSION, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding")
        .extends()
        .generation()
        .conditional(),
    cluster(ADMISSION, "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration")
        .extends()
        .generation()
        .conditional(),
    cluster("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition")
        .short(&["crd", "crds"])
        .extends()
        .status()
        .generation()
        .conditional(),
    cluster("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass").short(&["pc"]).generation(),
    namespaced("coordination.k8s.io", "v1", "leases", "Lease").conditional().upsert(),
    cluster("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass"),
    namespaced("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice").generation(),
    cluster("resource.k8s.io", "v1", "deviceclasses", "DeviceClass").generation(),
    namespaced("resource.k8s.io", "v1", "resourceclaims", "ResourceClaim").status(),
    namespaced("resource.k8s.io", "v1", "resourceclaimtemplates", "ResourceClaimTemplate"),
    cluster("resource.k8s.io", "v1", "resourceslices", "ResourceSlice").generation(),
    cluster(FLOW, "v1", "flowschemas", "FlowSchema").status().generation(),
    cluster(FLOW, "v1", "prioritylevelconfigurations", "PriorityLevelConfiguration").status().generation(),
];
