//! The ground that an end-to-end test stands on: the real cluster or a rehearsal's, which it can't tell apart.
//!
//! A body that takes a [`Ground`] runs on both. It reads objects with a client and not with kubectl, so that it also runs
//! where the tools of the real cluster cannot be built.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use eggtooth::rehearsal::Port;
use eggtooth::rehearsal::programs::pulumi_esc::EscEnvironments;
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::{Api, Client};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cluster::{Cluster, Options, runtime, succeed};
use crate::connect::{Fault, Request};
use crate::rehearsed::Rehearsed;
use crate::{tools, wait};

/// The names by which a test asks for kinds: plural, group, version, kind.
const KINDS: [(&str, &str, &str, &str); 24] = [
    ("clusterrolebindings", "rbac.authorization.k8s.io", "v1", "ClusterRoleBinding"),
    ("clusterroles", "rbac.authorization.k8s.io", "v1", "ClusterRole"),
    ("clustersecretstores", "external-secrets.io", "v1", "ClusterSecretStore"),
    ("configmaps", "", "v1", "ConfigMap"),
    ("customresourcedefinitions", "apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
    ("deployments", "apps", "v1", "Deployment"),
    ("events", "", "v1", "Event"),
    ("externalsecrets", "external-secrets.io", "v1", "ExternalSecret"),
    ("jobs", "batch", "v1", "Job"),
    ("leases", "coordination.k8s.io", "v1", "Lease"),
    ("mutatingwebhookconfigurations", "admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration"),
    ("namespaces", "", "v1", "Namespace"),
    ("nests", "life.test", "v1", "Nest"),
    ("networkpolicies", "networking.k8s.io", "v1", "NetworkPolicy"),
    ("nodes", "", "v1", "Node"),
    ("pods", "", "v1", "Pod"),
    ("rolebindings", "rbac.authorization.k8s.io", "v1", "RoleBinding"),
    ("roles", "rbac.authorization.k8s.io", "v1", "Role"),
    ("sealedsecrets", "bitnami.com", "v1alpha1", "SealedSecret"),
    ("secrets", "", "v1", "Secret"),
    ("secretstores", "external-secrets.io", "v1", "SecretStore"),
    ("serviceaccounts", "", "v1", "ServiceAccount"),
    ("services", "", "v1", "Service"),
    (
        "validatingwebhookconfigurations",
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingWebhookConfiguration",
    ),
];

/// How long something that was deleted may take to be gone.
const GOING: Duration = Duration::from_mins(1);

/// A cluster with the controllers that matter and a Connect server.
pub(crate) trait Ground: Sync {
    /// An administrator's client, for [`runtime`].
    fn client(&self) -> Client;

    /// The administrator's kubeconfig, for processes that this one starts.
    fn kubeconfig(&self) -> &Path;

    /// A command with the cluster's kubeconfig, and caches and configuration of its own.
    fn command(&self, program: &Path) -> Command;

    /// What a container printed; of several pods whose names begin so, all of it.
    fn log(&self, namespace: &str, pod_prefix: &str, container: &str) -> String;

    /// Sets a field as a person does in 1Password's app.
    fn set_field(&self, vault: &str, item: &str, label: &str, value: &str);

    /// Makes Connect misbehave from the next request on.
    fn inject(&self, fault: Fault);

    /// Lets Connect work again.
    fn heal(&self);

    /// Every request to Connect's `/v1` so far, in order.
    fn requests(&self) -> Vec<Request>;

    /// Pulumi's service where the operator reaches it.
    fn esc(&self) -> Esc;
}

/// The environments of a Pulumi service, and where the cluster's operator finds it as long as this lives.
pub(crate) struct Esc {
    pub(crate) environments: EscEnvironments,
    pub(crate) url: String,
    pub(crate) _port: Option<Port>,
}

/// A test's two trials: `NAME` on a new real cluster, `rehearsed::NAME` on a new rehearsal's.
pub(crate) fn on_both(name: &str, body: fn(&dyn Ground)) -> [Trial; 2] {
    let real = move || {
        body(&Cluster::start(&Options::default()));
        Ok(())
    };
    let rehearsed = move || {
        body(&Rehearsed::start(&crate::connect::example()));
        Ok(())
    };
    [Trial::test(name, real), Trial::test(format!("rehearsed::{name}"), rehearsed)]
}

impl dyn Ground + '_ {
    /// Runs helm, the real one where it is built, and returns its output; fails when it does.
    pub(crate) fn helm(&self, words: &[&str]) -> String {
        succeed(self.tool_or_ours("helm").args(words))
    }

    /// A command of the real tool `NAME`, or `eggtooth NAME` where that is not built.
    pub(crate) fn tool_or_ours(&self, name: &str) -> Command {
        if let Some(tool) = tools::find(name) {
            return self.command(&tool);
        }
        let mut ours = self.command(Path::new(env!("CARGO_BIN_EXE_eggtooth")));
        ours.arg(name);
        ours
    }

    /// Returns an object, if it is there.
    pub(crate) fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        let object = runtime().block_on(self.api(kind, namespace).get_opt(name)).unwrap()?;
        Some(serde_json::to_value(object).unwrap())
    }

    /// Returns an object, which must be there.
    pub(crate) fn get(&self, kind: &str, namespace: &str, name: &str) -> Value {
        self.find(kind, namespace, name).unwrap_or_else(|| panic!("no {kind} {namespace}/{name}"))
    }

    /// Returns the text at a path of an object; an empty one where there is none.
    pub(crate) fn text(&self, kind: &str, namespace: &str, name: &str, path: &str) -> String {
        let object = self.find(kind, namespace, name).unwrap_or_default();
        match object.pointer(path) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        }
    }

    /// Returns the decoded value of a Secret's key, if both are there.
    pub(crate) fn secret(&self, namespace: &str, name: &str, key: &str) -> Option<String> {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let secret = self.find("secrets", namespace, name)?;
        String::from_utf8(STANDARD.decode(secret["data"][key].as_str()?).unwrap()).ok()
    }

    /// Returns all objects of a kind in a namespace, or with an empty name in all of them; none of a kind that is not served.
    pub(crate) fn list(&self, kind: &str, namespace: &str, selector: &str) -> Vec<Value> {
        let (api, parameters) = (self.api(kind, namespace), ListParams::default().labels(selector));
        match runtime().block_on(api.list(&parameters)) {
            Ok(list) => list.items.into_iter().map(|object| serde_json::to_value(object).unwrap()).collect(),
            Err(kube::Error::Api(status)) if status.code == 404 => Vec::new(),
            Err(error) => panic!("list {kind}: {error}"),
        }
    }

    /// Returns all objects of some kinds in all namespaces as `KIND NAMESPACE/NAME`, each with its resourceVersion.
    pub(crate) fn versions(&self, kinds: &[&str]) -> Vec<(String, String)> {
        let text =
            |object: &Value, key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
        let mut found = Vec::new();
        for kind in kinds {
            for object in self.list(kind, "", "") {
                let name = format!("{kind} {}/{}", text(&object, "namespace"), text(&object, "name"));
                found.push((name, text(&object, "resourceVersion")));
            }
        }
        found.sort();
        found
    }

    /// Applies an object on the server's side, as kubectl does.
    pub(crate) fn apply(&self, object: &Value) {
        let word = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let (_, _, _, kind) = KINDS.into_iter().find(|known| known.3 == word("/kind")).expect("a known kind");
        let plural = KINDS.into_iter().find(|known| known.3 == kind).expect("found above").0;
        let name = word("/metadata/name");
        self.patch(
            plural,
            word("/metadata/namespace"),
            name,
            &PatchParams::apply("kubectl"),
            &Patch::Apply(object),
        );
    }

    /// Changes an object by a merge patch.
    pub(crate) fn merge(&self, kind: &str, namespace: &str, name: &str, patch: &Value) {
        self.patch(kind, namespace, name, &PatchParams::default(), &Patch::Merge(patch));
    }

    pub(crate) fn create_namespace(&self, name: &str) {
        self.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
    }

    /// Deletes an object and waits until this very one is gone; one that is not there is gone.
    pub(crate) fn delete(&self, kind: &str, namespace: &str, name: &str) {
        let uid = self.text(kind, namespace, name, "/metadata/uid");
        let api = self.api(kind, namespace);
        match runtime().block_on(api.delete(name, &DeleteParams::default())) {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.code == 404 => {}
            Err(error) => panic!("delete {kind} {namespace}/{name}: {error}"),
        }
        wait::expect(&format!("{kind} {namespace}/{name} to be gone"), GOING, || {
            let left = self.find(kind, namespace, name).filter(|left| left["metadata"]["uid"] == *uid);
            left.map_or(Ok(()), |left| Err(left["metadata"].to_string()))
        });
    }

    /// Deletes the pods that are there now and waits until they are gone.
    pub(crate) fn delete_pods(&self, namespace: &str, selector: &str) {
        let pods = self.list("pods", namespace, selector);
        assert!(!pods.is_empty(), "no pod of `{namespace}` is `{selector}`");
        for pod in pods {
            let text = |key: &str| pod["metadata"][key].as_str().unwrap_or_default();
            self.delete("pods", text("namespace"), text("name"));
        }
    }

    /// Returns a token of a service account.
    pub(crate) fn token(&self, namespace: &str, account: &str) -> String {
        use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
        use k8s_openapi::api::core::v1::ServiceAccount;
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), namespace);
        let spec = TokenRequestSpec { expiration_seconds: Some(3600), ..TokenRequestSpec::default() };
        let (parameters, request) = (PostParams::default(), TokenRequest { spec, ..TokenRequest::default() });
        let issued = accounts.create_token_request(account, &parameters, &request);
        runtime().block_on(issued).unwrap().status.expect("a token is issued").token
    }

    fn patch(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
        parameters: &PatchParams,
        patch: &Patch<&Value>,
    ) {
        let patched = self.api(kind, namespace);
        let patched = runtime().block_on(patched.patch(name, parameters, patch));
        patched.unwrap_or_else(|error| panic!("write {kind} {namespace}/{name}: {error}"));
    }

    fn api(&self, plural: &str, namespace: &str) -> Api<DynamicObject> {
        let known = KINDS.into_iter().find(|known| known.0 == plural);
        let (plural, group, version, kind) =
            known.unwrap_or_else(|| panic!("`{plural}` is not in the table"));
        let api_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
        let resource = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version,
            kind: kind.to_owned(),
            plural: plural.to_owned(),
        };
        if namespace.is_empty() {
            Api::all_with(self.client(), &resource)
        } else {
            Api::namespaced_with(self.client(), namespace, &resource)
        }
    }
}
