//! Requests to a cluster's API with a bearer token.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request};
use http_body_util::BodyExt;
use kube::client::Body;
use kube::core::Status;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::rehearsal::{
    network::{Network, Trust},
    programs::external_secrets::{
        error::{ApiError, Failure},
        providers::open::Around,
    },
};

/// A cluster and who we are there.
pub(crate) struct Session {
    client: kube::Client,
    network: Network,
    url: String,
    trust: Trust,
    authorization: Vec<u8>,
    /// Whether the cluster is the one that the controller runs in.
    is_own: bool,
}

impl Session {
    pub(super) fn new(around: &Around, url: &str, trust: Trust, token: &[u8]) -> Self {
        let url = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
        Self {
            client: around.client.clone(),
            network: around.network.clone(),
            is_own: is_own(&url),
            url: url.trim_end_matches('/').to_owned(),
            trust,
            authorization: [b"Bearer ", token].concat(),
        }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.send(Method::GET, path, Vec::new()).await
    }

    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.send(Method::POST, path, serde_json::to_vec(body).unwrap_or_default()).await
    }

    pub(super) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        self.send(Method::PUT, path, serde_json::to_vec(body).unwrap_or_default()).await
    }

    pub(super) async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.send::<serde_json::Value>(Method::DELETE, path, Vec::new()).await.map(drop)
    }

    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<T, Failure> {
        let url = format!("{}{path}", self.url);
        let mut authorization = HeaderValue::from_bytes(&self.authorization)
            .map_err(|_| Failure::said("net/http: invalid header field value for \"Authorization\""))?;
        authorization.set_sensitive(true);
        let request = Request::builder()
            .method(method.clone())
            .uri(if self.is_own { path } else { &url })
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, authorization);
        let unsent = |_| Failure::said(format!("unsupported protocol scheme in {url:?}"));
        let (status, body) = if self.is_own {
            let request = request.body(Body::from(body)).map_err(unsent)?;
            let response = self.client.send(request).await?;
            let status = response.status();
            (status, response.into_body().collect().await?.to_bytes())
        } else {
            let request = request.body(Bytes::from(body)).map_err(unsent)?;
            let response = self.network.call_trusting(request, &self.trust).await;
            let response = response.map_err(|error| Failure::said(error.text(&method, &url)))?;
            (response.status(), response.into_body())
        };
        if status.is_success() {
            // What serde says may quote a Secret.
            return serde_json::from_slice(&body).map_err(|_| Failure::said("the answer cannot be read"));
        }
        let refused: Result<Status, _> = serde_json::from_slice(&body);
        Err(match refused {
            Ok(refused) => Failure::Api(ApiError::Refused(Box::new(refused))),
            Err(_) => Failure::said(format!("the server answered {status}")),
        })
    }
}

/// Tells whether a URL is the cluster's own API server by one of the names that lead there.
fn is_own(url: &str) -> bool {
    let host = url.split("://").nth(1).unwrap_or(url);
    let host = host.split(['/', ':']).next().unwrap_or(host);
    matches!(
        host,
        "kubernetes"
            | "kubernetes.default"
            | "kubernetes.default.svc"
            | "kubernetes.default.svc.cluster.local"
            | "10.96.0.1"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clusters_own_api_has_several_names() {
        assert!(is_own("https://kubernetes.default"));
        assert!(is_own("https://kubernetes.default.svc.cluster.local:443/"));
        assert!(!is_own("https://kubernetes.example.com"));
    }
}
