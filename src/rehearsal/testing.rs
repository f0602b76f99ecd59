//! A cluster with workers, for tests.

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value as Json, json};

use super::network::NetworkError;
use super::programs::{Exit, Mounts, Process, Program};
use super::{Cluster, Workers, WorkersBuilder};

/// A cluster whose workers are at work.
pub(super) struct Nest {
    pub(super) cluster: Cluster,
    pub(super) workers: Workers,
}

impl Nest {
    pub(super) fn start(set_up: impl FnOnce(WorkersBuilder) -> WorkersBuilder) -> Self {
        let cluster = Cluster::builder().build().unwrap();
        let workers = set_up(Workers::of(&cluster)).start();
        Self { cluster, workers }
    }

    /// Sends a request; the error is the server's message.
    pub(super) async fn send(&self, method: Method, path: &str, body: &Json) -> Result<Json, String> {
        let content =
            if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let request = Request::builder().method(method).uri(path).header("content-type", content);
        let request = request.body(body.to_string().into_bytes()).unwrap();
        self.cluster.client().request(request).await.map_err(|error: kube::Error| match error {
            kube::Error::Api(status) => status.message.clone(),
            other => other.to_string(),
        })
    }

    pub(super) async fn create(&self, path: &str, object: Json) -> Json {
        self.send(Method::POST, path, &object).await.unwrap()
    }

    pub(super) async fn patch(&self, path: &str, patch: Json) -> Json {
        self.send(Method::PATCH, path, &patch).await.unwrap()
    }

    pub(super) async fn delete(&self, path: &str) {
        self.send(Method::DELETE, path, &json!({})).await.unwrap();
    }

    /// Returns an object, or null.
    pub(super) async fn get(&self, path: &str) -> Json {
        self.send(Method::GET, path, &Json::Null).await.unwrap_or_default()
    }

    pub(super) async fn items(&self, path: &str) -> Vec<Json> {
        self.get(path).await["items"].as_array().cloned().unwrap_or_default()
    }

    /// Waits, in the rehearsal's time, until the object is as wanted.
    pub(super) async fn until(&self, path: &str, wanted: impl Fn(&Json) -> bool) -> Json {
        for _ in 0..18_000 {
            let object = self.get(path).await;
            if wanted(&object) {
                return object;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{path} never became what it should: {:#}", self.get(path).await);
    }

    /// Waits until an Event has the reason; returns its message.
    pub(super) async fn event(&self, reason: &str) -> String {
        let has = |list: &Json| {
            list["items"].as_array().is_some_and(|all| all.iter().any(|event| event["reason"] == reason))
        };
        let list = self.until("/api/v1/namespaces/default/events", has).await;
        let found = list["items"].as_array().unwrap().iter().find(|event| event["reason"] == reason);
        found.unwrap()["message"].as_str().unwrap().to_owned()
    }

    /// Gets a URL from inside of the cluster.
    pub(super) async fn fetch(&self, url: &str) -> Result<String, NetworkError> {
        let request = Request::get(url).body(Bytes::new()).unwrap();
        let answer = self.workers.network().call(request).await?;
        Ok(String::from_utf8(answer.body().to_vec()).unwrap())
    }
}

/// A program that serves its mounted files on port 8080, for images that contain `files`.
pub(super) struct FileServer;

impl Program for FileServer {
    fn matches(&self, image: &str, _: &[String]) -> bool {
        image.contains("files")
    }

    fn run(&self, process: Process) -> BoxFuture<'static, Exit> {
        Box::pin(async move {
            let mounts = process.mounts.clone();
            let serve = move |request: Request<Bytes>| -> BoxFuture<'static, Response<Bytes>> {
                let response = file(&mounts, request.uri().path());
                Box::pin(async move { response })
            };
            let _listening = process.listen(8080, std::sync::Arc::new(serve));
            process.termination.requested().await;
            Exit::SUCCESS
        })
    }
}

fn file(mounts: &Mounts, path: &str) -> Response<Bytes> {
    let content =
        if path == "/" { Some(b"here".to_vec()) } else { mounts.read(path).map(|file| file.to_vec()) };
    let mut response = Response::new(content.clone().unwrap_or_default().into());
    if content.is_none() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// A Deployment of one container.
pub(super) fn deployment(name: &str, container: Json) -> Json {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": {
            "replicas": 1, "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": { "labels": { "app": name } }, "spec": { "containers": [container] } },
        },
    })
}

/// A Service in front of the pods of a [`deployment`].
pub(super) fn service(name: &str) -> Json {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": name },
        "spec": {
            "clusterIP": "10.96.0.7", "selector": { "app": name }, "ports": [{ "port": 80, "targetPort": 8080 }],
        },
    })
}

/// A pod of one container.
pub(super) fn pod(name: &str, container: Json) -> Json {
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name }, "spec": { "containers": [container] } })
}

/// A condition's status in an object.
pub(super) fn condition<'a>(object: &'a Json, kind: &str) -> &'a str {
    let conditions = object["status"]["conditions"].as_array().into_iter().flatten();
    let found = conditions.into_iter().find(|condition| condition["type"] == kind);
    found.and_then(|condition| condition["status"].as_str()).unwrap_or_default()
}
