//! Secrets that other tools start with, and the workloads that are started anew for the next ones.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, Shape, Values};
use crate::resource::{ObjectName, Options, Urn, Value};

/// A Secret that another tool starts with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub shape: Shape,
    /// What it is made of.
    pub values: Values,
}

/// A workload of somebody else's that reads Secrets once, and is started anew when one of them changed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restart {
    /// The workload's kind.
    pub workload: WorkloadKind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The Secrets of its namespace that it reads once.
    pub secrets: Vec<String>,
}

/// A workload that can be started anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum WorkloadKind {
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
}

impl Context<'_> {
    /// Registers Secrets with their namespaces, and who is started anew for the next ones; `field` is the place of the
    /// Secrets in the configuration.
    pub fn seed(&mut self, field: &str, seeds: &[Seed], restarts: &[Restart]) {
        let mut written = BTreeMap::new();
        for (index, seed) in seeds.iter().enumerate() {
            self.namespace(&seed.namespace);
            let field = format!("{field}[{index}].values");
            let secret = self.shaped_secret(&seed.namespace, &seed.name, &field, seed.shape, &seed.values);
            written.insert((&seed.namespace, &seed.name), secret);
        }
        for restart in restarts {
            let own = |secret| written.get(&(&restart.namespace, secret))?.clone();
            self.restart(restart, restart.secrets.iter().filter_map(own).collect());
        }
    }

    /// Has a workload started anew when one of its Secrets changed; `written` is what this program writes to them, with
    /// the fingerprint of the content.
    fn restart(&mut self, restart: &Restart, written: Vec<(Urn, Value)>) {
        let (depends_on, contents): (Vec<Urn>, Vec<Value>) = written.into_iter().unzip();
        let kind = match restart.workload {
            WorkloadKind::Deployment => "Deployment",
            WorkloadKind::StatefulSet => "StatefulSet",
            WorkloadKind::DaemonSet => "DaemonSet",
        };
        let name = ObjectName::namespaced(restart.namespace.as_str(), restart.name.as_str());
        let inputs = Value::map([
            ("workload", Value::from(kind)),
            ("namespace", restart.namespace.as_str().into()),
            ("name", restart.name.as_str().into()),
            ("secrets", Value::list(restart.secrets.iter().map(|secret| secret.as_str().into()))),
            ("writes", Value::list(contents)),
            // What only the stack's own key makes of a known text is a key, too.
            ("key", Value::from("restart").fingerprint().secret()),
        ]);
        let options = Options { depends_on, ..Options::default() };
        self.register("external-secrets:Restart", &name.to_string(), inputs, options);
    }
}
