//! A port of this machine on which something of a rehearsal answers.

use std::{error::Error, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::RehearsalError;

/// A port that is answered on, without TLS, until this is dropped.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Port {
    /// Answers on the listener; a connection ends where there is no answer.
    pub(super) fn open<A, F, B>(listener: TcpListener, answer: A) -> Result<Self, RehearsalError>
    where
        A: Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Option<Response<B>>> + Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let address = listener.local_addr().map_err(RehearsalError::Listen)?;
        let task = tokio::spawn(accept(listener, answer));
        Ok(Self { address, task })
    }

    /// Returns the address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept<A, F, B>(listener: TcpListener, answer: A)
where
    A: Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Option<Response<B>>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    // Connections end with the task that holds them.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, answer.clone()));
                }
                // A connection that ended before it was taken says nothing of the next one.
                Err(error) => tracing::debug!(%error, "accept a connection"),
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn converse<A, F, B>(stream: TcpStream, answer: A)
where
    A: Fn(Request<Bytes>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Option<Response<B>>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| Unanswered)?.to_bytes();
            answer(Request::from_parts(head, body)).await.ok_or(Unanswered)
        }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "serve a connection");
    }
}

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was closed")]
pub(super) struct Unanswered;
