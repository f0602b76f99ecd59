use super::*;
use crate::resource::{Record, Silent, Urn};

use super::super::testing::Api;

fn urn(kind: &str) -> Urn {
    Urn::new("dev", "s", &format!("kubernetes:{kind}"), "a")
}

fn inputs(json: &Json) -> Inputs {
    Value::from(json)
}

fn secret_inputs(value: &str) -> Inputs {
    let mut metadata = std::collections::BTreeMap::new();
    metadata.insert("name", Value::from("a"));
    metadata.insert("namespace", Value::from("n"));
    Value::map([
        ("apiVersion", "v1".into()),
        ("kind", "Secret".into()),
        ("metadata", Value::map(metadata)),
        ("stringData", Value::map([("token", Value::from(value).secret())])),
    ])
}

async fn change(api: &Api, kind: &str, inputs: Option<&Inputs>, record: Option<&Record>) -> Change {
    let provider = KubernetesProvider::new(api.client.clone());
    let (urn, options) = (urn(kind), Options::default());
    let known = Known { urn: &urn, inputs, record, options: Some(&options) };
    let live = provider.read(&[known]).await.unwrap().remove(0);
    provider.diff(known, &live)
}

fn record(kind: &str, inputs: Json, outputs: Json) -> Record {
    Record {
        urn: urn(kind),
        inputs,
        outputs,
        dependencies: Vec::new(),
        uid: Some("u".into()),
        created: true,
        protect: false,
        retain_on_delete: false,
    }
}

#[tokio::test]
async fn a_secret_is_compared_without_asking_the_server_for_its_opinion() {
    let api = Api::start().await;
    let live = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "n", "uid": "u",
        "managedFields": [{"manager": "eggtooth", "operation": "Apply", "fieldsV1": {"f:data": {"f:token": {}}}}]},
        "data": {"token": "Y2hpcnA="}});
    api.answer("GET", "/api/v1/namespaces/n/secrets/a", live).await;
    let same = change(&api, "Secret", Some(&secret_inputs("chirp")), None).await;
    assert_eq!(same.operation, Operation::Same, "{same:?}");
    let other = change(&api, "Secret", Some(&secret_inputs("tweet")), None).await;
    assert_eq!(other.operation, Operation::Update);
    assert_eq!(other.fields[0].after.as_deref(), Some("[secret]"));
    assert!(api.requests().await.iter().all(|request| request.starts_with("GET")));
}

#[tokio::test]
async fn a_difference_that_the_server_does_not_see_is_none() {
    let api = Api::start().await;
    let live = |cpu: &str| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "n", "uid": "u",
            "managedFields": [{"manager": "eggtooth", "operation": "Apply", "fieldsV1": {"f:spec": {"f:x": {}}}}]},
            "spec": {"x": cpu}})
    };
    let at = "/apis/apps/v1/namespaces/n/deployments/a";
    api.answer("GET", at, live("canonical")).await;
    api.dry_run(at, live("canonical")).await;
    let wanted = inputs(&json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "a", "namespace": "n"}, "spec": {"x": "as written"}}));
    assert_eq!(change(&api, "Deployment", Some(&wanted), None).await.operation, Operation::Same);
}

#[tokio::test]
async fn a_conflict_is_planned_with_its_owner() {
    let api = Api::start().await;
    let at = "/api/v1/namespaces/n/configmaps/a";
    let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n", "uid": "u"},
        "data": {"a": "theirs"}});
    api.answer("GET", at, live).await;
    let conflict = json!({"kind": "Status", "code": 409, "reason": "Conflict", "details": {"causes": [
        {"reason": "FieldManagerConflict", "message": "conflict with \"kubectl-edit\" using v1", "field": ".data.a"}]}});
    api.respond("PATCH", at, 409, conflict, None).await;
    let wanted = inputs(&json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "n"}, "data": {"a": "ours"}}));
    let change = change(&api, "ConfigMap", Some(&wanted), None).await;
    assert_eq!(change.reason.as_deref(), Some(".data.a is owned by kubectl-edit using v1"));
}

#[tokio::test]
async fn an_untouched_definition_costs_one_list_of_metadata() {
    let api = Api::start().await;
    let wanted = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "eggs.example.org"}, "spec": {"group": "example.org"}});
    let mut applied = wanted.clone();
    applied["metadata"] =
        json!({"name": "eggs.example.org", "uid": "u", "resourceVersion": "5", "generation": 1});
    let (desired, applied) = (Manifest::new(wanted.clone()).unwrap(), Manifest::new(applied).unwrap());
    let settled = Settled::new(&desired, &applied).unwrap();
    let listed = json!({"items": [{"metadata": {"name": "eggs.example.org", "uid": "u", "resourceVersion": "7", "generation": 1}}]});
    api.answer("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", listed).await;
    let record = record("CustomResourceDefinition", wanted.clone(), json!({"settled": settled}));
    let change = change(&api, "CustomResourceDefinition", Some(&inputs(&wanted)), Some(&record)).await;
    assert_eq!(change.operation, Operation::Same);
    assert_eq!(
        api.requests().await,
        ["GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=250"]
    );
}

#[tokio::test]
async fn an_object_of_another_uid_or_manager_is_never_deleted() {
    let api = Api::start().await;
    let object = |uid: &str, manager: &str| {
        Manifest::new(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "uid": uid,
            "managedFields": [{"manager": manager, "operation": "Apply", "fieldsV1": {"f:data": {"f:a": {}}}}]}}))
        .unwrap()
    };
    let record = record("ConfigMap", json!({}), json!({}));
    let decide = |object: &Manifest| removal(Some(&record), Some(object), Vec::new()).operation;
    assert_eq!(decide(&object("u", "eggtooth")), Operation::Delete);
    assert_eq!(decide(&object("other", "eggtooth")), Operation::Retain);
    assert_eq!(decide(&object("u", "argocd")), Operation::Retain);
    assert!(api.requests().await.is_empty());
}

async fn apply(api: &Api, kind: &str, inputs: &Inputs) -> Applied {
    let provider = KubernetesProvider::new(api.client.clone());
    let (urn, options, live) = (urn(kind), Options::default(), Live::default());
    let change = Change::of(Operation::Create);
    let apply = Apply {
        urn: &urn,
        inputs,
        options: &options,
        record: None,
        live: &live,
        change: &change,
        progress: &Silent,
    };
    provider.apply(apply).await.unwrap()
}

#[tokio::test]
async fn a_namespace_that_appeared_meanwhile_is_adopted_and_not_ours() {
    let api = Api::start().await;
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "uid": "u"}});
    let exists = json!({"kind": "Status", "code": 409, "reason": "AlreadyExists", "message": "exists"});
    api.respond("POST", "/api/v1/namespaces", 409, exists, None).await;
    api.answer("PATCH", "/api/v1/namespaces/a", namespace.clone()).await;
    let wanted = inputs(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}));
    let applied = apply(&api, "Namespace", &wanted).await;
    assert!(!applied.created);
    assert_eq!(applied.uid.as_deref(), Some("u"));
}

#[tokio::test]
async fn outputs_of_a_secret_name_its_keys_and_hold_no_value() {
    let api = Api::start().await;
    let stored = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "n", "uid": "u"},
        "data": {"token": "Y2hpcnA="}});
    api.answer("PATCH", "/api/v1/namespaces/n/secrets/a", stored).await;
    let applied = apply(&api, "Secret", &secret_inputs("chirp")).await;
    assert!(applied.created);
    let shown = format!("{:?}", applied.outputs);
    assert!(shown.contains("token") && !shown.contains("Y2hpcnA") && !shown.contains("chirp"), "{shown}");
    let sent = api.server.received_requests().await.unwrap();
    let patch = sent.iter().find(|request| request.method.as_str() == "PATCH").unwrap();
    assert_eq!(patch.url.query().unwrap(), "fieldManager=eggtooth&force=false&fieldValidation=Strict");
    assert!(String::from_utf8_lossy(&patch.body).contains(r#""data":{"token":"Y2hpcnA="}"#));
}
