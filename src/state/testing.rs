//! An API server in memory that knows what state and lock use of one: names, versions, preconditions, labels.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kube::client::Body;
use serde_json::{Value as Json, json};

/// Objects by their paths, and the requests that were made.
#[derive(Default)]
pub(super) struct Server {
    objects: Mutex<BTreeMap<String, Json>>,
    version: Mutex<u64>,
    pub(super) requests: Mutex<Vec<String>>,
}

impl Server {
    pub(super) fn client(self: &Arc<Self>) -> kube::Client {
        let server = Arc::clone(self);
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = Arc::clone(&server);
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                let (code, answer) = server.answer(&head.method, &head.uri, &body);
                // Another task may come between a request and its answer, as on a network.
                tokio::task::yield_now().await;
                let answer =
                    Response::builder().status(code).body(Body::from(answer.to_string().into_bytes()));
                Ok::<_, Infallible>(answer.unwrap())
            }
        });
        kube::Client::new(service, "default")
    }

    /// Returns the names of what is there, with their kinds.
    pub(super) fn names(&self) -> Vec<String> {
        let name = |path: &String| path.rsplit('/').take(2).collect::<Vec<_>>().join(" of ");
        let mut names: Vec<String> = self.objects.lock().unwrap().keys().map(name).collect();
        names.sort();
        names
    }

    pub(super) fn text(&self) -> String {
        json!(*self.objects.lock().unwrap()).to_string()
    }

    /// Returns the requests since the last call, without the reading ones.
    pub(super) fn writes(&self) -> Vec<String> {
        let mut requests = std::mem::take(&mut *self.requests.lock().unwrap());
        requests.retain(|request| !request.starts_with("GET"));
        requests
    }

    fn answer(&self, method: &Method, uri: &http::Uri, body: &[u8]) -> (StatusCode, Json) {
        self.requests.lock().unwrap().push(format!("{method} {}", uri.path()));
        let mut objects = self.objects.lock().unwrap();
        let path = uri.path().trim_end_matches('/').to_owned();
        let body: Json = serde_json::from_slice(body).unwrap_or_default();
        let missing = (StatusCode::NOT_FOUND, status(404, "NotFound"));
        let conflict = (StatusCode::CONFLICT, status(409, "Conflict"));
        match (method, objects.get(&path).cloned()) {
            (&Method::GET, Some(object)) => (StatusCode::OK, object),
            (&Method::GET, None) if is_collection(&path) => {
                let selector = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
                    .find(|(key, _)| key == "labelSelector")
                    .map(|(_, value)| value.into_owned())
                    .unwrap_or_default();
                let below = format!("{path}/");
                let items: Vec<&Json> = objects
                    .iter()
                    .filter(|(path, object)| path.starts_with(&below) && selected(object, &selector))
                    .map(|(_, object)| object)
                    .collect();
                (StatusCode::OK, json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}))
            }
            (&Method::POST, _) => {
                let path = format!("{path}/{}", body["metadata"]["name"].as_str().unwrap());
                let namespace = path.split("/namespaces/").nth(1).and_then(|rest| rest.split_once('/'));
                if namespace
                    .is_some_and(|(name, _)| !objects.contains_key(&format!("/api/v1/namespaces/{name}")))
                {
                    return missing;
                }
                if objects.contains_key(&path) {
                    return conflict;
                }
                let object = self.versioned(body, None);
                objects.insert(path, object.clone());
                (StatusCode::CREATED, object)
            }
            (&Method::PUT, Some(old)) => {
                let wanted = &body["metadata"]["resourceVersion"];
                if !wanted.is_null() && *wanted != old["metadata"]["resourceVersion"] {
                    return conflict;
                }
                let object = self.versioned(body, Some(&old));
                objects.insert(path, object.clone());
                (StatusCode::OK, object)
            }
            (&Method::DELETE, Some(old)) => {
                for (key, is) in [("resourceVersion", "resourceVersion"), ("uid", "uid")] {
                    let wanted = &body["preconditions"][key];
                    if !wanted.is_null() && *wanted != old["metadata"][is] {
                        return conflict;
                    }
                }
                objects.remove(&path);
                (
                    StatusCode::OK,
                    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}),
                )
            }
            _ => missing,
        }
    }

    fn versioned(&self, mut object: Json, old: Option<&Json>) -> Json {
        let mut version = self.version.lock().unwrap();
        *version += 1;
        let uid = old.map_or_else(|| json!(format!("uid-{version}")), |old| old["metadata"]["uid"].clone());
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        object["metadata"]["uid"] = uid;
        object
    }
}

fn is_collection(path: &str) -> bool {
    path.ends_with("/secrets") || path.ends_with("/leases")
}

fn selected(object: &Json, selector: &str) -> bool {
    selector.split(',').filter(|term| !term.is_empty()).all(|term| {
        let (label, value) = term.split_once('=').unwrap();
        object["metadata"]["labels"][label] == value
    })
}

fn status(code: u16, reason: &str) -> Json {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": reason,
        "reason": reason, "code": code})
}
