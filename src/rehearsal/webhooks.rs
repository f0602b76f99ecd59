//! The API server's way to webhooks: over the rehearsal's network.

use bytes::Bytes;
use futures::future::BoxFuture;
use http::Request;
use serde_json::Value as Json;

use super::network::{Network, Trust};
use super::{ServiceReference, WebhookCaller};

/// Calls webhooks over a network.
pub(super) struct WebhooksOver(pub(super) Network);

impl WebhookCaller for WebhooksOver {
    fn call<'a>(
        &'a self,
        service: &'a ServiceReference,
        path: &'a str,
        ca_bundle: &'a [u8],
        review: Json,
    ) -> BoxFuture<'a, Result<Json, String>> {
        Box::pin(async move {
            let ServiceReference { namespace, name, port } = service;
            let request = Request::post(format!("https://{name}.{namespace}.svc:{port}{path}"))
                .header(http::header::CONTENT_TYPE, "application/json")
                .body(Bytes::from(review.to_string()));
            let request = request.map_err(|error| error.to_string())?;
            let trust = Trust::Bundle(ca_bundle.to_vec());
            let answer = self.0.call_service(namespace, name, request, &trust).await;
            let answer = answer.map_err(|error| error.to_string())?;
            let status = answer.status();
            if !status.is_success() {
                return Err(format!("the server responded with {}", status.as_u16()));
            }
            serde_json::from_slice(answer.body()).map_err(|_| "received invalid webhook response".to_owned())
        })
    }
}
