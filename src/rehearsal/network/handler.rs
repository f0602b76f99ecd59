//! What answers requests at an address.

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};

/// A server in process.
pub trait Handler: Send + Sync + 'static {
    /// Answers a request. Its URI is the whole one, as the client wrote it: a double slash stays.
    fn handle(&self, request: Request<Bytes>) -> BoxFuture<'_, Response<Bytes>>;
}

/// A function is a handler too.
impl<F> Handler for F
where
    F: Fn(Request<Bytes>) -> BoxFuture<'static, Response<Bytes>> + Send + Sync + 'static,
{
    fn handle(&self, request: Request<Bytes>) -> BoxFuture<'_, Response<Bytes>> {
        self(request)
    }
}
