//! Probes, sent to a pod's address over the rehearsal's network.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::Value as Json;

use crate::rehearsal::network::{Network, Trust};

/// The times and counts of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) delay: Duration,
    pub(super) period: Duration,
    pub(super) successes: u32,
    pub(super) failures: u32,
}

impl Schedule {
    pub(super) fn of(probe: &Json, initial_delays: bool) -> Self {
        let count = |key: &str, default: u32| {
            probe[key].as_u64().and_then(|value| u32::try_from(value).ok()).unwrap_or(default)
        };
        let seconds = |key: &str, default: u32| Duration::from_secs(u64::from(count(key, default)));
        let delay = if initial_delays { seconds("initialDelaySeconds", 0) } else { Duration::ZERO };
        Self {
            delay,
            period: seconds("periodSeconds", 10).max(Duration::from_secs(1)),
            successes: count("successThreshold", 1).max(1),
            failures: count("failureThreshold", 3).max(1),
        }
    }
}

/// Runs a probe once; the error is a kubelet's text.
pub(super) async fn check(
    network: &Network,
    probe: &Json,
    container: &Json,
    address: &str,
) -> Result<(), String> {
    let limit = Duration::from_secs(probe["timeoutSeconds"].as_u64().unwrap_or(1).max(1));
    let http = &probe["httpGet"];
    if http.is_object() {
        let port = port(&http["port"], container).ok_or("no such port")?;
        let scheme = http["scheme"].as_str().unwrap_or("HTTP").to_lowercase();
        let host = http["host"].as_str().unwrap_or(address);
        let path = http["path"].as_str().unwrap_or("/");
        let url = format!("{scheme}://{host}:{port}{path}");
        return get(network, &url, limit).await;
    }
    let tcp = port(&probe["tcpSocket"]["port"], container);
    let grpc = port(&probe["grpc"]["port"], container);
    match tcp.or(grpc) {
        Some(port) => network.reach(address, port).map_err(|error| error.to_string()),
        // Commands run inside images, and there are none: such a probe holds.
        None => Ok(()),
    }
}

async fn get(network: &Network, url: &str, limit: Duration) -> Result<(), String> {
    let request = Request::get(url).header(http::header::USER_AGENT, "kube-probe/1.35").body(Bytes::new());
    let request = request.map_err(|error| format!("Get \"{url}\": {error}"))?;
    let answer = tokio::time::timeout(limit, network.call_trusting(request, &Trust::Anything)).await;
    let late = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
    let answer = answer.map_err(|_| format!("Get \"{url}\": {late}"))?;
    let status = answer.map_err(|error| format!("Get \"{url}\": {error}"))?.status();
    if status.is_success() || status.is_redirection() {
        return Ok(());
    }
    Err(format!("HTTP probe failed with statuscode: {}", status.as_u16()))
}

/// A port by number, or by its name in the container.
fn port(port: &Json, container: &Json) -> Option<u16> {
    if let Some(number) = port.as_u64() {
        return u16::try_from(number).ok();
    }
    let name = port.as_str()?;
    let mut ports = container["ports"].as_array().into_iter().flatten();
    let named = ports.find(|port| port["name"] == name);
    named.map_or_else(|| name.parse().ok(), |port| u16::try_from(port["containerPort"].as_u64()?).ok())
}
