//! The flags of the three programs, with the operator's defaults.

use std::time::Duration;

use crate::rehearsal::programs::Process;

use super::duration;

/// The controller's flags. Those that decide nothing here are not read.
#[derive(Clone, Debug)]
pub(super) struct ControllerFlags {
    pub(super) controller_class: String,
    pub(super) concurrent: usize,
    pub(super) namespace: Option<String>,
    pub(super) store_requeue_interval: Duration,
    pub(super) flood_gate: bool,
    pub(super) leader_election: bool,
    pub(super) leader_election_id: String,
    pub(super) cluster_stores: bool,
    pub(super) secret_stores: bool,
    pub(super) cluster_external_secrets: bool,
    pub(super) push_secrets: bool,
    pub(super) metrics_port: Option<u16>,
    pub(super) live_port: Option<u16>,
}

/// The certificate controller's flags.
#[derive(Clone, Debug)]
pub(super) struct CertificateFlags {
    pub(super) service: (String, String),
    pub(super) secret: (String, String),
    pub(super) definitions: Vec<String>,
    pub(super) requeue_interval: Duration,
    pub(super) partial_cache: bool,
    pub(super) health_port: Option<u16>,
}

/// The webhook's flags.
#[derive(Clone, Debug)]
pub(super) struct WebhookFlags {
    pub(super) port: u16,
    pub(super) dns_name: String,
    pub(super) certificates: String,
    pub(super) check_interval: Duration,
    pub(super) lookahead: Duration,
    pub(super) health_port: Option<u16>,
}

/// As long before its end a certificate is renewed.
pub(super) const LOOKAHEAD: Duration = Duration::from_hours(90 * 24);

impl ControllerFlags {
    pub(super) fn read(process: &Process) -> Self {
        let truth = |name, default| truth(process, name, default);
        Self {
            controller_class: text(process, "controller-class", "default"),
            concurrent: process.flag("concurrent").and_then(|value| value.parse().ok()).unwrap_or(1).max(1),
            namespace: process.flag("namespace").filter(|name| !name.is_empty()).map(str::to_owned),
            store_requeue_interval: interval(process, "store-requeue-interval", Duration::from_mins(5)),
            flood_gate: truth("enable-flood-gate", true),
            leader_election: truth("enable-leader-election", false),
            leader_election_id: text(process, "leader-election-id", "external-secrets-controller"),
            cluster_stores: truth("enable-cluster-store-reconciler", true),
            secret_stores: truth("enable-secret-store-reconciler", true),
            cluster_external_secrets: truth("enable-cluster-external-secret-reconciler", true),
            push_secrets: truth("enable-push-secret-reconciler", true),
            metrics_port: port(process, "metrics-addr", 8080),
            live_port: port(process, "live-addr", 8082),
        }
    }
}

impl CertificateFlags {
    pub(super) fn read(process: &Process) -> Self {
        let place = |what: &str| {
            let name = text(process, &format!("{what}-name"), "external-secrets-webhook");
            (text(process, &format!("{what}-namespace"), "default"), name)
        };
        let kinds = "externalsecrets.external-secrets.io,clustersecretstores.external-secrets.io,secretstores.external-secrets.io";
        Self {
            service: place("service"),
            secret: place("secret"),
            definitions: text(process, "crd-names", kinds).split(',').map(str::to_owned).collect(),
            requeue_interval: interval(process, "crd-requeue-interval", Duration::from_mins(5)),
            partial_cache: truth(process, "enable-partial-cache", false),
            health_port: port(process, "healthz-addr", 8081),
        }
    }
}

impl WebhookFlags {
    pub(super) fn read(process: &Process) -> Self {
        Self {
            port: process.flag("port").and_then(|value| value.parse().ok()).unwrap_or(10250),
            dns_name: text(process, "dns-name", "localhost"),
            certificates: text(process, "cert-dir", "/var/run/k8s-webhook-server/serving-certs"),
            check_interval: interval(process, "check-interval", Duration::from_mins(5)),
            lookahead: interval(process, "lookahead-interval", LOOKAHEAD),
            health_port: port(process, "healthz-addr", 8081),
        }
    }
}

fn text(process: &Process, name: &str, default: &str) -> String {
    process.flag(name).unwrap_or(default).to_owned()
}

/// A flag without a value is set.
fn truth(process: &Process, name: &str, default: bool) -> bool {
    match process.flag(name) {
        None => default,
        Some(value) => matches!(value, "" | "true" | "t" | "T" | "TRUE" | "True" | "1"),
    }
}

fn interval(process: &Process, name: &str, default: Duration) -> Duration {
    process.flag(name).and_then(duration::parse).unwrap_or(default)
}

/// Reads `HOST:PORT`; `0` switches the listener off.
fn port(process: &Process, name: &str, default: u16) -> Option<u16> {
    let Some(address) = process.flag(name) else { return Some(default) };
    let port = address.rsplit(':').next().unwrap_or(address);
    port.parse().ok().filter(|port| *port != 0)
}
