use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture};
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

use super::testing::{Nest, condition, deployment};
use super::{Cluster, Effect, Fault, ServiceReference, WebhookCaller};
use crate::kubernetes::{Client, Target, cluster_tests};
use crate::resource::{GroupKind, Silent};
use crate::state::{Backend, ClusterBackend, Holder, NoRecipients, Session};

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
    assert_eq!(code(eggs.create(&PostParams::default(), &egg("a", 1)).await).0, 404);
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
    assert_eq!(code(eggs.get("a").await).0, 404);
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

/// Returns our client of a cluster with workers: of the one whose kubeconfig `EGGTOOTH_TEST_KUBECONFIG` names, else of one
/// in memory, which lives as long as the second part.
async fn provider_client() -> (Client, Option<Nest>) {
    let Ok(kubeconfig) = std::env::var("EGGTOOTH_TEST_KUBECONFIG") else {
        let nest = Nest::start(|workers| workers);
        return (nest.cluster.connect("rehearsal"), Some(nest));
    };
    // A network knows nothing of time that stands still.
    tokio::time::resume();
    let environment = BTreeMap::from([("KUBECONFIG".to_owned(), kubeconfig)]);
    (Client::connect(&Target { environment, ..Target::default() }).await.unwrap(), None)
}

#[tokio::test(start_paused = true)]
async fn objects_of_our_provider_come_stay_change_and_go() {
    let (client, _nest) = provider_client().await;
    cluster_tests::objects_live(client).await;
}

#[tokio::test(start_paused = true)]
async fn a_namespace_of_others_is_adopted_and_kept() {
    let (client, _nest) = provider_client().await;
    cluster_tests::a_namespace_is_adopted(client).await;
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_misses_its_secret_says_so_and_the_deadline_holds() {
    let (client, _nest) = provider_client().await;
    cluster_tests::a_pod_misses_its_secret(client).await;
}

#[tokio::test(start_paused = true)]
async fn many_objects_that_go_are_one_wait() {
    let (client, _nest) = provider_client().await;
    cluster_tests::many_that_go_are_one_wait(client).await;
}

#[tokio::test(start_paused = true)]
async fn our_state_and_its_lock_live_in_it() {
    let cluster = cluster();
    let open = |who: &str| {
        let backend = ClusterBackend::new(cluster.client(), cluster.clock().clone(), "dev", "s").unwrap();
        let holder = Holder::here(&[("USER", who)].into_iter().collect(), cluster.clock().now());
        let backend: Arc<dyn Backend> = Arc::new(backend);
        async move { Session::open(backend, holder, Arc::new(NoRecipients), &Silent).await }
    };
    let session = open("alice").await.unwrap();
    session.commit(&session.snapshot().clone()).await.unwrap();
    let error = open("bob").await.err().unwrap();
    assert!(error.to_string().starts_with("dev.s is locked by alice on "), "{error}");
    // Long after its lease would have ended, had nobody renewed it.
    tokio::time::sleep(Duration::from_hours(1)).await;
    session.commit(&session.snapshot().clone()).await.unwrap();
    session.close().await.unwrap();
    open("bob").await.unwrap().destroy().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_apply_owns_its_fields_and_is_refused_those_of_others() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
    let wanted = |size: &str| {
        Patch::Apply(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"size": size}}),
        )
    };
    let made = maps.patch("a", &PatchParams::apply("alice"), &wanted("M")).await.unwrap();
    assert_eq!(made.metadata.managed_fields.unwrap()[0].manager.as_deref(), Some("alice"));
    let again = maps.patch("a", &PatchParams::apply("alice"), &wanted("M")).await.unwrap();
    assert_eq!(again.metadata.resource_version, made.metadata.resource_version);
    let error = maps.patch("a", &PatchParams::apply("bob"), &wanted("L")).await.unwrap_err();
    let kube::Error::Api(status) = error else { panic!("{error}") };
    assert_eq!(status.message, "Apply failed with 1 conflict: conflict with \"alice\": .data.size");
    maps.patch("a", &PatchParams::apply("bob").force(), &wanted("L")).await.unwrap();
    assert_eq!(maps.get("a").await.unwrap().data.unwrap()["size"], "L");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_changes_nothing() {
    let cluster = cluster();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let seen = maps.create(&dry, &config_map("a")).await.unwrap();
    assert!(seen.metadata.uid.is_some() && maps.get_opt("a").await.unwrap().is_none());
    maps.create(&PostParams::default(), &config_map("a")).await.unwrap();
    maps.delete("a", &DeleteParams { dry_run: true, ..DeleteParams::default() }).await.unwrap();
    maps.get("a").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn faults_strike_and_our_client_tries_again() {
    let cluster = cluster();
    settle().await;
    let client = cluster.connect("rehearsal");
    for effect in [Effect::TooManyRequests(3), Effect::Unavailable, Effect::Drop, Effect::LoseAnswer] {
        cluster.faults().add(Fault::new(effect).verb("get").resource("namespaces").times(2));
        client.cluster_uid().await.unwrap_or_else(|error| panic!("{effect:?}: {error}"));
    }
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
    let watch = maps.watch(&WatchParams::default(), "0").await.unwrap();
    cluster.faults().cut_watches();
    assert_eq!(watch.count().await, 1, "what was there was told, then the watch ended");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_hangs_is_cut_off_when_the_fault_ends() {
    let cluster = cluster();
    settle().await;
    cluster.faults().add(Fault::new(Effect::Hang).resource("configmaps").times(1));
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
    let hanging = tokio::spawn({
        let maps = maps.clone();
        async move { maps.list(&ListParams::default()).await }
    });
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert!(!hanging.is_finished(), "nobody answers");
    cluster.faults().clear();
    assert!(matches!(hanging.await.unwrap(), Err(kube::Error::Service(_))));
    assert_eq!(maps.list(&ListParams::default()).await.unwrap().items.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn controllers_give_up_a_connection_that_is_silent() {
    let nest = Nest::start(|workers| workers);
    nest.cluster.faults().add(Fault::new(Effect::Hang).verb("list").times(3));
    nest.cluster.faults().add(Fault::new(Effect::Hang).verb("watch").times(3));
    let web = deployment("web", json!({"name": "web", "image": "web:1"}));
    nest.create("/apis/apps/v1/namespaces/default/deployments", web).await;
    let available = |object: &Json| condition(object, "Available") == "True";
    nest.until("/apis/apps/v1/namespaces/default/deployments/web", available).await;
}

/// Refuses eggs that are too large.
struct Scales;

impl WebhookCaller for Scales {
    fn call<'a>(
        &'a self,
        service: &'a ServiceReference,
        path: &'a str,
        _: &'a [u8],
        review: Json,
    ) -> BoxFuture<'a, Result<Json, String>> {
        async move {
            if service.name != "scales" {
                return Err(format!("service {:?} not found", service.name));
            }
            let request = &review["request"];
            let fits = path == "/weigh" && request["object"]["spec"]["size"].as_i64() <= Some(5);
            Ok(json!({"response": {"uid": request["uid"], "allowed": fits, "status": {"message": "too large"}, "warnings": ["weighed"]}}))
        }
        .boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn webhooks_are_asked_as_their_configurations_say() {
    let cluster = with_eggs().await;
    let configurations = dynamic(
        &cluster,
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
    );
    let configuration = |service: &str, policy: &str| {
        object(
            json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "scales"}, "webhooks": [{"name": "weigh.eggtooth.example", "failurePolicy": policy,
                "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 5,
                "clientConfig": {"service": {"namespace": "nest", "name": service, "path": "/weigh"}},
                "rules": [{"operations": ["CREATE"], "apiGroups": ["eggtooth.example"], "apiVersions": ["v1"], "resources": ["eggs"]}]}]}),
        )
    };
    configurations.create(&PostParams::default(), &configuration("scales", "Fail")).await.unwrap();
    let eggs = eggs(&cluster);
    let create = async |size: u8| match eggs.create(&PostParams::default(), &egg("a", size)).await {
        Ok(_) => "made".to_owned(),
        Err(kube::Error::Api(status)) => status.message.clone(),
        Err(error) => error.to_string(),
    };
    assert!(create(1).await.starts_with("Internal error occurred: failed calling webhook \"weigh.eggtooth.example\": failed to call webhook: Post \"https://scales.nest.svc:443/weigh?timeout=5s\": "));
    cluster.call_webhooks_by(Arc::new(Scales));
    assert_eq!(create(9).await, "admission webhook \"weigh.eggtooth.example\" denied the request: too large");
    assert_eq!(create(1).await, "made");
    eggs.delete("a", &DeleteParams::default()).await.unwrap();
    let params = PatchParams::apply("test").force();
    configurations.patch("scales", &params, &Patch::Apply(configuration("nobody", "Ignore"))).await.unwrap();
    assert_eq!(create(9).await, "made", "who can't be asked is passed over");
}

#[tokio::test]
async fn it_is_served_over_http() {
    let cluster = cluster();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = cluster.serve(listener).unwrap();
    let config = kube::config::Kubeconfig::from_yaml(&serving.kubeconfig()).unwrap();
    let config = kube::Config::from_custom_kubeconfig(config, &kube::config::KubeConfigOptions::default())
        .await
        .unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = kube::Client::try_from(config).unwrap();
    assert_eq!(client.apiserver_version().await.unwrap().git_version, "v1.35.4");
    let namespaces: Api<Namespace> = Api::all(client);
    assert_eq!(namespaces.list(&ListParams::default()).await.unwrap().items.len(), 4);
}
