//! The kinds that controllers and node work on.

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::rehearsal) enum Kind {
    ConfigMap,
    DaemonSet,
    Deployment,
    EndpointSlice,
    Endpoints,
    Job,
    Namespace,
    PersistentVolumeClaim,
    Pod,
    ReplicaSet,
    Secret,
    Service,
    ServiceAccount,
    StatefulSet,
}

impl Kind {
    pub(in crate::rehearsal) const ALL: [Self; 14] = [
        Self::ConfigMap,
        Self::DaemonSet,
        Self::Deployment,
        Self::EndpointSlice,
        Self::Endpoints,
        Self::Job,
        Self::Namespace,
        Self::PersistentVolumeClaim,
        Self::Pod,
        Self::ReplicaSet,
        Self::Secret,
        Self::Service,
        Self::ServiceAccount,
        Self::StatefulSet,
    ];

    /// Returns the API group with its version, and the plural.
    fn resource(self) -> (&'static str, &'static str) {
        match self {
            Self::ConfigMap => ("v1", "configmaps"),
            Self::DaemonSet => ("apps/v1", "daemonsets"),
            Self::Deployment => ("apps/v1", "deployments"),
            Self::EndpointSlice => ("discovery.k8s.io/v1", "endpointslices"),
            Self::Endpoints => ("v1", "endpoints"),
            Self::Job => ("batch/v1", "jobs"),
            Self::Namespace => ("v1", "namespaces"),
            Self::PersistentVolumeClaim => ("v1", "persistentvolumeclaims"),
            Self::Pod => ("v1", "pods"),
            Self::ReplicaSet => ("apps/v1", "replicasets"),
            Self::Secret => ("v1", "secrets"),
            Self::Service => ("v1", "services"),
            Self::ServiceAccount => ("v1", "serviceaccounts"),
            Self::StatefulSet => ("apps/v1", "statefulsets"),
        }
    }

    pub(in crate::rehearsal) fn api_version(self) -> &'static str {
        self.resource().0
    }

    /// Returns the kind as objects name it.
    pub(in crate::rehearsal) fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::DaemonSet => "DaemonSet",
            Self::Deployment => "Deployment",
            Self::EndpointSlice => "EndpointSlice",
            Self::Endpoints => "Endpoints",
            Self::Job => "Job",
            Self::Namespace => "Namespace",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::Pod => "Pod",
            Self::ReplicaSet => "ReplicaSet",
            Self::Secret => "Secret",
            Self::Service => "Service",
            Self::ServiceAccount => "ServiceAccount",
            Self::StatefulSet => "StatefulSet",
        }
    }

    /// Returns the path of all objects of the kind.
    pub(super) fn everywhere(self) -> String {
        let (version, plural) = self.resource();
        let root = if version.contains('/') { "apis" } else { "api" };
        format!("/{root}/{version}/{plural}")
    }

    /// Returns the path of the objects in a namespace; that of all where the kind has none.
    pub(super) fn collection(self, namespace: &str) -> String {
        if namespace.is_empty() {
            return self.everywhere();
        }
        let (version, plural) = self.resource();
        let root = if version.contains('/') { "apis" } else { "api" };
        format!("/{root}/{version}/namespaces/{namespace}/{plural}")
    }
}
