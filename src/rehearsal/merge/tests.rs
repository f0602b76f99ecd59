use serde_json::{Value as Json, json};

use super::{ApplyError, Operation, Writer, apply, track};
use crate::rehearsal::schema::Schema;

fn writer(manager: &str, operation: Operation) -> Writer<'_> {
    let now = "2026-01-02T03:04:05.9Z".parse().unwrap();
    Writer { manager, operation, api_version: "v1", subresource: "", now }
}

fn config_map(data: Json) -> Json {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
}

fn applied(live: Option<&Json>, wanted: &Json, manager: &str, force: bool) -> Result<Json, ApplyError> {
    let schema = Schema::builtin("", "v1", "ConfigMap").unwrap();
    apply(live, wanted, &writer(manager, Operation::Apply), &schema, force)
}

fn owned(object: &Json, manager: &str) -> Json {
    let entries = object["metadata"]["managedFields"].as_array().unwrap();
    entries
        .iter()
        .find(|entry| entry["manager"] == manager)
        .map_or(Json::Null, |entry| entry["fieldsV1"].clone())
}

#[test]
fn an_applier_owns_what_it_lists() {
    let object = applied(None, &config_map(json!({"x": "1"})), "a", false).unwrap();
    assert_eq!(
        object["metadata"]["managedFields"],
        json!([{"manager": "a", "operation": "Apply", "apiVersion": "v1", "time": "2026-01-02T03:04:05Z",
            "fieldsType": "FieldsV1", "fieldsV1": {"f:data": {"f:x": {}}}}])
    );
}

#[test]
fn what_an_applier_no_longer_lists_goes_unless_another_owns_it() {
    let one = applied(None, &config_map(json!({"x": "1", "y": "1"})), "a", false).unwrap();
    let both = applied(Some(&one), &config_map(json!({"y": "1"})), "b", false).unwrap();
    let less = applied(Some(&both), &config_map(json!({})), "a", false).unwrap();
    assert_eq!(less["data"], json!({"y": "1"}));
    assert_eq!(owned(&less, "b"), json!({"f:data": {"f:y": {}}}));
}

#[test]
fn a_conflict_names_the_manager_and_the_field() {
    let schema = Schema::builtin("", "v1", "ConfigMap").unwrap();
    let mut live = config_map(json!({"a": "1"}));
    track(None, &mut live, &writer("kubectl-edit", Operation::Update), &schema);
    let error = applied(Some(&live), &config_map(json!({"a": "2"})), "a", false).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Apply failed with 1 conflict: conflict with \"kubectl-edit\" using v1: .data.a"
    );
    let ApplyError::Conflicts(conflicts) = error else { panic!("{error}") };
    assert_eq!(conflicts.causes()[0].message, "conflict with \"kubectl-edit\" using v1");
    let forced = applied(Some(&live), &config_map(json!({"a": "2"})), "a", true).unwrap();
    assert_eq!(forced["data"], json!({"a": "2"}));
    assert_eq!(owned(&forced, "kubectl-edit"), json!({"f:data": {}}));
}

#[test]
fn an_object_that_nobody_managed_gets_a_manager_for_what_was_there() {
    let live = config_map(json!({"x": "1"}));
    let object = applied(Some(&live), &config_map(json!({"x": "1", "y": "2"})), "a", false).unwrap();
    assert_eq!(owned(&object, "before-first-apply"), json!({"f:data": {".": {}, "f:x": {}}}));
}
