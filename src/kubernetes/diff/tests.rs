use proptest::prelude::*;
use serde_json::json;

use super::{super::Written, *};

fn manifest(json: Json) -> Manifest {
    Manifest::new(json).unwrap()
}

fn changes(desired: Json, live: Json) -> Vec<String> {
    let (desired, live) = (manifest(desired), manifest(live));
    let owned = FieldSet::owned_by(&live, "eggtooth", Written::Apply);
    diff(&desired, &live, &owned)
        .into_iter()
        .map(|change| {
            let show = |value: Option<String>| value.unwrap_or_else(|| "-".into());
            format!("{}: {} → {}", change.path, show(change.before), show(change.after))
        })
        .collect()
}

fn deployment(spec: Json, fields: Option<Json>) -> Json {
    let mut metadata = json!({"name": "a", "namespace": "b"});
    if let Some(fields) = fields {
        metadata["managedFields"] =
            json!([{"manager": "eggtooth", "operation": "Apply", "fieldsV1": fields}]);
    }
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec})
}

#[test]
fn defaults_and_fields_of_others_are_no_difference() {
    let wanted =
        deployment(json!({"template": {"spec": {"containers": [{"name": "c", "image": "i"}]}}}), None);
    let live = deployment(
        json!({"replicas": 1, "template": {"spec": {"dnsPolicy": "ClusterFirst", "containers": [
            {"name": "sidecar", "image": "s"},
            {"name": "c", "image": "i", "imagePullPolicy": "Always"},
        ]}}}),
        Some(
            json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:image": {}}}}}}}),
        ),
    );
    assert!(changes(wanted, live).is_empty());
}

#[test]
fn what_we_own_and_want_no_longer_is_a_difference() {
    let owned = json!({"f:spec": {"f:replicas": {}, "f:template": {"f:spec": {"f:containers": {
        "k:{\"name\":\"c\"}": {".": {}, "f:name": {}, "f:image": {}, "f:tty": {}},
        "k:{\"name\":\"old\"}": {".": {}, "f:name": {}},
    }}}}, "f:metadata": {"f:finalizers": {"v:\"ours\"": {}}}});
    let mut live = deployment(
        json!({"replicas": 2, "template": {"spec": {"containers": [
            {"name": "c", "image": "i", "tty": true}, {"name": "old", "image": "by another"}]}}}),
        Some(owned),
    );
    live["metadata"]["finalizers"] = json!(["ours", "theirs"]);
    let mut wanted =
        deployment(json!({"template": {"spec": {"containers": [{"name": "c", "image": "j"}]}}}), None);
    wanted["metadata"]["finalizers"] = json!(["new"]);
    assert_eq!(
        changes(wanted, live),
        [
            "metadata.finalizers[new]: - → new",
            "metadata.finalizers[ours]: ours → -",
            "spec.template.spec.containers[name=c].image: i → j",
            "spec.template.spec.containers[name=c].tty: true → -",
            "spec.template.spec.containers[name=old].name: old → -",
            "spec.replicas: 2 → -",
        ]
    );
}

#[test]
fn a_port_without_a_protocol_is_found_by_its_default() {
    let owned =
        json!({"f:spec": {"f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:port": {}}}}});
    let wanted = deployment(json!({"ports": [{"port": 80}]}), None);
    let live = deployment(json!({"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}), Some(owned));
    assert!(changes(wanted, live).is_empty());
}

#[test]
fn what_the_server_writes_anew_is_no_difference() {
    let wanted = deployment(
        json!({"limits": {"cpu": "1000m", "memory": "1024Mi", "pods": 1}, "annotations": {}}),
        None,
    );
    let live = deployment(json!({"limits": {"cpu": "1", "memory": "1Gi", "pods": "1"}}), None);
    assert!(changes(wanted, live).is_empty());
    let wanted = deployment(json!({"cpu": "1000m"}), None);
    let live = deployment(json!({"cpu": "1"}), None);
    assert_eq!(changes(wanted, live), ["spec.cpu: 1 → 1000m"], "a text that is no quantity");
}

#[test]
fn a_secret_shows_that_it_differs_and_never_how() {
    let secret =
        |data: Json| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": data});
    assert!(changes(secret(json!({"a": "Y2hp\ncnA="})), secret(json!({"a": "Y2hpcnA="}))).is_empty());
    assert_eq!(
        changes(secret(json!({"a": "bmV3", "b": "bmV3"})), secret(json!({"a": "Y2hpcnA="}))),
        ["data.a: [secret] → [secret]", "data.b: - → [secret]"]
    );
    // The whole map is missing: its values are hidden as well.
    let shown = changes(
        secret(json!({"a": "bmV3"})),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}),
    );
    assert_eq!(shown, ["data: - → [secret]"]);
}

#[test]
fn a_prediction_ignores_what_the_server_counts() {
    let live = manifest(deployment(json!({"replicas": 1}), Some(json!({}))));
    let mut dry = live.clone();
    dry.set(&["metadata", "resourceVersion"], "9");
    dry.set(&["metadata", "generation"], 9);
    assert!(predicted(&live, &dry).is_empty());
    dry.set(&["metadata", "annotations", "example.org/a"], "b");
    dry.set(&["spec", "replicas"], 2);
    let paths: Vec<String> = predicted(&live, &dry).into_iter().map(|change| change.path).collect();
    assert_eq!(paths, ["metadata.annotations", "spec.replicas"]);
}

/// What server-side apply does with maps, scalars and atomic lists: it sets what is wanted, records it, and
/// fills defaults in.
fn server_apply(desired: &Json) -> Json {
    let mut live = desired.clone();
    let fields = fields_of(desired);
    live["metadata"]["managedFields"] =
        json!([{"manager": "eggtooth", "operation": "Apply", "fieldsV1": fields}]);
    live["spec"]["defaulted"] = json!("by the server");
    live["metadata"]["uid"] = json!("u");
    live
}

fn fields_of(json: &Json) -> Json {
    let Some(entries) = json.as_object() else { return json!({}) };
    let below = entries.iter().filter(|(key, _)| !matches!(key.as_str(), "apiVersion" | "kind" | "name"));
    Json::Object(below.map(|(key, value)| (format!("f:{key}"), fields_of(value))).collect())
}

/// Empty maps and lists of maps are as good as absent.
fn pruned(json: &Json) -> Json {
    match json {
        Json::Object(entries) => Json::Object(
            entries
                .iter()
                .filter(|(_, value)| !is_empty(value))
                .map(|(key, value)| (key.clone(), pruned(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        "[a-z0-9./-]{0,8}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z]{1,5}", inner, 0..4)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn nothing_differs_from_what_was_just_applied(spec in value()) {
        let desired = json!({"apiVersion": "example.org/v1", "kind": "Egg", "metadata": {"name": "a"},
            "spec": {"wanted": spec}});
        let live = server_apply(&desired);
        prop_assert_eq!(changes(desired, live), Vec::<String>::new());
    }

    #[test]
    fn a_field_taken_away_or_changed_is_always_seen(spec in value(), other in value()) {
        let desired = |spec: &Json| json!({"apiVersion": "example.org/v1", "kind": "Egg",
            "metadata": {"name": "a"}, "spec": {"kept": 1, "wanted": spec}});
        let live = server_apply(&desired(&spec));
        let mut without = desired(&spec);
        without["spec"].as_object_mut().unwrap().remove("wanted");
        if !is_empty(&spec) {
            prop_assert!(!changes(without, live.clone()).is_empty());
        }
        if !is_empty(&spec) && !is_empty(&other) && pruned(&spec) != pruned(&other) {
            prop_assert!(!changes(desired(&other), live).is_empty());
        }
    }
}
