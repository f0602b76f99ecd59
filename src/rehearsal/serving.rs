//! A cluster on a port, for programs that know nothing of us: kubectl, helm.

use std::{net::SocketAddr, sync::Arc};

use tokio::net::TcpListener;

use super::{Cluster, Port, RehearsalError, api::User};

/// A cluster that is served until this is dropped.
#[derive(Debug)]
pub struct Serving(Port);

impl Cluster {
    /// Serves the cluster over HTTP. Whoever reaches the port without a token is its administrator: listen on loopback
    /// only.
    ///
    /// Time must not be paused: sockets know nothing of virtual time.
    pub fn serve(&self, listener: TcpListener) -> Result<Serving, RehearsalError> {
        let (server, user) = (Arc::clone(self.server()), Arc::new(User::administrator()));
        let answer = move |request| {
            let (server, user) = (Arc::clone(&server), Arc::clone(&user));
            async move { server.answer(request, &user).await }
        };
        Ok(Serving(Port::open(listener, answer)?))
    }
}

impl Serving {
    /// Returns where the cluster is served.
    pub fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Returns a kubeconfig for it, with the context `rehearsal`.
    pub fn kubeconfig(&self) -> String {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: rehearsal\nclusters:\n- name: rehearsal\n  cluster:\n    server: http://{}\ncontexts:\n- name: rehearsal\n  context:\n    cluster: rehearsal\n    user: rehearsal\nusers:\n- name: rehearsal\n  user: {{}}\n",
            self.0.address()
        )
    }
}
