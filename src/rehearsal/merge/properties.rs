//! What must hold whatever is applied.

use std::collections::BTreeMap;

use proptest::{
    prelude::{Strategy, any},
    prop_assert, prop_assert_eq, proptest,
};
use serde_json::{Value as Json, json};

use super::{Operation, Writer, apply, track};
use crate::kubernetes::{FieldSet, Step};
use crate::rehearsal::schema::Schema;

fn schema() -> Schema {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "a": {"type": "string"},
        "list": {"type": "array", "items": {"type": "string"}},
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "map": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "string"}}}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}});
    Schema::of_definition(&schema).unwrap()
}

fn writer(manager: &str, operation: Operation) -> Writer<'_> {
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    Writer { manager, operation, api_version: "x.test/v1", subresource: "", now }
}

fn object(spec: Json) -> Json {
    json!({"apiVersion": "x.test/v1", "kind": "X", "metadata": {"name": "x"}, "spec": spec})
}

/// A configuration; `names` are those of its labels, elements and free fields.
fn spec(names: &'static str) -> impl Strategy<Value = Json> {
    let name = move || proptest::sample::select(names.chars().map(String::from).collect::<Vec<_>>());
    let value = || "[0-2]";
    let map = move || proptest::collection::btree_map(name(), value(), 0..3);
    let set = move || proptest::collection::btree_set(name(), 0..3);
    (map(), set(), map(), map()).prop_map(
        |(labels, set, elements, free): (BTreeMap<_, _>, _, BTreeMap<_, _>, BTreeMap<_, _>)| {
            let elements: Vec<Json> = elements.into_iter().map(|(k, v)| json!({"k": k, "v": v})).collect();
            let free: Json = free
                .into_iter()
                .map(|(key, value)| (key, json!({"x": value})))
                .collect::<serde_json::Map<_, _>>()
                .into();
            let mut spec = json!({"labels": labels, "set": set, "map": elements, "free": free});
            spec.as_object_mut().unwrap().retain(|_, value| *value != json!({}) && *value != json!([]));
            spec
        },
    )
}

fn has(value: &Json, step: &Step) -> Option<Json> {
    match step {
        Step::Field(name) => value.get(name).cloned(),
        Step::Key(keys) => {
            let keys: serde_json::Map<String, Json> = serde_json::from_str(keys).unwrap();
            let fits = |item: &&Json| keys.iter().all(|(key, value)| item.get(key) == Some(value));
            value.as_array()?.iter().find(fits).cloned()
        }
        Step::Value(wanted) => value.as_array()?.iter().find(|item| item.to_string() == *wanted).cloned(),
        Step::Index(index) => value.get(index).cloned(),
    }
}

fn everything_owned_is_there(object: &Json) {
    for entry in object["metadata"]["managedFields"].as_array().into_iter().flatten() {
        for path in FieldSet::parse(&entry["fieldsV1"]).paths() {
            let found = path.iter().try_fold(object.clone(), |value, step| has(&value, step));
            assert!(found.is_some(), "{} owns {path:?} of {object}", entry["manager"]);
        }
    }
}

/// What two objects have in common whatever the order in which they came about.
fn unordered(mut object: Json) -> Json {
    for list in ["set", "map"] {
        if let Some(items) = object["spec"].get_mut(list).and_then(Json::as_array_mut) {
            items.sort_by_key(ToString::to_string);
        }
    }
    let entries = object["metadata"]["managedFields"].as_array_mut().unwrap();
    for entry in &mut *entries {
        // Who changed nothing has no time.
        entry.as_object_mut().unwrap().remove("time");
    }
    entries.sort_by_key(ToString::to_string);
    object
}

proptest! {
    #[test]
    fn to_apply_twice_changes_nothing(one in spec("abc"), other in spec("abc")) {
        let schema = schema();
        let live = apply(None, &object(one), &writer("one", Operation::Apply), &schema, true).unwrap();
        let wanted = object(other);
        let writer = writer("two", Operation::Apply);
        let once = apply(Some(&live), &wanted, &writer, &schema, true).unwrap();
        let twice = apply(Some(&once), &wanted, &writer, &schema, false).unwrap();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn managers_of_different_fields_may_come_in_any_order(one in spec("abc"), other in spec("xyz")) {
        let schema = schema();
        let (one, other) = (object(one), object(other));
        let (first, second) = (writer("one", Operation::Apply), writer("two", Operation::Apply));
        let left = apply(None, &one, &first, &schema, false).unwrap();
        let left = apply(Some(&left), &other, &second, &schema, false).unwrap();
        let right = apply(None, &other, &second, &schema, false).unwrap();
        let right = apply(Some(&right), &one, &first, &schema, false).unwrap();
        prop_assert_eq!(unordered(left), unordered(right));
    }

    #[test]
    fn nobody_owns_what_is_not_there(configurations in proptest::collection::vec((spec("abc"), 0..3_u8, any::<bool>()), 1..6)) {
        let schema = schema();
        let mut live: Option<Json> = None;
        for (spec, manager, update) in configurations {
            let manager = ["one", "two", "three"][usize::from(manager)];
            let new = if update {
                let mut new = object(spec);
                track(live.as_ref(), &mut new, &writer(manager, Operation::Update), &schema);
                new
            } else {
                apply(live.as_ref(), &object(spec), &writer(manager, Operation::Apply), &schema, true).unwrap()
            };
            // The server refuses a map that lost its last key, but that somebody still owns.
            if schema.validate(None, &new).is_empty() {
                everything_owned_is_there(&new);
                live = Some(new);
            }
        }
    }

    #[test]
    fn an_applier_that_lists_nothing_more_leaves_no_trace(one in spec("abc"), other in spec("xyz")) {
        let schema = schema();
        let alone = apply(None, &object(one), &writer("one", Operation::Apply), &schema, false).unwrap();
        let both = apply(Some(&alone), &object(other), &writer("two", Operation::Apply), &schema, false).unwrap();
        let mut nothing = object(json!({}));
        nothing.as_object_mut().unwrap().remove("spec");
        let left = apply(Some(&both), &nothing, &writer("two", Operation::Apply), &schema, false).unwrap();
        let entries = left["metadata"]["managedFields"].as_array().unwrap();
        prop_assert!(entries.iter().all(|entry| entry["manager"] == "one"));
    }
}
