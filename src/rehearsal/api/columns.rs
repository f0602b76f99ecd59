//! The columns of the builtin kinds' tables, as the real server prints them.

use jiff::Timestamp;
use serde_json::Value as Json;

use super::age::{age, lasting};

/// A column, and what stands in it.
#[derive(Clone, Copy)]
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    /// 0 is always shown, 1 only in wide tables.
    pub(super) priority: u8,
    pub(super) cell: fn(&Json, Timestamp) -> Json,
}

const fn text(name: &'static str, cell: fn(&Json, Timestamp) -> Json) -> Column {
    Column { name, kind: "string", priority: 0, cell }
}

const fn number(name: &'static str, cell: fn(&Json, Timestamp) -> Json) -> Column {
    Column { kind: "integer", ..text(name, cell) }
}

const fn wide(column: Column) -> Column {
    Column { priority: 1, ..column }
}

const NAME: Column = text("Name", |object, _| object["metadata"]["name"].clone());
const AGE: Column = text("Age", |object, now| age(&object["metadata"]["creationTimestamp"], now).into());
const READY_OF_ALL: Column = text("Ready", |object, _| {
    format!("{}/{}", int(&object["status"]["readyReplicas"]), int(&object["spec"]["replicas"])).into()
});
const CREATED: Column = Column {
    kind: "date",
    ..text("Created At", |object, _| object["metadata"]["creationTimestamp"].clone())
};
const CONTAINERS: Column = wide(text("Containers", |object, _| containers(object, "name")));
const IMAGES: Column = wide(text("Images", |object, _| containers(object, "image")));
const SELECTOR: Column = wide(text("Selector", |object, _| {
    let selector = &object["spec"]["selector"];
    pairs(selector.get("matchLabels").unwrap_or(selector)).into()
}));
const WEBHOOKS: Column =
    number("Webhooks", |object, _| object["webhooks"].as_array().map_or(0, Vec::len).into());
const ROLE: Column = text("Role", |object, _| {
    format!("{}/{}", string(&object["roleRef"]["kind"]), string(&object["roleRef"]["name"])).into()
});

/// Returns the columns of a kind.
pub(super) fn of(kind: &str) -> &'static [Column] {
    match kind {
        "ConfigMap" => {
            const {
                &[
                    NAME,
                    text("Data", |object, _| (count(&object["data"]) + count(&object["binaryData"])).into()),
                    AGE,
                ]
            }
        }
        "Secret" => {
            const {
                &[
                    NAME,
                    text("Type", |object, _| object["type"].clone()),
                    text("Data", |object, _| count(&object["data"]).into()),
                    AGE,
                ]
            }
        }
        "Namespace" | "PersistentVolume" | "PersistentVolumeClaim" => {
            const { &[NAME, text("Status", |object, _| object["status"]["phase"].clone()), AGE] }
        }
        "Pod" => {
            const {
                &[
                    NAME,
                    text("Ready", |pod, _| {
                        let statuses = pod["status"]["containerStatuses"].as_array();
                        let ready = statuses.into_iter().flatten().filter(|one| one["ready"] == true).count();
                        format!("{ready}/{}", count(&pod["spec"]["containers"])).into()
                    }),
                    text("Status", |pod, _| pod_status(pod)),
                    text("Restarts", |pod, _| {
                        let statuses = pod["status"]["containerStatuses"].as_array();
                        let restarts: i64 = statuses
                            .into_iter()
                            .flatten()
                            .filter_map(|one| one["restartCount"].as_i64())
                            .sum();
                        restarts.to_string().into()
                    }),
                    AGE,
                    wide(text("IP", |pod, _| or_none(&pod["status"]["podIP"]))),
                    wide(text("Node", |pod, _| or_none(&pod["spec"]["nodeName"]))),
                    wide(text("Nominated Node", |pod, _| or_none(&pod["status"]["nominatedNodeName"]))),
                    wide(text("Readiness Gates", |_, _| "<none>".into())),
                ]
            }
        }
        "Deployment" => {
            const {
                &[
                    NAME,
                    READY_OF_ALL,
                    text("Up-to-date", |object, _| int(&object["status"]["updatedReplicas"]).into()),
                    text("Available", |object, _| int(&object["status"]["availableReplicas"]).into()),
                    AGE,
                    CONTAINERS,
                    IMAGES,
                    SELECTOR,
                ]
            }
        }
        "ReplicaSet" | "ReplicationController" => {
            const {
                &[
                    NAME,
                    number("Desired", |object, _| int(&object["spec"]["replicas"]).into()),
                    number("Current", |object, _| int(&object["status"]["replicas"]).into()),
                    number("Ready", |object, _| int(&object["status"]["readyReplicas"]).into()),
                    AGE,
                    CONTAINERS,
                    IMAGES,
                    SELECTOR,
                ]
            }
        }
        "StatefulSet" => const { &[NAME, READY_OF_ALL, AGE, CONTAINERS, IMAGES] },
        "Job" => {
            const {
                &[
                    NAME,
                    text("Status", |job, _| {
                        let conditions = job["status"]["conditions"].as_array();
                        let over = conditions.into_iter().flatten().find(|one| {
                            one["status"] == "True" && (one["type"] == "Complete" || one["type"] == "Failed")
                        });
                        over.map_or_else(|| "Running".into(), |one| one["type"].clone())
                    }),
                    text("Completions", |job, _| {
                        format!(
                            "{}/{}",
                            int(&job["status"]["succeeded"]),
                            job["spec"]["completions"].as_i64().unwrap_or(1)
                        )
                        .into()
                    }),
                    text("Duration", |job, now| {
                        let time =
                            |value: &Json| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
                        let start = time(&job["status"]["startTime"]);
                        let end = time(&job["status"]["completionTime"]).unwrap_or(now);
                        start
                            .map_or_else(String::new, |start| lasting(end.duration_since(start).as_secs()))
                            .into()
                    }),
                    AGE,
                    CONTAINERS,
                    IMAGES,
                    SELECTOR,
                ]
            }
        }
        "Service" => {
            const {
                &[
                    NAME,
                    text("Type", |object, _| object["spec"]["type"].clone()),
                    text("Cluster-IP", |object, _| or_none(&object["spec"]["clusterIP"])),
                    text("External-IP", |object, _| or_none(&object["spec"]["externalName"])),
                    text("Port(s)", |object, _| {
                        let ports = object["spec"]["ports"].as_array().into_iter().flatten();
                        let ports: Vec<String> = ports
                            .map(|port| {
                                format!("{}/{}", port["port"], port["protocol"].as_str().unwrap_or("TCP"))
                            })
                            .collect();
                        if ports.is_empty() { "<none>".into() } else { ports.join(",").into() }
                    }),
                    AGE,
                    SELECTOR,
                ]
            }
        }
        "EndpointSlice" => {
            const {
                &[
                    NAME,
                    text("AddressType", |object, _| object["addressType"].clone()),
                    text("Ports", |object, _| {
                        let ports = object["ports"].as_array().into_iter().flatten();
                        unset(ports.map(|port| port["port"].to_string()).collect())
                    }),
                    text("Endpoints", |object, _| {
                        let endpoints = object["endpoints"].as_array().into_iter().flatten();
                        let addresses =
                            endpoints.flat_map(|one| one["addresses"].as_array().into_iter().flatten());
                        unset(addresses.map(|address| string(address).to_owned()).collect())
                    }),
                    AGE,
                ]
            }
        }
        "Event" => {
            const {
                &[
                    text("Last Seen", |event, now| {
                        let seen = [
                            &event["series"]["lastObservedTime"],
                            &event["lastTimestamp"],
                            &event["eventTime"],
                        ];
                        let seen = seen.into_iter().find(|time| time.is_string());
                        age(seen.unwrap_or(&event["metadata"]["creationTimestamp"]), now).into()
                    }),
                    text("Type", |event, _| event["type"].clone()),
                    text("Reason", |event, _| event["reason"].clone()),
                    text("Object", |event, _| {
                        let object = &event["involvedObject"];
                        format!("{}/{}", string(&object["kind"]).to_lowercase(), string(&object["name"]))
                            .into()
                    }),
                    text("Message", |event, _| string(&event["message"]).trim().into()),
                    wide(text("Count", |event, _| event["count"].as_i64().unwrap_or(1).to_string().into())),
                    wide(NAME),
                ]
            }
        }
        "Lease" => {
            const { &[NAME, text("Holder", |object, _| object["spec"]["holderIdentity"].clone()), AGE] }
        }
        "Node" => {
            const {
                &[
                    NAME,
                    text("Status", |node, _| {
                        let conditions = node["status"]["conditions"].as_array();
                        let ready = conditions.into_iter().flatten().find(|one| one["type"] == "Ready");
                        match ready.and_then(|one| one["status"].as_str()) {
                            Some("True") => "Ready".into(),
                            Some(_) => "NotReady".into(),
                            None => "Unknown".into(),
                        }
                    }),
                    text("Roles", |_, _| "<none>".into()),
                    AGE,
                    text("Version", |node, _| node["status"]["nodeInfo"]["kubeletVersion"].clone()),
                ]
            }
        }
        "NetworkPolicy" => {
            const {
                &[
                    NAME,
                    text("Pod-Selector", |object, _| {
                        pairs(&object["spec"]["podSelector"]["matchLabels"]).into()
                    }),
                    AGE,
                ]
            }
        }
        "RoleBinding" | "ClusterRoleBinding" => const { &[NAME, ROLE, AGE] },
        "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" => const { &[NAME, WEBHOOKS, AGE] },
        "CustomResourceDefinition" | "Role" | "ClusterRole" | "LimitRange" | "CSIStorageCapacity" => {
            const { &[NAME, CREATED] }
        }
        _ => const { &[NAME, AGE] },
    }
}

fn string(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

fn int(value: &Json) -> i64 {
    value.as_i64().unwrap_or_default()
}

fn count(value: &Json) -> usize {
    value.as_object().map_or_else(|| value.as_array().map_or(0, Vec::len), serde_json::Map::len)
}

fn or_none(value: &Json) -> Json {
    if string(value).is_empty() { "<none>".into() } else { value.clone() }
}

fn unset(values: Vec<String>) -> Json {
    if values.is_empty() { "<unset>".into() } else { values.join(",").into() }
}

fn pairs(labels: &Json) -> String {
    let labels = labels.as_object().into_iter().flatten();
    let pairs: Vec<String> = labels.map(|(key, value)| format!("{key}={}", string(value))).collect();
    if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
}

fn containers(object: &Json, key: &str) -> Json {
    let containers = object["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten();
    containers.map(|one| string(&one[key])).collect::<Vec<_>>().join(",").into()
}

/// Says in a word how a pod is: what a container waits for or ended with comes before the phase.
fn pod_status(pod: &Json) -> Json {
    let mut shown = pod["status"]["reason"].as_str().or(pod["status"]["phase"].as_str()).unwrap_or("Unknown");
    let statuses = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
    for status in statuses.rev() {
        let state = &status["state"];
        let reason = [&state["waiting"]["reason"], &state["terminated"]["reason"]];
        if let Some(reason) = reason.into_iter().find_map(Json::as_str) {
            shown = reason;
        }
    }
    if pod["metadata"]["deletionTimestamp"].is_string() {
        shown = "Terminating";
    }
    shown.into()
}
