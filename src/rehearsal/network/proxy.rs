//! Follows the cluster's Services, as kube-proxy and the cluster's DNS do.

use std::{collections::BTreeMap, net::Ipv4Addr, sync::Arc};

use serde_json::Value as Json;

use crate::rehearsal::cache::{Cache, Kind, label, name, namespace};

use super::{Backend, Network, Service};

type Services = BTreeMap<(String, String), Service>;

/// Keeps the network's Services as the cluster has them; never returns.
pub(in crate::rehearsal) async fn follow(cache: Cache, network: Network) {
    let mut changes = cache.changes();
    let mut known = Services::new();
    loop {
        let services = services(&cache.list(Kind::Service), &cache.list(Kind::EndpointSlice));
        if services != known {
            network.set_services(services.clone());
            known = services;
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

fn services(services: &[Arc<Json>], slices: &[Arc<Json>]) -> Services {
    let mut all = Services::new();
    for service in services {
        let ports = service["spec"]["ports"].as_array().into_iter().flatten();
        let ports = ports.filter_map(|port| {
            Some((number(&port["port"])?, port["name"].as_str().unwrap_or_default().to_owned()))
        });
        let known = Service {
            address: service["spec"]["clusterIP"].as_str().and_then(|address| address.parse().ok()),
            ports: ports.collect(),
            backends: Vec::new(),
        };
        all.insert((namespace(service).to_owned(), name(service).to_owned()), known);
    }
    for slice in slices {
        let of = (namespace(slice).to_owned(), label(slice, "kubernetes.io/service-name").to_owned());
        if let Some(service) = all.get_mut(&of) {
            service.backends.push(backend(slice));
        }
    }
    all
}

fn backend(slice: &Json) -> Backend {
    let ports = slice["ports"].as_array().into_iter().flatten().filter_map(|port| {
        Some((port["name"].as_str().unwrap_or_default().to_owned(), number(&port["port"])?))
    });
    let endpoints = slice["endpoints"].as_array().into_iter().flatten();
    // An endpoint that does not say whether it is ready is.
    let ready = endpoints.filter(|endpoint| endpoint["conditions"]["ready"] != false);
    let addresses = ready.filter_map(|endpoint| endpoint["addresses"].as_array()).flatten();
    let addresses = addresses.filter_map(|address| address.as_str()?.parse::<Ipv4Addr>().ok());
    Backend { ports: ports.collect(), ready: addresses.collect() }
}

fn number(port: &Json) -> Option<u16> {
    u16::try_from(port.as_u64()?).ok()
}
