//! Probes, run from the node against the pod's address.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Container, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use tokio::net::TcpStream;

use super::Mode;
use crate::network::Place;

/// How often the fast node asks a container that is not ready yet.
const FAST_PERIOD: Duration = Duration::from_millis(50);

/// The times of a probe in a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) delay: Duration,
    pub(crate) period: Duration,
    pub(crate) successes: u32,
    pub(crate) failures: u32,
}

impl Schedule {
    /// The first probe comes `initialDelaySeconds` after the start, the next ones every `periodSeconds`.
    ///
    /// The fast node forgets the delay, and the period until the container is ready.
    pub(crate) fn new(probe: &Probe, mode: Mode) -> Self {
        let seconds =
            |value: Option<i32>, default: u32| Duration::from_secs(u64::from(positive(value, default)));
        let (delay, period) = (seconds(probe.initial_delay_seconds, 0), seconds(probe.period_seconds, 10));
        let delay = if mode == Mode::Fast { Duration::ZERO } else { delay };
        Self {
            delay,
            period,
            successes: positive(probe.success_threshold, 1),
            failures: positive(probe.failure_threshold, 3),
        }
    }

    /// The time until the next probe of a container that is or is not ready.
    pub(crate) fn pause(&self, mode: Mode, ready: bool) -> Duration {
        if mode == Mode::Fast && !ready { FAST_PERIOD } else { self.period }
    }
}

/// A client that trusts any certificate, as a kubelet's probes do.
pub(crate) fn client() -> reqwest::Client {
    // Another part of the process may have installed the same provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .tls_danger_accept_invalid_certs(true)
        .build()
        .unwrap()
}

/// Runs a probe once; the error is a kubelet's text.
pub(crate) async fn check(
    client: &reqwest::Client,
    probe: &Probe,
    container: &Container,
    place: &Place,
) -> Result<(), String> {
    let limit = Duration::from_secs(u64::from(positive(probe.timeout_seconds, 1)));
    if let Some(http) = &probe.http_get {
        let host = http.host.clone().unwrap_or_else(|| place.address.to_string());
        let port = port(&http.port, container).ok_or("no such port")?;
        let scheme = http.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
        let url = format!("{scheme}://{host}:{port}{}", http.path.as_deref().unwrap_or("/"));
        let response = client.get(&url).timeout(limit).send().await;
        let status = response.map_err(|error| format!("Get \"{url}\": {}", cause(&error)))?.status();
        let success = status.is_success() || status.is_redirection();
        return if success {
            Ok(())
        } else {
            Err(format!("HTTP probe failed with statuscode: {}", status.as_u16()))
        };
    }
    let tcp = probe.tcp_socket.as_ref().and_then(|tcp| port(&tcp.port, container));
    let grpc = probe.grpc.as_ref().and_then(|grpc| u16::try_from(grpc.port).ok());
    // Commands run inside images, and there are none: such a probe holds.
    let Some(port) = tcp.or(grpc) else { return Ok(()) };
    match tokio::time::timeout(limit, TcpStream::connect((place.address, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("dial tcp {}:{port}: {error}", place.address)),
        Err(_) => Err(format!("dial tcp {}:{port}: i/o timeout", place.address)),
    }
}

fn positive(value: Option<i32>, default: u32) -> u32 {
    value.and_then(|value| u32::try_from(value).ok()).unwrap_or(default)
}

/// A port by number, or by its name in the container.
fn port(port: &IntOrString, container: &Container) -> Option<u16> {
    match port {
        IntOrString::Int(number) => u16::try_from(*number).ok(),
        IntOrString::String(name) => {
            let named = container.ports.iter().flatten().find(|port| port.name.as_ref() == Some(name));
            named.map_or_else(|| name.parse().ok(), |port| u16::try_from(port.container_port).ok())
        }
    }
}

/// The innermost error: the outer ones repeat the address.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
