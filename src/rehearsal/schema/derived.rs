//! Defaults of built-in kinds that depend on other fields; the constant ones are in the table.

use serde_json::{Map, Value as Json, json};

/// Adds to a value of a built-in type what the server derives from its other fields.
pub(super) fn derive(kind: &str, entries: &mut Map<String, Json>) {
    match kind {
        "Container" | "EphemeralContainer" => image_pull_policy(entries, "imagePullPolicy", "image"),
        "ImageVolumeSource" => image_pull_policy(entries, "pullPolicy", "reference"),
        "CustomResourceDefinition" => stored_versions(entries),
        "CustomResourceDefinitionNames" => names(entries),
        "DaemonSetUpdateStrategy" | "DeploymentStrategy" if is(entries, "type", "RollingUpdate") => {
            absent(entries, "rollingUpdate", || json!({}));
        }
        "StatefulSetSpec" => claim_templates(entries),
        "StatefulSetUpdateStrategy" if !entries.contains_key("type") => {
            entries.insert("type".into(), "RollingUpdate".into());
            absent(entries, "rollingUpdate", || json!({}));
        }
        "Job" => job(entries),
        "LimitRangeItem" if is(entries, "type", "Container") => limits(entries),
        "Namespace" => name_label(entries),
        "NetworkPolicySpec" => policy_types(entries),
        "Pod" => pod(entries),
        "PodSpec" => service_account(entries),
        "ReplicationController" => replication_controller(entries),
        "Secret" => secret(entries),
        "ServiceSpec" => service(entries),
        "Subject" => subject(entries),
        "Volume" if entries.keys().all(|key| key == "name") => {
            entries.insert("emptyDir".into(), json!({}));
        }
        _ => {}
    }
}

fn image_pull_policy(entries: &mut Map<String, Json>, policy: &str, image: &str) {
    if !entries.get(policy).is_none_or(is_empty) {
        return;
    }
    let image = entries.get(image).and_then(Json::as_str).unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let latest = match name.split_once('@') {
        Some((name, _)) => name.ends_with(":latest"),
        None => name.split_once(':').is_none_or(|(_, tag)| tag == "latest"),
    };
    let default = if latest { "Always" } else { "IfNotPresent" };
    entries.insert(policy.to_owned(), default.into());
}

fn stored_versions(entries: &mut Map<String, Json>) {
    let versions = entries.get("spec").and_then(|spec| spec["versions"].as_array());
    let stored = versions.into_iter().flatten().find(|version| version["storage"] == true);
    let Some(name) = stored.map(|version| version["name"].clone()) else { return };
    let status = entries.entry("status").or_insert_with(|| json!({}));
    if status["storedVersions"].as_array().is_none_or(Vec::is_empty) {
        status["storedVersions"] = json!([name]);
    }
}

fn names(entries: &mut Map<String, Json>) {
    let Some(kind) = entries.get("kind").and_then(Json::as_str).map(str::to_owned) else { return };
    absent(entries, "singular", || kind.to_lowercase().into());
    absent(entries, "listKind", || format!("{kind}List").into());
}

fn job(entries: &mut Map<String, Json>) {
    let labels = entries.get("spec").map(|spec| spec["template"]["metadata"]["labels"].clone());
    if let Some(spec) = entries.get_mut("spec").and_then(Json::as_object_mut) {
        if !spec.contains_key("parallelism") {
            absent(spec, "completions", || 1.into());
        }
        absent(spec, "parallelism", || 1.into());
        let limit = if spec.contains_key("backoffLimitPerIndex") { i32::MAX } else { 6 };
        absent(spec, "backoffLimit", || limit.into());
        absent(spec, "completionMode", || "NonIndexed".into());
        absent(spec, "suspend", || false.into());
        absent(spec, "manualSelector", || false.into());
        let failing = spec.contains_key("podFailurePolicy");
        let replaced = if failing { "Failed" } else { "TerminatingOrFailed" };
        absent(spec, "podReplacementPolicy", || replaced.into());
    }
    take_labels(entries, labels);
}

fn replication_controller(entries: &mut Map<String, Json>) {
    let labels = entries.get("spec").map(|spec| spec["template"]["metadata"]["labels"].clone());
    if let Some(spec) = entries.get_mut("spec").and_then(Json::as_object_mut)
        && spec.get("selector").is_none_or(is_empty)
        && let Some(labels @ Json::Object(_)) = &labels
    {
        spec.insert("selector".into(), labels.clone());
    }
    take_labels(entries, labels);
}

fn take_labels(entries: &mut Map<String, Json>, labels: Option<Json>) {
    if let Some(labels @ Json::Object(_)) = labels
        && let Some(metadata) = entries.get_mut("metadata").and_then(Json::as_object_mut)
        && metadata.get("labels").is_none_or(is_empty)
    {
        metadata.insert("labels".into(), labels);
    }
}

fn limits(entries: &mut Map<String, Json>) {
    for (to, from) in [("default", "max"), ("defaultRequest", "default"), ("defaultRequest", "min")] {
        let Some(values) = entries.get(from).and_then(Json::as_object).cloned() else { continue };
        let known = entries.entry(to).or_insert_with(|| json!({}));
        for (name, value) in values {
            if known[&name].is_null() {
                known[&name] = value;
            }
        }
    }
}

fn name_label(entries: &mut Map<String, Json>) {
    if let Some(metadata) = entries.get_mut("metadata")
        && let Some(name) = metadata["name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned)
    {
        metadata["labels"]["kubernetes.io/metadata.name"] = name.into();
    }
}

fn policy_types(entries: &mut Map<String, Json>) {
    if !entries.get("policyTypes").is_none_or(is_empty) {
        return;
    }
    let egress = entries.get("egress").is_some_and(|egress| !is_empty(egress));
    let types = if egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    entries.insert("policyTypes".into(), types);
}

/// What holds for pods, but not for the templates of pods.
fn pod(entries: &mut Map<String, Json>) {
    let Some(spec) = entries.get_mut("spec").and_then(Json::as_object_mut) else { return };
    absent(spec, "enableServiceLinks", || true.into());
    let on_host = spec.get("hostNetwork").is_some_and(|on_host| on_host == true);
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Json::as_array_mut).into_iter().flatten() {
            if on_host {
                for port in container["ports"].as_array_mut().into_iter().flatten() {
                    if port["hostPort"].as_i64().unwrap_or_default() == 0 {
                        port["hostPort"] = port["containerPort"].clone();
                    }
                }
            }
            let limits = container["resources"]["limits"].as_object().cloned().unwrap_or_default();
            for (name, limit) in limits {
                let requested = &mut container["resources"]["requests"][&name];
                if requested.is_null() {
                    *requested = limit;
                }
            }
        }
    }
}

/// The account has an old name beside the new one; both are always the same.
fn service_account(entries: &mut Map<String, Json>) {
    let name = ["serviceAccountName", "serviceAccount"].into_iter();
    let name = name.filter_map(|key| entries.get(key)).find(|name| !is_empty(name)).cloned();
    if let Some(name) = name {
        entries.insert("serviceAccountName".into(), name.clone());
        entries.insert("serviceAccount".into(), name);
    }
}

/// The claims of a stateful set say what they are.
fn claim_templates(entries: &mut Map<String, Json>) {
    for claim in entries.get_mut("volumeClaimTemplates").and_then(Json::as_array_mut).into_iter().flatten() {
        claim["apiVersion"] = "v1".into();
        claim["kind"] = "PersistentVolumeClaim".into();
    }
}

/// What is written as text is kept as bytes.
fn secret(entries: &mut Map<String, Json>) {
    use base64::{Engine, prelude::BASE64_STANDARD};
    if let Some(Json::Object(texts)) = entries.remove("stringData") {
        let data = entries.entry("data").or_insert_with(|| json!({}));
        for (key, text) in texts {
            data[key] = BASE64_STANDARD.encode(text.as_str().unwrap_or_default()).into();
        }
    }
}

fn subject(entries: &mut Map<String, Json>) {
    if is(entries, "kind", "User") || is(entries, "kind", "Group") {
        absent(entries, "apiGroup", || "rbac.authorization.k8s.io".into());
    }
}

fn service(entries: &mut Map<String, Json>) {
    let by_address = is(entries, "sessionAffinity", "ClientIP");
    if !by_address {
        entries.remove("sessionAffinityConfig");
    } else if entries
        .get("sessionAffinityConfig")
        .is_none_or(|set| set["clientIP"]["timeoutSeconds"].is_null())
    {
        entries.insert("sessionAffinityConfig".into(), json!({"clientIP": {"timeoutSeconds": 10800}}));
    }
    for port in entries.get_mut("ports").and_then(Json::as_array_mut).into_iter().flatten() {
        if is_empty(&port["targetPort"]) || port["targetPort"] == 0 {
            port["targetPort"] = port["port"].clone();
        }
    }
    let kind = entries.get("type").and_then(Json::as_str).unwrap_or_default().to_owned();
    let outside = matches!(kind.as_str(), "NodePort" | "LoadBalancer")
        || (kind == "ClusterIP" && entries.get("externalIPs").is_some_and(|addresses| !is_empty(addresses)));
    if outside {
        absent(entries, "externalTrafficPolicy", || "Cluster".into());
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer" | "ClusterIP") {
        absent(entries, "internalTrafficPolicy", || "Cluster".into());
    }
    if kind == "LoadBalancer" {
        absent(entries, "allocateLoadBalancerNodePorts", || true.into());
    }
}

fn is(entries: &Map<String, Json>, key: &str, value: &str) -> bool {
    entries.get(key).is_some_and(|set| set == value)
}

fn absent(entries: &mut Map<String, Json>, key: &str, default: impl FnOnce() -> Json) {
    if entries.get(key).is_none_or(is_empty) {
        entries.insert(key.to_owned(), default());
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(values) => values.is_empty(),
        Json::Object(_) | Json::Bool(_) | Json::Number(_) => false,
    }
}
