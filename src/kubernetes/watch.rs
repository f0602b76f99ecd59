//! The changes of objects as the server tells them.

use futures::{Stream, StreamExt, future, stream::BoxStream};
use kube::core::WatchEvent;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ApiResource, Client, KubernetesError, Manifest, Selection, client::Call};

/// What happened to an object.
#[derive(Clone, Debug)]
pub enum Watched {
    /// It is now so.
    Applied(Manifest),
    /// It is gone; it was last so.
    Deleted(Manifest),
}

/// What of a definition matters for waiting: its schemas make up all of its size.
#[derive(Clone, Deserialize)]
struct Head {
    metadata: Json,
    #[serde(default)]
    status: Json,
}

impl Client {
    /// Watches from a resource version on. The stream ends when the server ends it, within some minutes;
    /// the caller then reads anew. An error of code 410 says that the version is too old.
    pub async fn watch(
        &self,
        resource: &ApiResource,
        selection: Selection<'_>,
        resource_version: &str,
    ) -> Result<BoxStream<'static, Result<Watched, KubernetesError>>, KubernetesError> {
        let definition = resource.kind == "CustomResourceDefinition";
        let (version, kind) = (resource.api_version(), resource.kind.clone());
        if definition {
            let whole = move |head: Head| json!({"apiVersion": version, "kind": kind, "metadata": head.metadata, "status": head.status});
            return Ok(self.events(resource, selection, resource_version, whole).await?.boxed());
        }
        Ok(self.events(resource, selection, resource_version, |json: Json| json).await?.boxed())
    }

    async fn events<T, F>(
        &self,
        resource: &ApiResource,
        selection: Selection<'_>,
        resource_version: &str,
        whole: F,
    ) -> Result<impl Stream<Item = Result<Watched, KubernetesError>> + Send + use<T, F>, KubernetesError>
    where
        T: Clone + serde::de::DeserializeOwned + Send + 'static,
        F: Fn(T) -> Json + Send + 'static,
    {
        let act = format!("watch objects of kind {}", resource.kind);
        let mut call = Call::get(&act, resource.collection(selection.namespace))
            .query("watch", "true")
            .query("resourceVersion", resource_version);
        for (key, value) in [("labelSelector", selection.labels), ("fieldSelector", selection.fields)] {
            if let Some(value) = value {
                call = call.query(key, value);
            }
        }
        let failed = move |error: kube::Error| match error {
            kube::Error::Api(status) => KubernetesError::Api {
                act: act.clone(),
                status: Box::new(super::Status {
                    code: status.code,
                    reason: status.reason.clone(),
                    message: status.message.clone(),
                    ..super::Status::default()
                }),
            },
            source => KubernetesError::Transport { act: act.clone(), source },
        };
        let request = call.head().map(|()| Vec::new());
        let events = self.kube().request_events::<T>(request).await.map_err(&failed)?;
        Ok(events.filter_map(move |event| {
            future::ready(match event {
                Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => {
                    Some(Manifest::new(whole(object)).map(Watched::Applied))
                }
                Ok(WatchEvent::Deleted(object)) => Some(Manifest::new(whole(object)).map(Watched::Deleted)),
                Ok(WatchEvent::Bookmark(_)) => None,
                Ok(WatchEvent::Error(status)) => Some(Err(failed(kube::Error::Api(status)))),
                Err(error) => Some(Err(failed(error))),
            })
        }))
    }
}
