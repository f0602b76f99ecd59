//! A store whose provider knows a service account of the cluster.

use std::collections::BTreeMap;

use super::{CanaryOf, Context, Operator, ProvenStore};
use crate::external_secrets::{Access, Caller, Condition, Store, StoreReference, Workload, apart};
use crate::resource::{ObjectName, Options, Urn, Value};

/// A store, who it is at its provider, and who may use it.
#[derive(Debug)]
pub struct WorkloadStore<'a> {
    /// Where it is and what it is called.
    pub reference: StoreReference,
    /// Its provider.
    pub workload: Workload,
    /// The service account's name; the store's own when absent.
    pub service_account: Option<&'a str>,
    /// Where the operator lives, and the service account of a ClusterSecretStore.
    pub operator_namespace: &'a str,
    /// Who may use a ClusterSecretStore.
    pub conditions: Vec<Condition>,
    /// Who must not get at it, whatever its conditions have become.
    pub apart: Vec<Condition>,
    /// How often the operator checks it, in seconds.
    pub refresh_interval: Option<u32>,
    /// What must come out of it.
    pub canary: Option<CanaryOf<'a>>,
}

impl Context<'_> {
    /// Registers the store, the service account that its provider knows (or the Secret with its credential, where one
    /// was given), and has it proven that it delivers, and to nobody who must be kept apart.
    pub fn workload_store(&mut self, wanted: WorkloadStore<'_>) {
        let WorkloadStore { reference, workload, operator_namespace, .. } = wanted;
        let namespace = reference.namespace.as_deref().unwrap_or(operator_namespace).to_owned();
        let object = |name: &str| ObjectName::namespaced(namespace.as_str(), name);
        let (mut depends_on, mut secrets) = (Vec::new(), Vec::new());
        let caller = match workload.credential() {
            Some(credential) => {
                let name = format!("{}-credential", reference.name);
                let data = credential.into_iter().map(|(key, value)| (key, Value::from(value)));
                self.secret(&namespace, &name, data);
                secrets.push(object(&name));
                Caller::Static(object(&name))
            }
            None if workload.has_account() => {
                let name = wanted.service_account.unwrap_or(&reference.name);
                depends_on.push(self.service_account(&namespace, name, &workload));
                Caller::Account(object(name))
            }
            None => Caller::Operator,
        };
        let is_cluster_wide = reference.namespace.is_none();
        self.proven_store(ProvenStore {
            store: Store {
                reference,
                conditions: if is_cluster_wide { wanted.conditions } else { Vec::new() },
                refresh_interval: wanted.refresh_interval,
                access: Access::Workload(workload, caller),
            },
            canary: wanted.canary,
            namespace: operator_namespace,
            secrets,
            deployments: Operator::deployments(operator_namespace).to_vec(),
            depends_on,
        });
        self.keep_apart(wanted.apart);
    }

    /// Checks that no namespace can be in two environments; `field` is their place in the configuration.
    pub fn check_apart(&mut self, field: &str, environments: &BTreeMap<String, Condition>) {
        let all: Vec<_> = environments.iter().collect();
        for (index, (name, ours)) in all.iter().enumerate() {
            for (other, theirs) in &all[..index] {
                let compared = apart(std::slice::from_ref(*theirs), std::slice::from_ref(*ours));
                let Err(error) = compared else { continue };
                let message = format!("the environments `{other}` and `{name}` are not apart: {error}");
                let hint =
                    "tell them apart by names or expressions on both sides, or by two values of one label";
                self.error(&format!("{field}.{name}"), message, hint);
            }
        }
    }

    /// Registers a service account with the marks by which a provider knows it.
    fn service_account(&mut self, namespace: &str, name: &str, workload: &Workload) -> Urn {
        let (annotations, labels) = workload.marks();
        let texts = |texts: BTreeMap<String, String>| {
            Value::map(texts.into_iter().map(|(key, value)| (key, Value::from(value))))
        };
        // An object that has nothing but a name has no field by which it could be told to be ours.
        let labels =
            labels.into_iter().chain([("app.kubernetes.io/managed-by".to_owned(), "eggtooth".to_owned())]);
        let mut metadata = vec![
            ("name", Value::from(name)),
            ("namespace", namespace.into()),
            ("labels", texts(labels.collect())),
        ];
        if !annotations.is_empty() {
            metadata.push(("annotations", texts(annotations)));
        }
        let manifest = Value::map([
            ("apiVersion", "v1".into()),
            ("kind", "ServiceAccount".into()),
            ("metadata", Value::map(metadata)),
        ]);
        self.object(manifest, Options::default())
    }
}
