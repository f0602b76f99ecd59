use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, ServiceAccount};
use kube::{
    Api, ResourceExt,
    api::{
        ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ListParams, Patch, PatchParams,
        PostParams, PropagationPolicy, WatchEvent, WatchParams,
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::Cluster;
use crate::resource::GroupKind;

fn cluster() -> Cluster {
    Cluster::builder().build().unwrap()
}

fn object<T: DeserializeOwned>(json: Json) -> T {
    serde_json::from_value(json).unwrap()
}

fn config_map(name: &str) -> ConfigMap {
    object(json!({"metadata": {"name": name, "labels": {"app": name}}, "data": {"size": "M"}}))
}

fn code<T: std::fmt::Debug>(result: Result<T, kube::Error>) -> (u16, String) {
    match result.unwrap_err() {
        kube::Error::Api(status) => (status.code, status.reason.clone()),
        other => (0, other.to_string()),
    }
}

async fn settle() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

fn definition() -> Json {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "eggs.eggtooth.example"},
        "spec": {"group": "eggtooth.example", "scope": "Namespaced",
            "names": {"kind": "Egg", "plural": "eggs"},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                    "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}})
}

fn eggs(cluster: &Cluster) -> Api<DynamicObject> {
    let egg =
        ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk("eggtooth.example", "v1", "Egg"), "eggs");
    Api::namespaced_with(cluster.client(), "default", &egg)
}

fn dynamic(cluster: &Cluster, group: &str, kind: &str, plural: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, "v1", kind), plural);
    Api::all_with(cluster.client(), &resource)
}

async fn with_eggs() -> Cluster {
    let cluster = cluster();
    let definitions =
        dynamic(&cluster, "apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions");
    definitions.create(&PostParams::default(), &object(definition())).await.unwrap();
    settle().await;
    cluster
}

fn egg(name: &str, size: u8) -> DynamicObject {
    object(
        json!({"apiVersion": "eggtooth.example/v1", "kind": "Egg", "metadata": {"name": name}, "spec": {"size": size}}),
    )
}

#[tokio::test(start_paused = true)]
async fn an_object_is_created_read_changed_and_deleted() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
    let created = maps.create(&PostParams::default(), &config_map("a")).await.unwrap();
    assert!(created.uid().is_some() && created.creation_timestamp().is_some());
    assert_eq!(
        code(maps.create(&PostParams::default(), &config_map("a")).await),
        (409, "AlreadyExists".into())
    );
    let patch = Patch::Merge(json!({"data": {"size": "L"}}));
    let patched = maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(patched.data.as_ref().unwrap()["size"], "L");
    assert_eq!(code(maps.replace("a", &PostParams::default(), &created).await), (409, "Conflict".into()));
    let same = maps.replace("a", &PostParams::default(), &patched).await.unwrap();
    assert_eq!(same.resource_version(), patched.resource_version(), "what changes nothing is no change");
    let deleted = maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(deleted.is_right());
    assert_eq!(code(maps.get("a").await), (404, "NotFound".into()));
}

#[tokio::test(start_paused = true)]
async fn lists_are_selected_and_come_in_pages_of_one_moment() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
    for name in ["a", "b", "c"] {
        maps.create(&PostParams::default(), &config_map(name)).await.unwrap();
    }
    let names =
        |list: &kube::api::ObjectList<ConfigMap>| list.iter().map(ResourceExt::name_any).collect::<Vec<_>>();
    let list = maps.list(&ListParams::default().labels("app in (a,c)")).await.unwrap();
    assert_eq!(names(&list), ["a", "c"]);
    let list = maps.list(&ListParams::default().fields("metadata.name=b")).await.unwrap();
    assert_eq!(names(&list), ["b"]);
    let first = maps.list(&ListParams::default().limit(2)).await.unwrap();
    assert_eq!(names(&first), ["a", "b"]);
    maps.delete("c", &DeleteParams::default()).await.unwrap();
    let token = first.metadata.continue_.unwrap();
    let second = maps.list(&ListParams::default().limit(2).continue_token(&token)).await.unwrap();
    assert_eq!(names(&second), ["c", "kube-root-ca.crt"], "the second page is of the first one's time");
    cluster.compact();
    assert_eq!(code(maps.list(&ListParams::default().continue_token(&token)).await).0, 410);
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_each_change_once_from_where_it_began() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
    settle().await;
    let from = maps.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
    maps.create(&PostParams::default(), &config_map("a")).await.unwrap();
    let mut events = maps.watch(&WatchParams::default().labels("app=a"), &from).await.unwrap().boxed();
    let next = async |events: &mut futures::stream::BoxStream<
        '_,
        Result<WatchEvent<ConfigMap>, kube::Error>,
    >| match events.next().await {
        Some(Ok(WatchEvent::Added(map))) => format!("added {}", ResourceExt::name_any(&map)),
        Some(Ok(WatchEvent::Modified(map))) => format!("modified {}", ResourceExt::name_any(&map)),
        Some(Ok(WatchEvent::Deleted(map))) => format!("deleted {}", ResourceExt::name_any(&map)),
        Some(Ok(WatchEvent::Error(status))) => format!("error {}", status.code),
        other => format!("{}", other.is_none()),
    };
    assert_eq!(next(&mut events).await, "added a");
    let patch = Patch::Merge(json!({"data": {"size": "L"}}));
    maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(next(&mut events).await, "modified a");
    let patch = Patch::Merge(json!({"metadata": {"labels": {"app": "other"}}}));
    maps.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(next(&mut events).await, "deleted a", "what is selected no more is gone for this watch");
    cluster.compact();
    let mut late = maps.watch(&WatchParams::default(), &from).await.unwrap().boxed();
    assert_eq!(next(&mut late).await, "error 410");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_is_furnished_and_goes_away_with_its_content() {
    let cluster = cluster();
    let namespaces: Api<Namespace> = Api::all(cluster.client());
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client(), "nest");
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "nest");
    assert_eq!(code(maps.create(&PostParams::default(), &config_map("a")).await), (404, "NotFound".into()));
    namespaces.create(&PostParams::default(), &object(json!({"metadata": {"name": "nest"}}))).await.unwrap();
    settle().await;
    accounts.get("default").await.unwrap();
    maps.get("kube-root-ca.crt").await.unwrap();
    let mut held = config_map("held");
    held.metadata.finalizers = Some(vec!["eggtooth.example/keep".into()]);
    maps.create(&PostParams::default(), &held).await.unwrap();
    namespaces.delete("nest", &DeleteParams::default()).await.unwrap();
    settle().await;
    let ending = namespaces.get("nest").await.unwrap();
    let conditions = ending.status.unwrap().conditions.unwrap();
    let remaining = conditions.iter().find(|one| one.type_ == "NamespaceContentRemaining").unwrap();
    assert_eq!(
        remaining.message.as_deref(),
        Some("Some resources are remaining: configmaps. has 1 resource instances")
    );
    assert_eq!(code(maps.create(&PostParams::default(), &config_map("a")).await), (403, "Forbidden".into()));
    let patch = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    maps.patch("held", &PatchParams::default(), &patch).await.unwrap();
    settle().await;
    assert!(namespaces.get_opt("nest").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn what_an_object_owns_follows_it_or_stays() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
    for (policy, left) in [
        (PropagationPolicy::Background, false),
        (PropagationPolicy::Foreground, false),
        (PropagationPolicy::Orphan, true),
    ] {
        let owner = maps.create(&PostParams::default(), &config_map("owner")).await.unwrap();
        let mut owned = config_map("owned");
        owned.metadata.owner_references = Some(vec![object(json!({"apiVersion": "v1", "kind": "ConfigMap",
            "name": "owner", "uid": owner.uid(), "blockOwnerDeletion": true}))]);
        maps.create(&PostParams::default(), &owned).await.unwrap();
        let params = DeleteParams { propagation_policy: Some(policy.clone()), ..DeleteParams::default() };
        maps.delete("owner", &params).await.unwrap();
        settle().await;
        assert!(maps.get_opt("owner").await.unwrap().is_none(), "{policy:?}");
        let found = maps.get_opt("owned").await.unwrap();
        assert_eq!(found.is_some(), left, "{policy:?}");
        if let Some(found) = found {
            assert!(found.metadata.owner_references.is_none());
            maps.delete("owned", &DeleteParams::default()).await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_defined_kind_is_served_after_a_while_and_goes_with_its_definition() {
    let cluster = cluster();
    let definitions =
        dynamic(&cluster, "apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions");
    definitions.create(&PostParams::default(), &object(definition())).await.unwrap();
    let eggs = eggs(&cluster);
    assert_eq!(code(eggs.create(&PostParams::default(), &egg("a", 1)).await), (404, "NotFound".into()));
    settle().await;
    eggs.create(&PostParams::default(), &egg("a", 1)).await.unwrap();
    let client = cluster.connect("rehearsal");
    let found = client.resource(&GroupKind::new("eggtooth.example", "Egg"), Some("v1")).await.unwrap();
    assert_eq!((found.plural.as_str(), found.namespaced), ("eggs", true));
    let status = Patch::Merge(json!({"status": {"warm": true}, "spec": {"size": 9}}));
    let changed = eggs.patch_status("a", &PatchParams::default(), &status).await.unwrap();
    assert_eq!((&changed.data["status"]["warm"], &changed.data["spec"]["size"]), (&json!(true), &json!(1)));
    assert_eq!(changed.metadata.generation, Some(1));
    let spec = Patch::Merge(json!({"status": {"warm": false}, "spec": {"size": 2}}));
    let changed = eggs.patch("a", &PatchParams::default(), &spec).await.unwrap();
    assert_eq!((&changed.data["status"]["warm"], changed.metadata.generation), (&json!(true), Some(2)));
    definitions.delete("eggs.eggtooth.example", &DeleteParams::default()).await.unwrap();
    settle().await;
    assert_eq!(code(eggs.get("a").await), (404, "NotFound".into()));
    assert!(definitions.get_opt("eggs.eggtooth.example").await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_secret_keeps_its_rules() {
    let cluster = cluster();
    let secrets: Api<Secret> = Api::namespaced(cluster.client(), "default");
    let made =
        object(json!({"metadata": {"name": "a"}, "stringData": {"token": "chirp"}, "immutable": true}));
    let secret = secrets.create(&PostParams::default(), &made).await.unwrap();
    assert_eq!(secret.data.unwrap()["token"].0, b"chirp");
    assert_eq!(secret.type_.as_deref(), Some("Opaque"));
    for change in [
        json!({"type": "kubernetes.io/tls"}),
        json!({"stringData": {"token": "tweet"}}),
        json!({"immutable": null}),
    ] {
        let result = secrets.patch("a", &PatchParams::default(), &Patch::Merge(change)).await;
        assert_eq!(code(result), (422, "Invalid".into()));
    }
    let large =
        object(json!({"metadata": {"name": "b"}, "stringData": {"token": "x".repeat(1024 * 1024 + 1)}}));
    assert_eq!(code(secrets.create(&PostParams::default(), &large).await).0, 422);
}

#[tokio::test(start_paused = true)]
async fn a_watch_of_a_controller_lives_on_in_virtual_time() {
    let cluster = with_eggs().await;
    let eggs = eggs(&cluster);
    eggs.create(&PostParams::default(), &egg("a", 1)).await.unwrap();
    let config = kube::runtime::watcher::Config::default().streaming_lists();
    let mut events = kube::runtime::watcher(eggs.clone(), config).boxed();
    use kube::runtime::watcher::Event;
    assert!(matches!(events.try_next().await.unwrap(), Some(Event::Init)));
    assert!(matches!(events.try_next().await.unwrap(), Some(Event::InitApply(_))));
    assert!(matches!(events.try_next().await.unwrap(), Some(Event::InitDone)));
    let later = tokio::spawn({
        let eggs = eggs.clone();
        async move {
            tokio::time::sleep(Duration::from_hours(2)).await;
            eggs.create(&PostParams::default(), &egg("b", 1)).await.unwrap();
        }
    });
    assert!(matches!(events.try_next().await.unwrap(), Some(Event::Apply(egg)) if egg.name_any() == "b"));
    later.await.unwrap();
}
