//! What a store stands on: the deployments of the operator and of the store's server.

use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::Pod};
use kube::{
    api::{Api, ListParams},
    runtime::watcher,
};
use tokio::time::{Instant, timeout_at};

use super::{
    VerifyError,
    prove::{Phase, Prover},
};

/// How often is looked whether a pod has gone.
const LOOK: Duration = Duration::from_millis(250);

impl Prover<'_> {
    /// The deployments have all their replicas available.
    pub(super) async fn deployments(&self) -> Result<Phase, VerifyError> {
        for name in &self.proof.deployments {
            let api: Api<Deployment> = match &name.namespace {
                Some(namespace) => Api::namespaced(self.client.clone(), namespace),
                None => Api::default_namespaced(self.client.clone()),
            };
            let mut stream = watcher::watch_object(api, &name.name).boxed();
            let what = format!("Deployment {name}");
            let mut why = "it is not there".to_owned();
            loop {
                let Ok(next) = timeout_at(self.end, stream.next()).await else {
                    return Ok(self.failed(format!("{what} is not available: {why}")));
                };
                let Some(deployment) = next else { break };
                match deployment
                    .map_err(|error| VerifyError::Watch(what.clone(), Box::new(error)))?
                    .map(unavailable)
                {
                    Some(None) => break,
                    Some(Some(reason)) => why = reason,
                    None => "it is not there".clone_into(&mut why),
                }
                self.progress.waiting(&what, &why);
            }
        }
        Ok(Phase::Done)
    }

    /// No pod from before a change is left that could still answer the operator, as by the credentials of before.
    pub(super) async fn earlier_pods(&self) -> Result<(), VerifyError> {
        for name in &self.proof.deployments {
            let namespace = name.namespace.as_deref().unwrap_or("default");
            let deployments: Api<Deployment> = Api::namespaced(self.client.clone(), namespace);
            let failed = |source| VerifyError::Api {
                act: format!("read Deployment {name}"),
                source: Box::new(source),
            };
            let Some(deployment) = deployments.get_opt(&name.name).await.map_err(failed)? else { continue };
            let labels = deployment.spec.and_then(|spec| spec.selector.match_labels).unwrap_or_default();
            let selector: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
            let selected = ListParams::default().labels(&selector.join(","));
            while Instant::now() < self.end {
                let found = pods.list_metadata(&selected).await.map_err(|source| VerifyError::Api {
                    act: format!("list the pods of Deployment {name}"),
                    source: Box::new(source),
                })?;
                if found.iter().all(|pod| pod.metadata.deletion_timestamp.is_none()) {
                    break;
                }
                self.progress
                    .waiting(&format!("Deployment {name}"), "a pod from before the change is still going");
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(())
    }
}

/// Why a Deployment is not available, if it is not.
fn unavailable(deployment: Deployment) -> Option<String> {
    let wanted = deployment.spec.and_then(|spec| spec.replicas).unwrap_or(1);
    let status = deployment.status.unwrap_or_default();
    if status.observed_generation < deployment.metadata.generation {
        return Some("its controller has not seen the last change".to_owned());
    }
    let available = status.available_replicas.unwrap_or(0);
    (available < wanted).then(|| format!("{available} of {wanted} replicas are available"))
}
