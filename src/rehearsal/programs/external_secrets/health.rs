//! What the programs answer to a kubelet's probes.

use bytes::Bytes;
use http::{Request, Response, StatusCode};

/// Answers `/healthz` and `/readyz`, the way controller-runtime does; `unready` says what is missing, which is told to
/// nobody.
pub(super) fn answer(request: &Request<Bytes>, unready: Option<String>) -> Response<Bytes> {
    let (status, text) = match (request.uri().path(), unready) {
        ("/healthz" | "/readyz", None) => (StatusCode::OK, "ok"),
        ("/healthz" | "/readyz", Some(_)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "healthz check failed: reason withheld\n")
        }
        ("/metrics", _) => (StatusCode::OK, ""),
        _ => (StatusCode::NOT_FOUND, "404 page not found\n"),
    };
    let mut response = Response::new(Bytes::from_static(text.as_bytes()));
    *response.status_mut() = status;
    response
}
