//! Pods and Jobs: what admission and their strategies write into them.

use serde_json::{Value as Json, json};

use crate::rehearsal::api::metadata;

/// Completes a pod that is created: its account, how long it stands an ill node, and its first status.
pub(super) fn complete(live: Option<&Json>, object: &mut Json) {
    if live.is_some() {
        return;
    }
    let spec = &mut object["spec"];
    let account = match spec["serviceAccountName"].as_str() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "default".to_owned(),
    };
    spec["serviceAccountName"] = account.clone().into();
    spec["serviceAccount"] = account.into();
    for (key, value) in [("priority", json!(0)), ("preemptionPolicy", json!("PreemptLowerPriority"))] {
        if spec[key].is_null() {
            spec[key] = value;
        }
    }
    let mut tolerations = spec["tolerations"].as_array().cloned().unwrap_or_default();
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        if !tolerations.iter().any(|one| one["key"] == key || one["key"].is_null()) {
            tolerations.push(
                json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}),
            );
        }
    }
    spec["tolerations"] = tolerations.into();
    let class = quality(&spec["containers"]);
    object["status"] = json!({"phase": "Pending", "qosClass": class});
}

/// Says how much of what its containers may use a pod is sure to get.
fn quality(containers: &Json) -> &'static str {
    let resources: Vec<&Json> =
        containers.as_array().into_iter().flatten().map(|container| &container["resources"]).collect();
    let is_set = |value: &Json| value.as_object().is_some_and(|entries| !entries.is_empty());
    if !resources.iter().any(|one| is_set(&one["limits"]) || is_set(&one["requests"])) {
        return "BestEffort";
    }
    let guaranteed = resources.iter().all(|one| {
        let limits = &one["limits"];
        limits["cpu"].is_string()
            && limits["memory"].is_string()
            && (one["requests"].is_null() || one["requests"] == *limits)
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}

/// Counts a DaemonSet's templates in an annotation, from before there was a generation.
pub(super) fn complete_daemon_set(live: Option<&Json>, object: &mut Json) {
    const COUNT: &str = "deprecated.daemonset.template.generation";
    let count = live.map_or(1, |live| {
        let before = live["metadata"]["annotations"][COUNT].as_str().and_then(|text| text.parse().ok());
        let before: i64 = before.unwrap_or(1);
        before + i64::from(live["spec"]["template"] != object["spec"]["template"])
    });
    if !object["metadata"]["annotations"].is_object() {
        object["metadata"]["annotations"] = json!({});
    }
    object["metadata"]["annotations"][COUNT] = count.to_string().into();
}

/// Lets a Job find its pods by its uid, unless it says how itself.
pub(super) fn complete_job(live: Option<&Json>, object: &mut Json) {
    if let Some(live) = live {
        if object["spec"]["selector"].is_null() {
            object["spec"]["selector"] = live["spec"]["selector"].clone();
        }
        return;
    }
    if object["spec"]["manualSelector"] == true {
        return;
    }
    let (uid, name) = (metadata::uid(object).to_owned(), metadata::name(object).to_owned());
    let template = &mut object["spec"]["template"];
    if !template["metadata"].is_object() {
        template["metadata"] = json!({});
    }
    if !template["metadata"]["labels"].is_object() {
        template["metadata"]["labels"] = json!({});
    }
    for (key, value) in [("controller-uid", &uid), ("job-name", &name)] {
        template["metadata"]["labels"][key] = value.as_str().into();
        template["metadata"]["labels"][format!("batch.kubernetes.io/{key}")] = value.as_str().into();
    }
    if object["metadata"]["labels"].is_null() {
        object["metadata"]["labels"] = object["spec"]["template"]["metadata"]["labels"].clone();
    }
    object["spec"]["selector"] = json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}});
}
