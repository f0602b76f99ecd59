//! Services and the ready addresses behind them.

use std::{collections::BTreeMap, net::Ipv4Addr};

/// A Service as kube-proxy knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Its address; none of a headless one.
    pub address: Option<Ipv4Addr>,
    /// Its ports: number and name.
    pub ports: Vec<(u16, String)>,
    /// The groups of pods behind it.
    pub backends: Vec<Backend>,
}

/// Pods behind a Service that serve the same ports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backend {
    /// The pods' port for each of the Service's port names.
    pub ports: BTreeMap<String, u16>,
    /// The addresses of the ready pods.
    pub ready: Vec<Ipv4Addr>,
}

impl Service {
    /// Returns the addresses and ports of the ready pods behind a port of the Service.
    pub fn endpoints(&self, port: u16) -> Vec<(Ipv4Addr, u16)> {
        let Some((_, name)) = self.ports.iter().find(|(number, _)| *number == port) else {
            return Vec::new();
        };
        let of_backend = |backend: &Backend| {
            let target = backend.ports.get(name).copied();
            backend.ready.iter().filter_map(move |address| Some((*address, target?))).collect::<Vec<_>>()
        };
        self.backends.iter().flat_map(of_backend).collect()
    }

    /// Returns every ready pod's address.
    pub fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.backends.iter().flat_map(|backend| backend.ready.iter().copied())
    }
}
