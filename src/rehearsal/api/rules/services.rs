//! Services: their address, and what follows from it.

use serde_json::{Value as Json, json};

use crate::rehearsal::api::{kind::Kind, server::State};

/// Lets a port lead to the same port of the pods, unless it says to which.
pub(super) fn default(object: &mut Json) {
    let ports = object.pointer_mut("/spec/ports").and_then(Json::as_array_mut);
    for port in ports.into_iter().flatten() {
        // A typed client writes what it does not say as nothing.
        if port["targetPort"].is_null() || port["targetPort"] == 0 || port["targetPort"] == "" {
            port["targetPort"] = port["port"].clone();
        }
    }
}

/// Gives a Service its address, once and for all.
pub(super) fn complete(kind: &Kind, live: Option<&Json>, object: &mut Json, state: &State) {
    if object["spec"]["type"] == "ExternalName" {
        return;
    }
    let given = object["spec"]["clusterIP"].as_str().unwrap_or_default();
    let address = match live.map(|live| &live["spec"]["clusterIP"]) {
        Some(Json::String(kept)) if given.is_empty() => kept.clone(),
        _ if given.is_empty() => free_address(kind, state),
        _ => given.to_owned(),
    };
    let spec = &mut object["spec"];
    // Whoever writes the endpoints of a headless Service without selector may write addresses of either family.
    let both = address == "None" && spec["selector"].is_null();
    spec["clusterIPs"] = json!([address]);
    spec["clusterIP"] = address.into();
    for (key, value) in [
        ("ipFamilies", if both { json!(["IPv4", "IPv6"]) } else { json!(["IPv4"]) }),
        ("ipFamilyPolicy", if both { json!("RequireDualStack") } else { json!("SingleStack") }),
        ("internalTrafficPolicy", json!("Cluster")),
    ] {
        if spec[key].is_null() {
            spec[key] = value;
        }
    }
}

/// Returns the first address of 10.96.0.0/16 that no Service has; 10.96.0.1 is the API server's own.
fn free_address(kind: &Kind, state: &State) -> String {
    let taken: std::collections::BTreeSet<&str> = state
        .storage
        .list(&kind.resource, None)
        .filter_map(|(_, service)| service["spec"]["clusterIP"].as_str())
        .collect();
    let mut addresses = (2..=u16::MAX).map(|number| format!("10.96.{}.{}", number >> 8, number & 0xff));
    addresses.find(|address| !taken.contains(address.as_str())).unwrap_or_default()
}
