//! A Helm release as a program writes it down.

use std::collections::BTreeMap;

use crate::helm::ChartsLock;
use crate::resource::Value;

/// The annotation of pods with the fingerprint of what they were started for.
const STARTED_FOR: &str = "eggtooth.dev/started-for";

/// A release of a chart.
#[derive(Clone, Debug)]
pub struct Release {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The chart's name, by which `charts.lock` knows repository, version and digest.
    pub chart: String,
    /// Another version than the pinned one.
    pub version: Option<String>,
    /// The chart's values; a secret in them is an error, because Helm stores values in the cluster.
    pub values: Value,
    /// Whether its objects must be ready before what depends on it begins.
    pub wait: bool,
    /// Whether the definitions of the chart's `crds/` are left out; Helm would never take them away again.
    pub skip_crds: bool,
    /// Changes of rendered objects: `{target: {kind, name}, patch}`, where the patch is a list of JSON patch operations
    /// or a map that is merged in.
    pub patches: Vec<Value>,
    /// A program, with its arguments, that changes all documents before they are sorted: it reads them as one YAML stream,
    /// and writes what they become.
    pub post_renderer: Vec<String>,
}

impl Release {
    /// Returns a release that waits until its objects are ready.
    pub fn new(name: impl Into<String>, namespace: impl Into<String>, chart: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            namespace: namespace.into(),
            chart: chart.into(),
            version: None,
            values: Value::map::<&str>([]),
            wait: true,
            skip_crds: false,
            patches: Vec::new(),
            post_renderer: Vec::new(),
        }
    }

    /// Has the pods of a workload start anew when `value` changes, as they must for a file that is never refreshed.
    ///
    /// A fingerprint of the value, by the stack's own key, becomes an annotation of its pods: it tells nothing of a
    /// secret. In an environment without recipients there is no such key, and nothing is restarted.
    pub fn restart_on(&mut self, kind: &str, name: &str, value: Value) {
        let one = |key: &'static str, value: Value| Value::map([(key, value)]);
        let annotations = Value::map([(STARTED_FOR, value.fingerprint())]);
        let template = one("template", one("metadata", one("annotations", annotations)));
        let target = Value::map([("kind", kind.into()), ("name", name.into())]);
        self.patches.push(Value::map([("target", target), ("patch", one("spec", template))]));
    }

    /// Returns the inputs of the resource `helm:Release`.
    pub(super) fn into_inputs(self, charts: &ChartsLock) -> Value {
        let mut chart = vec![("name", Value::from(self.chart.as_str()))];
        if let Some(pinned) = charts.find(&self.chart, self.version.as_deref()) {
            chart.push(("repository", pinned.repository.as_str().into()));
            chart.push(("version", pinned.version.as_str().into()));
            chart.push(("digest", pinned.digest.as_str().into()));
        } else if let Some(version) = &self.version {
            chart.push(("version", version.as_str().into()));
        }
        Value::map([
            ("name", self.name.into()),
            ("namespace", self.namespace.into()),
            ("chart", Value::map(chart)),
            ("values", self.values),
            ("wait", self.wait.into()),
            ("skipCrds", self.skip_crds.into()),
            ("patches", Value::list(self.patches)),
            ("postRenderer", Value::list(self.post_renderer.into_iter().map(Value::from))),
        ])
    }
}

/// Returns variables of a container, as values of charts have them (`extraEnvs`): each with the key of a Secret that it
/// gets.
pub fn variables_of(secret: &str, variables: &BTreeMap<String, String>) -> serde_json::Value {
    let variable = |(name, key): (&String, &String)| serde_json::json!({ "name": name, "valueFrom": { "secretKeyRef": { "name": secret, "key": key } } });
    variables.iter().map(variable).collect()
}
