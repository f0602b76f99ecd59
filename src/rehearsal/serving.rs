//! A cluster on a port, for programs that know nothing of us: kubectl, helm.

use std::{net::SocketAddr, sync::Arc};

use http_body_util::BodyExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::{Cluster, RehearsalError, api::Server};

/// A cluster that is served until this is dropped.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Cluster {
    /// Serves the cluster over HTTP. Whoever reaches the port is its administrator: listen on loopback only.
    ///
    /// Time must not be paused: sockets know nothing of virtual time.
    pub fn serve(&self, listener: TcpListener) -> Result<Serving, RehearsalError> {
        let address = listener.local_addr().map_err(RehearsalError::Listen)?;
        let task = tokio::spawn(accept(Arc::clone(self.server()), listener));
        Ok(Serving { address, task })
    }
}

impl Serving {
    /// Returns where the cluster is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns a kubeconfig for it, with the context `rehearsal`.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: rehearsal\nclusters:\n- name: rehearsal\n  cluster:\n    server: http://{}\ncontexts:\n- name: rehearsal\n  context:\n    cluster: rehearsal\n    user: rehearsal\nusers:\n- name: rehearsal\n  user: {{}}\n",
            self.address
        )
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(server: Arc<Server>, listener: TcpListener) {
    // Connections end with the task that holds them.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(Arc::clone(&server), stream));
                }
                // A connection that ended before it was taken says nothing of the next one.
                Err(error) => tracing::debug!(%error, "accept a connection"),
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn converse(server: Arc<Server>, stream: TcpStream) {
    let service = service_fn(move |request: http::Request<Incoming>| {
        let server = Arc::clone(&server);
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| Unanswered)?.to_bytes();
            server.answer(http::Request::from_parts(head, body)).await.ok_or(Unanswered)
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
