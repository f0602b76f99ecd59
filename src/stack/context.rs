//! What a stack program registers.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Origin, Path, Release, Step};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine;
use crate::external_secrets::ClusterExternalSecret;
use crate::helm::ChartsLock;
use crate::resource::{Options, Resource, Urn, Value};
use crate::verify::Proof;

/// What a program may know of the outside; the same values give the same resources.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The charts that `bootstrap/charts.lock` pins.
    pub charts: Arc<ChartsLock>,
    /// The time of this run, for expiry checks.
    pub now: Timestamp,
}

/// What a program registered.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The resources, in the order of their registration, and the stack's outputs.
    pub wanted: engine::Program,
    /// The stores to prove once everything is applied.
    pub proofs: Vec<Proof>,
    /// What is wrong with the configuration.
    pub diagnostics: Diagnostics,
}

/// A program's view while it runs.
pub struct Context<'a> {
    environment: &'a str,
    stack: &'a str,
    settings: &'a Settings,
    origin: &'a Origin<'a>,
    program: Program,
}

impl<'a> Context<'a> {
    /// Returns an empty context for a stack of an environment.
    pub fn new(environment: &'a str, stack: &'a str, settings: &'a Settings, origin: &'a Origin<'a>) -> Self {
        Self { environment, stack, settings, origin, program: Program::default() }
    }

    /// Registers a resource of any type and returns its URN.
    pub fn register(&mut self, kind: &str, name: &str, inputs: Value, options: Options) -> Urn {
        let urn = Urn::new(self.environment, self.stack, kind, name);
        self.program.wanted.resources.push(Resource { urn: urn.clone(), inputs, options });
        urn
    }

    /// Registers a Kubernetes object by its manifest; its URN's name is `namespace/name` or `name`.
    pub fn object(&mut self, manifest: Value, options: Options) -> Urn {
        let kind = format!("kubernetes:{}", manifest.get("kind").and_then(Value::as_str).unwrap_or("Object"));
        let name = object_name(&manifest);
        self.register(&kind, &name, manifest, options)
    }

    /// Registers a namespace, unless it is registered already; one that is in the cluster already is used, and never
    /// deleted.
    pub fn namespace(&mut self, name: &str) -> Urn {
        let urn = Urn::new(self.environment, self.stack, "kubernetes:Namespace", name);
        if self.program.wanted.resources.iter().any(|resource| resource.urn == urn) {
            return urn;
        }
        let metadata = Value::map([("name", name.into())]);
        let manifest =
            Value::map([("apiVersion", "v1".into()), ("kind", "Namespace".into()), ("metadata", metadata)]);
        self.object(manifest, Options::default())
    }

    /// Registers a namespace, unless the program did already.
    pub fn namespace_once(&mut self, name: &str) {
        let urn = Urn::new(self.environment, self.stack, "kubernetes:Namespace", name);
        if !self.program.wanted.resources.iter().any(|resource| resource.urn == urn) {
            self.namespace(name);
        }
    }

    /// Registers a namespace with these labels, which are taken off again when they are no longer wanted.
    pub fn labelled_namespace<'l>(&mut self, name: &str, labels: impl IntoIterator<Item = &'l str>) -> Urn {
        let labels: Vec<_> = labels.into_iter().map(|label| (label, Value::from("true"))).collect();
        if labels.is_empty() {
            return self.namespace(name);
        }
        let metadata = Value::map([("name", name.into()), ("labels", Value::map(labels))]);
        let manifest =
            Value::map([("apiVersion", "v1".into()), ("kind", "Namespace".into()), ("metadata", metadata)]);
        self.object(manifest, Options::default())
    }

    /// Registers an Opaque Secret with these texts as its data.
    pub fn secret(
        &mut self,
        namespace: &str,
        name: &str,
        data: impl IntoIterator<Item = (String, Value)>,
    ) -> Urn {
        self.typed_secret(namespace, name, "Opaque", data)
    }

    /// Registers a Secret of the type `kind` with these texts as its data.
    pub fn typed_secret(
        &mut self,
        namespace: &str,
        name: &str,
        kind: &str,
        data: impl IntoIterator<Item = (String, Value)>,
    ) -> Urn {
        let metadata = Value::map([("name", name.into()), ("namespace", namespace.into())]);
        let manifest = Value::map([
            ("apiVersion", "v1".into()),
            ("kind", "Secret".into()),
            ("metadata", metadata),
            ("type", kind.into()),
            ("stringData", Value::map(data.into_iter().map(|(key, value)| (key, value.secret())))),
        ]);
        self.object(manifest, Options::default())
    }

    /// Registers a service account that may read these Secrets of its namespace, by name, and nothing else.
    pub fn secret_reader<'s>(
        &mut self,
        namespace: &str,
        name: &str,
        secrets: impl IntoIterator<Item = &'s str>,
    ) -> Vec<Urn> {
        let secrets: Vec<&str> = secrets.into_iter().collect();
        let metadata = serde_json::json!({ "name": name, "namespace": namespace });
        let group = "rbac.authorization.k8s.io";
        let version = format!("{group}/v1");
        let rule = serde_json::json!({ "apiGroups": [""], "resources": ["secrets"], "resourceNames": secrets, "verbs": ["get"] });
        let manifests = [
            serde_json::json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata }),
            serde_json::json!({ "apiVersion": version, "kind": "Role", "metadata": metadata, "rules": [rule] }),
            serde_json::json!({
                "apiVersion": version, "kind": "RoleBinding", "metadata": metadata,
                "roleRef": { "apiGroup": group, "kind": "Role", "name": name },
                "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": namespace }],
            }),
        ];
        manifests.iter().map(|manifest| self.object(Value::from(manifest), Options::default())).collect()
    }

    /// Registers a Helm release.
    pub fn release(&mut self, release: Release, options: Options) -> Urn {
        let name = format!("{}/{}", release.namespace, release.name);
        let inputs = release.into_inputs(&self.settings.charts);
        self.register("helm:Release", &name, inputs, options)
    }

    /// Registers a store or another object of External Secrets, which waits for the operator's webhook.
    pub fn external_secret_object(&mut self, manifest: Value, options: Options) -> Urn {
        let kind =
            format!("external-secrets:{}", manifest.get("kind").and_then(Value::as_str).unwrap_or("Object"));
        let name = object_name(&manifest);
        self.register(&kind, &name, manifest, options)
    }

    /// Registers the certificate of the operator's webhook, seeded before the release `release` starts the webhook:
    /// it serves at once instead of after its own ten-second pauses. The operator renews it from then on.
    pub fn webhook_certificate(&mut self, release: &str, namespace: &str) -> Urn {
        let name = format!("{release}-webhook");
        let inputs = Value::map([
            ("name", Value::from(name.as_str())),
            ("namespace", namespace.into()),
            ("release", release.into()),
        ]);
        let options = Options { create_only: true, ..Options::default() };
        self.register("external-secrets:WebhookCertificate", &format!("{namespace}/{name}"), inputs, options)
    }

    /// Registers a ClusterExternalSecret, and that no namespace which loses its label is held by the operator's finalizer.
    pub fn cluster_external_secret(&mut self, wanted: &ClusterExternalSecret, depends_on: Vec<Urn>) -> Urn {
        let label = Value::map([("label", wanted.label.as_str().into())]);
        let finalizers = "external-secrets:NamespaceFinalizers";
        let finalizers = self.register(finalizers, &wanted.name, label, Options::default());
        // Its finalizers are taken off when it has gone itself.
        let depends_on = depends_on.into_iter().chain([finalizers]).collect();
        self.external_secret_object(wanted.manifest(), Options { depends_on, ..Options::default() })
    }

    /// Has a store proven once everything is applied.
    pub fn prove(&mut self, proof: Proof) {
        self.program.proofs.push(proof);
    }

    pub(super) fn last_proof(&mut self) -> Option<&mut Proof> {
        self.program.proofs.last_mut()
    }

    /// Sets an output of the stack.
    pub fn output(&mut self, name: &str, value: impl Into<Value>) {
        self.program.wanted.outputs.insert(name.to_owned(), value.into());
    }

    /// Returns the version of a chart: the wanted one, or the one that `charts.lock` pins.
    pub fn chart_version(&self, chart: &str, wanted: Option<&str>) -> Option<String> {
        wanted.map(str::to_owned).or_else(|| self.settings.charts.version_of(chart).map(str::to_owned))
    }

    /// Returns the time of this run.
    pub fn now(&self) -> Timestamp {
        self.settings.now
    }

    /// Reports a problem with the field at `path` of the configuration (`stores[0].vaults`).
    pub fn error(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.report(path, Diagnostic::error(message).hint(hint));
    }

    /// Reports something that is odd, but works, at a field of the configuration.
    pub fn warning(&mut self, path: &str, message: impl Into<String>, hint: impl Into<String>) {
        self.report(path, Diagnostic::warning(message).hint(hint));
    }

    /// Ends the program and returns what it registered.
    pub fn finish(self) -> Program {
        self.program
    }

    fn report(&mut self, text: &str, diagnostic: Diagnostic) {
        let Ok(mut path) = text.parse::<Path>();
        let mut diagnostic = diagnostic.path(text);
        // A default is written nowhere: what should hold it is the next best place.
        while !path.0.is_empty() {
            if let Some((file, span)) = (self.origin)(&path, false) {
                diagnostic = diagnostic.at(file, span);
                break;
            }
            path.0.pop();
        }
        self.program.diagnostics.push(diagnostic);
    }
}

fn object_name(manifest: &Value) -> String {
    let part =
        |key: &str| manifest.get("metadata").and_then(|metadata| metadata.get(key)).and_then(Value::as_str);
    match (part("namespace"), part("name")) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
        (_, name) => name.unwrap_or_default().to_owned(),
    }
}

/// A list index and a key, as the path of a configuration's field.
impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}
