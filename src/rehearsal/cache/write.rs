//! Writes of controllers and node, whose answers go into the cache.

use std::sync::Arc;

use http::{Method, Request};
use serde_json::{Value as Json, json};

use super::{Cache, Kind, object};

/// Who writes, as `managedFields` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) enum Writer {
    ControllerManager,
    Kubelet,
    Scheduler,
}

/// What became of a write.
type Outcome = Result<(), kube::Error>;

impl Writer {
    fn name(self) -> &'static str {
        match self {
            Self::ControllerManager => "kube-controller-manager",
            Self::Kubelet => "kubelet",
            Self::Scheduler => "kube-scheduler",
        }
    }
}

impl Cache {
    /// Creates an object in its namespace; returns it as it was made.
    pub(in crate::rehearsal) async fn create(
        &self,
        kind: Kind,
        object: &Json,
        by: Writer,
    ) -> Result<Arc<Json>, kube::Error> {
        let path = format!("{}?fieldManager={}", kind.collection(object::namespace(object)), by.name());
        let made = Arc::new(self.send(Method::POST, &path, "application/json", object).await?);
        self.put(kind, Arc::clone(&made));
        Ok(made)
    }

    /// Merges into an object; one that is gone stays so.
    pub(in crate::rehearsal) async fn patch(
        &self,
        kind: Kind,
        object: &Json,
        patch: &Json,
        by: Writer,
    ) -> Outcome {
        self.merge(kind, object, "", patch, by).await
    }

    /// Merges into an object's status; the status of one that is gone needs no writing. Nothing is sent if the
    /// object has that status already.
    pub(in crate::rehearsal) async fn patch_status(
        &self,
        kind: Kind,
        object: &Json,
        status: &Json,
        by: Writer,
    ) -> Outcome {
        let same = status.as_object().is_some_and(|fields| {
            fields.iter().all(|(key, value)| match object["status"].get(key) {
                Some(known) => known == value,
                None => value.is_null(),
            })
        });
        if same {
            return Ok(());
        }
        self.merge(kind, object, "/status", &json!({ "status": status }), by).await
    }

    async fn merge(&self, kind: Kind, object: &Json, part: &str, patch: &Json, by: Writer) -> Outcome {
        let path = format!("{}{part}?fieldManager={}", path(kind, object), by.name());
        match self.send(Method::PATCH, &path, "application/merge-patch+json", patch).await {
            Ok(changed) => {
                self.put(kind, Arc::new(changed));
                Ok(())
            }
            Err(error) if is(&error, 404) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Deletes this very object; `grace` in seconds, where it is not the object's own. One that is gone is deleted.
    pub(in crate::rehearsal) async fn delete(
        &self,
        kind: Kind,
        object: &Json,
        grace: Option<u32>,
    ) -> Outcome {
        let mut options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background",
            "preconditions": { "uid": object::uid(object) },
        });
        if let Some(grace) = grace {
            options["gracePeriodSeconds"] = grace.into();
        }
        match self.send(Method::DELETE, &path(kind, object), "application/json", &options).await {
            // What is still there waits for its node or for finalizers.
            Ok(left) if object::is_terminating(&left) && grace != Some(0) => {
                self.put(kind, Arc::new(left));
                Ok(())
            }
            Ok(_) => {
                self.remove(kind, object);
                Ok(())
            }
            Err(error) if is(&error, 404) || is(&error, 409) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Binds a pod to a node.
    pub(in crate::rehearsal) async fn bind(&self, pod: &Json, node: &str) -> Outcome {
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding", "metadata": { "name": object::name(pod) },
            "target": { "apiVersion": "v1", "kind": "Node", "name": node },
        });
        let path = format!("{}/binding?fieldManager={}", path(Kind::Pod, pod), Writer::Scheduler.name());
        match self.send(Method::POST, &path, "application/json", &binding).await {
            Ok(_) => Ok(()),
            // Bound by another, or gone.
            Err(error) if is(&error, 404) || is(&error, 409) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Asks for a token of a service account as a projected volume's source describes it.
    pub(in crate::rehearsal) async fn token(
        &self,
        namespace: &str,
        account: &str,
        source: &Json,
    ) -> Result<String, kube::Error> {
        let audiences: Vec<&str> = source["audience"].as_str().into_iter().collect();
        let request = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": { "audiences": audiences, "expirationSeconds": source["expirationSeconds"].as_i64().unwrap_or(3600) },
        });
        let path = format!("{}/{account}/token", Kind::ServiceAccount.collection(namespace));
        let answer = self.send(Method::POST, &path, "application/json", &request).await?;
        Ok(answer["status"]["token"].as_str().unwrap_or_default().to_owned())
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        content: &str,
        body: &Json,
    ) -> Result<Json, kube::Error> {
        let request = Request::builder().method(method).uri(path).header(http::header::CONTENT_TYPE, content);
        let request = request.body(body.to_string().into_bytes()).map_err(kube::Error::HttpError)?;
        self.client.request(request).await
    }
}

/// Returns whether the server answered with this code.
pub(super) fn is(error: &kube::Error, code: u16) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == code)
}

fn path(kind: Kind, object: &Json) -> String {
    format!("{}/{}", kind.collection(object::namespace(object)), object::name(object))
}
