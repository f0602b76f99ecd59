//! What an API server has to do with our provider. The tests of the rehearsal, and of a real cluster, play it; each part
//! works in a namespace of its own and removes it.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{
    ApplyOptions, Client, KubernetesError, KubernetesProvider, MANAGER, Manifest, Propagation, WaitOptions,
};
use crate::resource::{
    Apply, Change, Delete, GroupKind, Inputs, Known, Live, ObjectName, Operation, Options, Progress,
    Provider, Record, Silent, Urn, Value, redacted,
};

struct Resource {
    urn: Urn,
    inputs: Inputs,
    record: Option<Record>,
}

impl Resource {
    fn new(inputs: Inputs) -> Self {
        let manifest = Manifest::redacted(&inputs).unwrap();
        let urn = Urn::new("test", "s", &format!("kubernetes:{}", manifest.kind()), manifest.name());
        Self { urn, inputs, record: None }
    }

    async fn plan(&self, provider: &KubernetesProvider, wanted: bool) -> (Live, Change) {
        let options = Options::default();
        let known = Known {
            urn: &self.urn,
            inputs: wanted.then_some(&self.inputs),
            record: self.record.as_ref(),
            options: Some(&options),
        };
        let live = provider.read(&[known]).await.unwrap().remove(0);
        let change = provider.diff(known, &live);
        (live, change)
    }

    async fn up(&mut self, provider: &KubernetesProvider) -> Operation {
        let (live, change) = self.plan(provider, true).await;
        if change.operation == Operation::Same {
            return Operation::Same;
        }
        let options = Options::default();
        let applied = provider
            .apply(Apply {
                urn: &self.urn,
                inputs: &self.inputs,
                options: &options,
                record: self.record.as_ref(),
                live: &live,
                change: &change,
                progress: &Silent,
            })
            .await
            .unwrap();
        self.record = Some(Record {
            urn: self.urn.clone(),
            inputs: redacted(&self.inputs),
            outputs: redacted(&applied.outputs),
            dependencies: Vec::new(),
            uid: applied.uid,
            created: applied.created,
            protect: false,
            retain_on_delete: false,
        });
        change.operation
    }

    async fn down(&self, provider: &KubernetesProvider) -> Change {
        let (live, change) = self.plan(provider, false).await;
        let record = self.record.as_ref().unwrap();
        provider.delete(Delete { record, live: &live, progress: &Silent }).await.unwrap();
        change
    }
}

fn plain(json: &Json) -> Resource {
    Resource::new(Value::from(json))
}

fn definition() -> Json {
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "eggs.eggtooth.example"},
        "spec": {"group": "eggtooth.example", "scope": "Namespaced",
            "names": {"kind": "Egg", "plural": "eggs", "singular": "egg", "listKind": "EggList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
                "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}]}})
}

fn secret(namespace: &str, value: &str) -> Inputs {
    Value::map([
        ("apiVersion", "v1".into()),
        ("kind", "Secret".into()),
        ("metadata", Value::map([("name", "token".into()), ("namespace", namespace.into())])),
        ("stringData", Value::map([("token", Value::from(value).secret())])),
    ])
}

pub(crate) async fn objects_live(client: Client) {
    assert!(client.server_version().await.unwrap().git_version.starts_with('v'));
    let uid = client.cluster_uid().await.unwrap();
    assert!(client.expect_cluster(Some(&uid)).await.is_ok());
    assert!(matches!(client.expect_cluster(Some("other")).await, Err(KubernetesError::WrongCluster { .. })));

    let provider = KubernetesProvider::new(client.clone());
    let namespace = "eggtooth-objects";
    let metadata = |name: &str| json!({"name": name, "namespace": namespace});
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("web"), "spec": {
        "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web",
            "image": "podinfo:1", "ports": [{"containerPort": 80}], "env": [{"name": "A", "value": ""}],
            "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}}}]}}}});
    let egg = json!({"apiVersion": "eggtooth.example/v1", "kind": "Egg", "metadata": {"name": "a", "namespace": namespace, "labels": {"eggtooth.example/ours": "yes"}}, "spec": {"size": 1}});
    let mut resources = vec![
        plain(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})),
        plain(&definition()),
        Resource::new(secret(namespace, "chirp")),
        plain(&json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata("web"),
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "name": "http"}]}})),
        plain(
            &json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata("web"),
            "spec": {"podSelector": {}, "ingress": [{"ports": [{"port": 80}]}]}}),
        ),
        plain(&egg),
    ];
    resources.push(plain(&deployment));
    for resource in &mut resources {
        assert_eq!(resource.up(&provider).await, Operation::Create, "{}", resource.urn);
    }
    for resource in &mut resources {
        let (_, change) = resource.plan(&provider, true).await;
        assert_eq!(change.operation, Operation::Same, "{}: {change:?}", resource.urn);
        // Also without memory: then the server's dry run settles what the comparison can't.
        let record = resource.record.take();
        let (_, change) = resource.plan(&provider, true).await;
        assert_eq!(change.operation, Operation::Same, "{}: {change:?}", resource.urn);
        resource.record = record;
    }

    resources[2].inputs = secret(namespace, "tweet");
    let (_, change) = resources[2].plan(&provider, true).await;
    assert_eq!(change.fields[0].path, "data.token");
    assert_eq!(resources[2].up(&provider).await, Operation::Update);

    let kind = GroupKind::new("eggtooth.example", "Egg");
    let resource = client.resource(&kind, None).await.unwrap();
    let name = ObjectName::namespaced(namespace, "a");
    client.merge(&resource, &name, &json!({"spec": {"size": 9}}), "somebody").await.unwrap();
    let (_, change) = resources[5].plan(&provider, true).await;
    assert_eq!(change.operation, Operation::Update);
    assert!(change.reason.unwrap().contains("somebody"), "the owner is named");

    let change = resources[1].plan(&provider, false).await.1;
    assert_eq!(change.collateral.iter().map(|lost| lost.kind.as_str()).collect::<Vec<_>>(), ["Egg"]);
    for resource in resources.iter().rev() {
        assert_eq!(resource.down(&provider).await.operation, Operation::Delete, "{}", resource.urn);
        assert!(!resource.plan(&provider, true).await.0.exists, "{}", resource.urn);
    }
}

pub(crate) async fn a_namespace_is_adopted(client: Client) {
    let provider = KubernetesProvider::new(client.clone());
    let mut namespace = plain(&json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": "default", "labels": {"eggtooth.example/a": "b"}}}));
    assert_eq!(namespace.up(&provider).await, Operation::Update);
    assert!(!namespace.record.as_ref().unwrap().created);
    assert_eq!(namespace.plan(&provider, true).await.1.operation, Operation::Same);
    let resource = client.resource(&GroupKind::new("", "Namespace"), None).await.unwrap();
    let without = json!({"metadata": {"labels": {"eggtooth.example/a": null}}});
    client.merge(&resource, &ObjectName::cluster("default"), &without, "test").await.unwrap();
}

/// Says what it was told.
#[derive(Default)]
struct Told(std::sync::Mutex<Vec<String>>);

impl Progress for Told {
    fn waiting(&self, what: &str, why: &str) {
        self.0.lock().unwrap().push(format!("{what}: {why}"));
    }

    fn note(&self, _: &str) {}
}

pub(crate) async fn a_pod_misses_its_secret(client: Client) {
    let pod = Manifest::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "misses", "namespace": "default"},
        "spec": {"containers": [{"name": "c", "image": "podinfo:1", "volumeMounts": [{"name": "s", "mountPath": "/s"}]}],
            "volumes": [{"name": "s", "secret": {"secretName": "missing"}}]}}))
    .unwrap();
    let applied = client.apply(&pod, ApplyOptions::new(MANAGER), &Silent).await.unwrap();
    let told = Told::default();
    let options = WaitOptions { deadline: Duration::from_secs(5), jobs: true, pods: false, logs: false };
    let error = client.wait_ready(vec![applied.clone()], options, &told).await.unwrap_err();
    assert!(matches!(error, KubernetesError::Deadline { .. }), "{error}");
    assert!(told.0.lock().unwrap().iter().any(|line| line.starts_with("Pod default/misses: ")));
    let resource = client.resource_of(&applied).await.unwrap();
    let name = applied.object_name();
    client.delete(&resource, &name, applied.uid(), Propagation::Background).await.unwrap();
    client.wait_gone(std::slice::from_ref(&applied), Duration::from_mins(1), &Silent).await.unwrap();
    assert!(!client.delete(&resource, &name, applied.uid(), Propagation::Background).await.unwrap());
}

/// Applies maps that somebody's finalizer keeps, or none does.
async fn maps(client: &Client, finalizers: &[&str]) -> Vec<Manifest> {
    let mut applied = Vec::new();
    for number in 0..6 {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("kept-{number}"), "namespace": "default", "finalizers": finalizers}});
        let map = Manifest::new(map).unwrap();
        applied.push(client.apply(&map, ApplyOptions::new(MANAGER), &Silent).await.unwrap());
    }
    applied
}

pub(crate) async fn many_that_go_are_one_wait(client: Client) {
    let applied = maps(&client, &["eggtooth.test/keep"]).await;
    let resource = client.resource_of(&applied[0]).await.unwrap();
    for map in &applied {
        client.delete(&resource, &map.object_name(), map.uid(), Propagation::Background).await.unwrap();
    }
    let told = Told::default();
    let error = client.wait_gone(&applied, Duration::from_secs(1), &told).await.unwrap_err().to_string();
    assert!(error.contains("6 objects to be gone") && error.contains("kept-5"), "{error}");
    let told = told.0.into_inner().unwrap();
    let [line] = told.as_slice() else { panic!("{told:?}") };
    assert!(line.starts_with("6 objects of kind ConfigMap to be gone: "), "{line}");
    assert!(line.ends_with("the finalizer eggtooth.test/keep on it"), "{line}");
    // One after the other goes while it is waited for.
    let release = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        maps(&client, &[]).await;
    };
    let (gone, ()) = tokio::join!(client.wait_gone(&applied, Duration::from_secs(20), &Silent), release);
    gone.unwrap();
    for map in &applied {
        let again = client.get(&resource, &map.object_name()).await.unwrap();
        assert!(again.is_none_or(|again| again.uid() != map.uid()));
    }
}
