use serde_json::{Value as Json, json};

use super::Schema;

fn defaulted(group: &str, version: &str, kind: &str, mut object: Json) -> Json {
    Schema::builtin(group, version, kind).unwrap().default(&mut object);
    object
}

fn messages(schema: &Json, object: &Json) -> Vec<String> {
    let causes = Schema::of_definition(schema).unwrap().validate(None, object);
    causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
}

fn definition(spec: Json) -> Json {
    json!({"type": "object", "properties": {"spec": spec}})
}

#[test]
fn a_deployment_gets_what_the_server_adds() {
    let object = defaulted(
        "apps",
        "v1",
        "Deployment",
        json!({"spec": {"template": {"spec": {"serviceAccountName": "s", "containers": [
            {"name": "a", "image": "nginx:1", "ports": [{"containerPort": 80}], "livenessProbe": {"httpGet": {"port": 80}}}]}}}}),
    );
    assert_eq!(
        object["spec"]["strategy"]["rollingUpdate"],
        json!({"maxSurge": "25%", "maxUnavailable": "25%"})
    );
    let pod = &object["spec"]["template"]["spec"];
    assert_eq!(pod["serviceAccount"], "s");
    let container = &pod["containers"][0];
    assert_eq!(container["imagePullPolicy"], "IfNotPresent");
    assert_eq!(container["ports"], json!([{"containerPort": 80, "protocol": "TCP"}]));
    assert_eq!(
        container["livenessProbe"],
        json!({"httpGet": {"path": "/", "port": 80, "scheme": "HTTP"}, "failureThreshold": 3, "periodSeconds": 10,
            "successThreshold": 1, "timeoutSeconds": 1})
    );
}

#[test]
fn native_fields_are_written_by_their_go_tags() {
    let object = defaulted(
        "",
        "v1",
        "Pod",
        json!({"spec": {"nodeName": "", "hostNetwork": false, "containers": [
        {"name": "a", "image": "a", "resources": {"requests": {"cpu": 0.5}}}], "tolerations": []}}),
    );
    assert!(object["spec"].get("nodeName").is_none() && object["spec"].get("tolerations").is_none());
    assert_eq!(object["spec"]["containers"][0]["resources"]["requests"]["cpu"], "500m");
    assert_eq!(Schema::builtin("", "v1", "ConfigMap").unwrap().blank(), json!({"metadata": {}}));
}

#[test]
fn unknown_fields_go_and_are_told_with_their_paths() {
    let schema = Schema::builtin("apps", "v1", "Deployment").unwrap();
    let mut object = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicsa": 1,
        "template": {"spec": {"containers": [{"name": "a", "imag": "b"}]}}}});
    assert_eq!(schema.prune(&mut object), ["spec.replicsa", "spec.template.spec.containers[0].imag"]);
    assert_eq!(object["spec"], json!({"template": {"spec": {"containers": [{"name": "a"}]}}}));
}

#[test]
fn custom_resources_are_pruned_but_for_what_their_schema_keeps() {
    let schema = definition(json!({"type": "object", "properties": {
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "closed": {"type": "object", "properties": {"a": {"type": "string"}}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}}}}));
    let schema = Schema::of_definition(&schema).unwrap();
    let mut object = json!({"apiVersion": "x/v1", "kind": "X", "metadata": {"name": "a", "nmae": "b"},
        "spec": {"free": {"x": 1}, "closed": {"a": "1", "b": 2}, "labels": {"l": "m"}}, "more": 1});
    assert_eq!(schema.prune(&mut object), ["metadata.nmae", "more", "spec.closed.b"]);
    assert_eq!(object["spec"], json!({"free": {"x": 1}, "closed": {"a": "1"}, "labels": {"l": "m"}}));
}

#[test]
fn a_default_is_added_where_its_parent_is() {
    let schema = Schema::of_definition(&definition(json!({"type": "object", "properties": {
        "a": {"type": "object", "properties": {"b": {"type": "integer", "default": 5}}},
        "c": {"type": "object", "default": {}, "properties": {"d": {"type": "string", "default": "x"}}},
        "e": {"type": "string", "nullable": true, "default": "x"}}})))
    .unwrap();
    let mut object = json!({"spec": {"e": null}});
    schema.default(&mut object);
    assert_eq!(object["spec"], json!({"c": {"d": "x"}, "e": null}));
    let mut object = json!({"spec": {"a": {"b": null}}});
    schema.prune(&mut object);
    schema.default(&mut object);
    assert_eq!(object["spec"], json!({"a": {"b": 5}, "c": {"d": "x"}, "e": "x"}));
}

#[test]
fn problems_are_worded_as_the_server_does() {
    let schema = definition(json!({"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string", "pattern": "^a", "maxLength": 3}, "mode": {"enum": ["x", "y"], "type": "string"},
        "count": {"type": "integer", "minimum": 1}, "list": {"type": "array", "maxItems": 1, "items": {"type": "string"}},
        "one": {"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}}}));
    for (spec, expected) in [
        (json!({}), "spec.name: Required value"),
        (json!({"name": "b"}), "spec.name: Invalid value: \"b\": spec.name in body should match '^a'"),
        (json!({"name": "aaaa"}), "spec.name: Too long: may not be more than 3 bytes"),
        (
            json!({"name": 5}),
            "spec.name: Invalid value: \"integer\": spec.name in body must be of type string: \"integer\"",
        ),
        (
            json!({"name": "a", "mode": "z"}),
            "spec.mode: Unsupported value: \"z\": supported values: \"x\", \"y\"",
        ),
        (
            json!({"name": "a", "count": 0}),
            "spec.count: Invalid value: 0: spec.count in body should be greater than or equal to 1",
        ),
        (json!({"name": "a", "list": ["1", "2"]}), "spec.list: Too many: 2: must have at most 1 items"),
    ] {
        assert_eq!(messages(&schema, &json!({"spec": spec})), [expected]);
    }
    assert_eq!(
        messages(&schema, &json!({"spec": {"name": "a", "one": {}}})),
        [
            "<nil>: Invalid value: \"\": \"spec.one\" must validate one and only one schema (oneOf). Found none valid",
            "spec.one.a: Required value"
        ]
    );
}

#[test]
fn every_built_in_kind_can_be_blank_and_defaulted() {
    for (version, kind) in Schema::builtins() {
        let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
        let schema = Schema::builtin(group, version, kind).unwrap();
        let mut once = schema.blank();
        schema.default(&mut once);
        let mut twice = once.clone();
        schema.default(&mut twice);
        assert_eq!(once, twice, "{group}/{version} {kind}");
    }
}

#[test]
fn rules_in_the_expression_language_are_checked() {
    let schema = definition(json!({"type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}, "n": {"type": "integer"},
            "list": {"type": "array", "items": {"type": "string"}}, "m": {"type": "object", "additionalProperties": {"type": "string"}}},
        "x-kubernetes-validations": [
            {"rule": "has(self.a) || has(self.b)", "message": "one of a and b is needed"},
            {"rule": "[has(self.a),has(self.b)].filter(x,x==true).size() <= 1"},
            {"rule": "!has(self.m) || !('bad' in self.m)", "message": "bad"},
            {"rule": "!has(self.list) || self.list.all(x, x.startsWith('p-'))", "message": "prefix", "reason": "FieldValueForbidden"},
            {"rule": "has(self.n) ? self.n * 2 < 10 && self.n != 3 : true", "message": "n", "fieldPath": ".n"},
            {"rule": "self == oldSelf", "message": "nothing was there before"}]}));
    let found = |spec: Json| messages(&schema, &json!({"spec": spec}));
    assert_eq!(found(json!({"a": "x"})), Vec::<String>::new());
    assert_eq!(found(json!({})), ["spec: Invalid value: one of a and b is needed"]);
    assert_eq!(
        found(json!({"a": "x", "b": "y"})),
        ["spec: Invalid value: failed rule: [has(self.a),has(self.b)].filter(x,x==true).size() <= 1"]
    );
    assert_eq!(found(json!({"a": "x", "m": {"bad": "y"}})), ["spec: Invalid value: bad"]);
    assert_eq!(found(json!({"a": "x", "list": ["p-a", "q"]})), ["spec: Forbidden: prefix"]);
    assert_eq!(found(json!({"a": "x", "n": 3})), ["spec.n: Invalid value: n"]);
    assert_eq!(found(json!({"a": "x", "n": "3"})).len(), 2, "rules wait until the types fit");
}

#[test]
fn elements_of_sets_and_keyed_lists_are_there_once() {
    let schema = definition(json!({"type": "object", "properties": {
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "map": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
            "items": {"type": "object", "properties": {"k": {"type": "string"}}}}}}));
    assert_eq!(
        messages(&schema, &json!({"spec": {"set": ["a", "b", "a"], "map": [{"k": "a"}, {"k": "a"}]}})),
        ["spec.map[1]: Duplicate value: {\"k\":\"a\"}", "spec.set[2]: Duplicate value: \"a\""]
    );
}
