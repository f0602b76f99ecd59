//! Deployments and their like, Jobs, Events and Services: what fits together in them, and what stays as it was.

use serde_json::{Map, Value as Json};

use super::{invalid, required};
use crate::kubernetes::Cause;

/// Returns what is wrong with a kind that makes pods and finds them by labels.
pub(super) fn check(live: Option<&Json>, object: &Json) -> Vec<Cause> {
    let spec = &object["spec"];
    let mut causes = Vec::new();
    let wanted = spec["selector"]["matchLabels"].as_object();
    let labels = &spec["template"]["metadata"]["labels"];
    let selects = wanted.is_some_and(|wanted| !wanted.is_empty()) || !spec["selector"].is_null();
    let fits = |wanted: &Map<String, Json>| wanted.iter().all(|(key, value)| labels.get(key) == Some(value));
    if !selects || !wanted.is_none_or(fits) {
        let why = "`selector` does not match template `labels`";
        causes.push(invalid("spec.template.metadata.labels", labels, why));
    }
    causes.extend(check_containers(spec));
    if live.is_some_and(|live| live["spec"]["selector"] != spec["selector"]) {
        causes.push(invalid("spec.selector", &spec["selector"], "field is immutable"));
    }
    causes
}

/// Returns what is wrong with a Job.
pub(super) fn check_job(live: Option<&Json>, object: &Json) -> Vec<Cause> {
    let spec = &object["spec"];
    let mut causes = Vec::from_iter(check_containers(spec));
    let policy = &spec["template"]["spec"]["restartPolicy"];
    if !matches!(policy.as_str(), Some("OnFailure" | "Never")) {
        let field = "spec.template.spec.restartPolicy";
        causes.push(required(field, "valid values: \"OnFailure\", \"Never\""));
    }
    if live.is_some_and(|live| live["spec"]["template"] != spec["template"]) {
        causes.push(invalid("spec.template", &spec["template"], "field is immutable"));
    }
    causes
}

/// What is missing altogether is told by the schema.
fn check_containers(spec: &Json) -> Option<Cause> {
    let containers = spec["template"]["spec"]["containers"].as_array()?;
    containers.is_empty().then(|| required("spec.template.spec.containers", ""))
}

/// Returns what is wrong with an Event.
pub(super) fn check_event(object: &Json) -> Option<Cause> {
    let about = &object["involvedObject"]["namespace"];
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    match about.as_str().unwrap_or_default() {
        // What is in no namespace is told of in `default`.
        "" if matches!(namespace, "default" | "kube-system") => None,
        about if about == namespace => None,
        "" => Some(invalid("involvedObject.namespace", &"".into(), "does not match event.namespace")),
        _ => Some(invalid("involvedObject.namespace", about, "does not match event.namespace")),
    }
}

/// Returns what is wrong with a Service.
pub(super) fn check_service(object: &Json) -> Vec<Cause> {
    let spec = &object["spec"];
    let ports = spec["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    if ports.is_empty() && spec["clusterIP"] != "None" && spec["type"] != "ExternalName" {
        return vec![required("spec.ports", "")];
    }
    let mut causes = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        let field = |name: &str| format!("spec.ports[{index}].{name}");
        let name = port["name"].as_str().unwrap_or_default();
        if name.is_empty() && ports.len() > 1 {
            causes.push(required(&field("name"), ""));
        } else if !name.is_empty() && ports[..index].iter().any(|other| other["name"] == name) {
            causes.push(duplicate(&field("name"), &port["name"].to_string()));
        }
        for key in ["port", "targetPort"] {
            if port[key].as_i64().is_some_and(|number| !(1..=65535).contains(&number)) {
                causes.push(invalid(&field(key), &port[key], "must be between 1 and 65535, inclusive"));
            }
        }
    }
    for (index, port) in ports.iter().enumerate() {
        let same = |other: &Json| other["port"] == port["port"] && other["protocol"] == port["protocol"];
        if ports[..index].iter().any(same) {
            // Shown as a Go struct, of which only these two are filled in.
            let (protocol, number) = (&port["protocol"], &port["port"]);
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":{protocol},\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\"NodePort\":0}}"
            );
            causes.push(duplicate(&format!("spec.ports[{index}]"), &shown));
        }
    }
    causes
}

fn duplicate(field: &str, value: &str) -> Cause {
    let (message, field) = (format!("Duplicate value: {value}"), field.to_owned());
    Cause { reason: "FieldValueDuplicate".into(), message, field }
}

/// Returns what the server warns of.
pub(super) fn warnings(kind: &str, object: &Json) -> Vec<String> {
    let spec = &object["spec"];
    match kind {
        "endpoints" => {
            vec!["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice".into()]
        }
        "services" if spec["clusterIP"] == "None" && spec["sessionAffinity"] == "ClientIP" => {
            vec!["spec.SessionAffinity is ignored for headless services".into()]
        }
        _ => Vec::new(),
    }
}
