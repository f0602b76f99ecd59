//! The addresses behind Services: an EndpointSlice each, and the older Endpoints.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::rehearsal::cache::{Kind, is_terminating, label, name, namespace, number, set_of, uid};

use super::decision::Decision;
use super::pods;

const SERVICE: &str = "kubernetes.io/service-name";
const MANAGED_BY: &str = "endpointslice.kubernetes.io/managed-by";
const CONTROLLER: &str = "endpointslice-controller.k8s.io";

/// A pod with an address, behind a Service.
struct Member<'a> {
    pod: &'a Json,
    ready: bool,
}

/// Decides for a Service with the pods of its namespace and the objects that stand for it now.
pub(super) fn decide(
    service: &Arc<Json>,
    namespace_pods: &[Arc<Json>],
    slices: &[Arc<Json>],
    endpoints: Option<&Arc<Json>>,
) -> Decision {
    let mut decision = Decision::default();
    let selector = &service["spec"]["selector"];
    // Without a selector somebody else says where it leads.
    if is_terminating(service) || selector.as_object().is_none_or(serde_json::Map::is_empty) {
        return decision;
    }
    let unready_too = service["spec"]["publishNotReadyAddresses"] == true;
    let members: Vec<Member<'_>> = namespace_pods
        .iter()
        .filter(|pod| set_of(selector, pod) && pod["status"]["podIP"].is_string())
        .filter(|pod| !matches!(pods::phase(pod), "Succeeded" | "Failed"))
        .map(|pod| Member { pod, ready: unready_too || pods::is_ready(pod) && !is_terminating(pod) })
        .collect();
    slice(&mut decision, service, &members, slices);
    older(&mut decision, service, &members, endpoints);
    decision
}

fn slice(decision: &mut Decision, service: &Arc<Json>, members: &[Member<'_>], slices: &[Arc<Json>]) {
    let addresses: Vec<Json> = members
        .iter()
        .map(|Member { pod, ready }| {
            json!({
                "addresses": [pod["status"]["podIP"]],
                "conditions": {
                    "ready": ready, "serving": pods::is_ready(pod), "terminating": is_terminating(pod),
                },
                "nodeName": pod["spec"]["nodeName"], "targetRef": target(pod),
            })
        })
        .collect();
    let ports = ports(service, members);
    let own = |one: &&Arc<Json>| {
        namespace(one) == namespace(service)
            && label(one, SERVICE) == name(service)
            && label(one, MANAGED_BY) == CONTROLLER
    };
    if let Some(known) = slices.iter().find(own) {
        let same = known["endpoints"].as_array().map_or(0, Vec::len) == addresses.len()
            && addresses.iter().all(|one| known["endpoints"].as_array().is_some_and(|all| all.contains(one)))
            && known["ports"] == ports;
        if !same && !is_terminating(known) {
            decision.patch(Kind::EndpointSlice, known, json!({ "endpoints": addresses, "ports": ports }));
        }
        return;
    }
    let object = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {
            "generateName": format!("{}-", name(service)), "namespace": namespace(service),
            "labels": labels(service, &[(SERVICE, name(service)), (MANAGED_BY, CONTROLLER)]),
            "ownerReferences": [pods::owner_reference(Kind::Service, service)],
        },
        "addressType": "IPv4", "endpoints": addresses, "ports": ports,
    });
    decision.create_for(Kind::EndpointSlice, object, (Kind::Service, service));
}

fn older(
    decision: &mut Decision,
    service: &Arc<Json>,
    members: &[Member<'_>],
    endpoints: Option<&Arc<Json>>,
) {
    let addresses = |ready: bool| -> Json {
        let chosen: Vec<Json> = members
            .iter()
            .filter(|member| member.ready == ready)
            .map(|Member { pod, .. }| {
                json!({ "ip": pod["status"]["podIP"], "nodeName": pod["spec"]["nodeName"], "targetRef": target(pod) })
            })
            .collect();
        if chosen.is_empty() { Json::Null } else { chosen.into() }
    };
    let mut subset = json!({ "ports": ports(service, members) });
    for (key, ready) in [("addresses", true), ("notReadyAddresses", false)] {
        let addresses = addresses(ready);
        if !addresses.is_null() {
            subset[key] = addresses;
        }
    }
    let subsets = if members.is_empty() { json!([]) } else { json!([subset]) };
    let Some(known) = endpoints else {
        let object = json!({
            "apiVersion": "v1", "kind": "Endpoints",
            "metadata": {
                "name": name(service), "namespace": namespace(service),
                "labels": labels(service, &[("endpoints.kubernetes.io/managed-by", "endpoint-controller")]),
            },
            "subsets": subsets,
        });
        return decision.create_for(Kind::Endpoints, object, (Kind::Service, service));
    };
    let as_known = known["subsets"].as_array().map_or_else(|| json!([]), |subsets| subsets.clone().into());
    if as_known != subsets && !is_terminating(known) {
        decision.patch(Kind::Endpoints, known, json!({ "subsets": subsets }));
    }
}

/// The Service's ports as its pods have them; a port that is named differently in no pod is left out.
fn ports(service: &Json, members: &[Member<'_>]) -> Json {
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    let resolved = ports.filter_map(|port| {
        let number = target_port(port, members)?;
        let text = |key: &str, default: &str| port[key].as_str().unwrap_or(default).to_owned();
        Some(json!({ "name": text("name", ""), "port": number, "protocol": text("protocol", "TCP") }))
    });
    resolved.collect()
}

fn target_port(port: &Json, members: &[Member<'_>]) -> Option<i64> {
    match &port["targetPort"] {
        Json::String(wanted) => members.iter().find_map(|member| named_port(member.pod, wanted)),
        target => Some(number(target, number(&port["port"], 0))),
    }
}

fn named_port(pod: &Json, wanted: &str) -> Option<i64> {
    let containers = pod["spec"]["containers"].as_array()?;
    let mut ports = containers.iter().filter_map(|container| container["ports"].as_array()).flatten();
    ports.find(|port| port["name"] == wanted)?["containerPort"].as_i64()
}

fn target(pod: &Json) -> Json {
    json!({ "kind": "Pod", "name": name(pod), "namespace": namespace(pod), "uid": uid(pod) })
}

fn labels(service: &Json, own: &[(&str, &str)]) -> Json {
    let mut labels = service["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    labels.extend(own.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())));
    labels.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::workloads::decision::Write;
    use crate::rehearsal::workloads::testing::pod;

    fn service(target: Json) -> Arc<Json> {
        Arc::new(
            json!({ "metadata": { "name": "web", "namespace": "ns", "uid": "uid-web", "labels": { "team": "a" } },
            "spec": { "selector": { "app": "web" }, "ports": [{ "name": "http", "port": 80, "targetPort": target }] } }),
        )
    }

    fn member(name: &str, ready: bool) -> Arc<Json> {
        let mut pod = Json::clone(&pod(name, ready));
        pod["metadata"]["labels"] = json!({ "app": "web" });
        pod["spec"]["containers"] = json!([{ "ports": [{ "name": "web", "containerPort": 8080 }] }]);
        Arc::new(pod)
    }

    fn made(decision: &Decision, wanted: Kind) -> &Json {
        let mut creates = decision.writes.iter().filter_map(|write| match write {
            Write::Create { kind, object, .. } if *kind == wanted => Some(object),
            _ => None,
        });
        creates.next().unwrap()
    }

    #[test]
    fn only_ready_pods_are_ready_endpoints() {
        let decision = decide(&service(8080.into()), &[member("a", true), member("b", false)], &[], None);
        let slice = made(&decision, Kind::EndpointSlice);
        let ready: Vec<_> =
            slice["endpoints"].as_array().unwrap().iter().map(|one| &one["conditions"]["ready"]).collect();
        assert_eq!(ready, [true, false]);
        assert_eq!(
            slice["metadata"]["labels"],
            json!({ "team": "a", SERVICE: "web", MANAGED_BY: CONTROLLER })
        );
        let subset = &made(&decision, Kind::Endpoints)["subsets"][0];
        assert_eq!(subset["addresses"].as_array().unwrap().len(), 1);
        assert_eq!(subset["notReadyAddresses"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_named_port_is_the_number_that_the_pods_give_it() {
        let decision = decide(&service("web".into()), &[member("a", true)], &[], None);
        let ports = json!([{ "name": "http", "port": 8080, "protocol": "TCP" }]);
        assert_eq!(made(&decision, Kind::EndpointSlice)["ports"], ports);
    }

    #[test]
    fn what_is_right_already_is_not_written_again() {
        let pods = [member("a", true)];
        let first = decide(&service(8080.into()), &pods, &[], None);
        let slice = Arc::new(made(&first, Kind::EndpointSlice).clone());
        let endpoints = Arc::new(made(&first, Kind::Endpoints).clone());
        assert_eq!(decide(&service(8080.into()), &pods, &[slice], Some(&endpoints)), Decision::default());
    }

    #[test]
    fn a_service_without_a_selector_is_somebody_elses() {
        let external = Arc::new(json!({ "metadata": { "name": "web", "namespace": "ns" }, "spec": {} }));
        assert_eq!(decide(&external, &[member("a", true)], &[], None), Decision::default());
    }
}
