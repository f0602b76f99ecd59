//! The little HTTP server under Connect and under the node's log endpoint.

use std::convert::Infallible;
use std::future::Future;

use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

pub(crate) type Request = http::Request<Incoming>;
pub(crate) type Response = http::Response<BoxBody<Bytes, Infallible>>;

/// Answers the requests of one connection until the client closes it.
pub(crate) async fn serve_connection<IO, F, R>(stream: IO, answer: F)
where
    IO: AsyncRead + AsyncWrite + Unpin,
    F: Fn(Request) -> R,
    R: Future<Output = Response>,
{
    let service = service_fn(|request| {
        let response = answer(request);
        async move { Ok::<_, Infallible>(response.await) }
    });
    // A client that goes away is no fault of the server.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

pub(crate) fn json(status: u16, body: &Value) -> Response {
    bytes(status, "application/json", body.to_string().into_bytes())
}

pub(crate) fn text(status: u16, body: &str) -> Response {
    bytes(status, "text/plain; charset=utf-8", body.as_bytes().to_vec())
}

pub(crate) fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Response {
    let mut response = http::Response::new(Full::new(Bytes::from(body)).boxed());
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status of ours");
    response.headers_mut().insert("content-type", content_type.parse().expect("a type of ours"));
    response
}
