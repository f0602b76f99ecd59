//! What a container's process gets from its node.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::watch;

use crate::clock::Clock;
use crate::rehearsal::network::{Handler, Listening, Network};

use super::{Log, Mounts};

/// A process in a container.
#[derive(Clone)]
pub struct Process {
    /// A client of the API server as the pod's service account.
    pub client: kube::Client,
    /// The network as the pod sees it: short names are looked up in its namespace.
    pub network: Network,
    /// The pod.
    pub pod: PodReference,
    /// The container's name.
    pub container: String,
    /// The container's image.
    pub image: String,
    /// `command` and `args`, with `$(NAME)` replaced.
    pub arguments: Vec<String>,
    /// The environment, with every `valueFrom` resolved as it was when the container started.
    pub environment: BTreeMap<String, String>,
    /// The files of its volumes.
    pub mounts: Mounts,
    /// The rehearsal's time.
    pub clock: Clock,
    /// Where it prints.
    pub log: Log,
    /// Tells when it is to end.
    pub termination: Termination,
}

/// The pod around a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodReference {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its service account.
    pub service_account: String,
    /// Its address.
    pub address: Ipv4Addr,
}

/// The signal to end. A process that never asks for it ends at once, as one without a handler of SIGTERM does;
/// one that asks has the pod's grace period.
#[derive(Clone, Debug)]
pub struct Termination {
    signal: watch::Receiver<bool>,
    handled: Arc<AtomicBool>,
}

impl Termination {
    /// Returns the receiving side of a signal.
    pub fn new(signal: watch::Receiver<bool>) -> Self {
        Self { signal, handled: Arc::default() }
    }

    /// Waits for the signal, and makes the process one that handles it.
    pub fn requested(&self) -> impl Future<Output = ()> + Send + use<> {
        self.handled.store(true, Ordering::Relaxed);
        let mut signal = self.signal.clone();
        async move {
            // A sender that is gone is a node that is gone.
            let _ = signal.wait_for(|asked| *asked).await;
        }
    }

    /// Returns whether the process handles the signal.
    pub fn is_handled(&self) -> bool {
        self.handled.load(Ordering::Relaxed)
    }
}

impl Process {
    /// Answers plain HTTP at a port of the pod.
    pub fn listen(&self, port: u16, handler: Arc<dyn Handler>) -> Listening {
        self.network.listen(&self.pod.namespace, &self.pod.name, port, handler)
    }

    /// Answers HTTPS at a port of the pod, with a certificate chain in PEM.
    pub fn listen_tls(&self, port: u16, chain: &[u8], handler: Arc<dyn Handler>) -> Listening {
        self.network.listen_tls(&self.pod.namespace, &self.pod.name, port, chain, handler)
    }

    /// Returns the value of the flag `--NAME=VALUE` or `--NAME VALUE`, or of `--NAME` alone an empty one.
    pub fn flag(&self, name: &str) -> Option<&str> {
        let flag = format!("--{name}");
        self.arguments.iter().enumerate().find_map(|(index, argument)| {
            let rest = argument.strip_prefix(&flag)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value),
                None if rest.is_empty() => {
                    let next = self.arguments.get(index + 1).filter(|next| !next.starts_with('-'));
                    Some(next.map_or("", String::as_str))
                }
                None => None,
            }
        })
    }
}
