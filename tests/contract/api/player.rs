//! Plays cases on a cluster.

use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Map, Value, json};

use super::answer::masked;
use super::case::{Case, Definition, Step};

const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(200);

/// A case on its way.
struct Player<'a> {
    client: &'a Client,
    id: &'a str,
    case: &'a Case,
    /// What `$NAME` stands for.
    names: Map<String, Value>,
}

/// Plays a case and returns the masked answer to each of its requests.
pub(crate) async fn play(client: &Client, id: &str, case: &Case) -> Vec<Value> {
    let mut names = Map::new();
    names.insert("CASE".to_owned(), id.into());
    // More than a Secret may hold.
    names.insert("LARGE".to_owned(), "x".repeat(1024 * 1024 + 1).into());
    let mut player = Player { client, id, case, names };
    player.prepare().await;
    let mut answers = Vec::new();
    for step in &case.steps {
        answers.push(player.step(step).await);
    }
    answers
}

impl Player<'_> {
    async fn prepare(&self) {
        let namespace = json!({ "metadata": { "name": self.id } });
        let made = self.send(&Sent::post("/api/v1/namespaces", namespace)).await;
        assert_eq!(made["code"], 201, "{made}");
        if let Some(definition) = &self.case.define {
            self.define(definition).await;
        }
    }

    async fn define(&self, Definition { kind, plural, schema, subresources, columns, fields }: &Definition) {
        let group = format!("{}.test", self.id);
        let definition = json!({ "metadata": { "name": format!("{plural}.{group}") }, "spec": {
            "group": group, "scope": "Namespaced", "names": { "kind": kind, "plural": plural },
            "versions": [{ "name": "v1", "served": true, "storage": true, "subresources": subresources,
                "additionalPrinterColumns": columns, "selectableFields": fields,
                "schema": { "openAPIV3Schema": schema } }] } });
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
        let made = self.send(&Sent::post(path, definition)).await;
        assert_eq!(made["code"], 201, "{}: {made}", self.case.name);
        let list = Sent::get(format!("/apis/{group}/v1/namespaces/{}/{plural}", self.id));
        self.until(&list, |answer| answer["code"] == 200).await;
    }

    async fn step(&mut self, step: &Value) -> Value {
        let step = Step::read(step, &self.names);
        let request = self.request(&step).await;
        let answer = if step.until.is_empty() {
            self.send(&request).await
        } else {
            let wanted = |answer: &Value| {
                step.until.iter().all(|(at, is)| answer.pointer(at).unwrap_or(&Value::Null) == is)
            };
            self.until(&request, wanted).await
        };
        for (name, at) in &step.keep {
            let kept = answer.pointer(at).unwrap_or_else(|| panic!("{}: {at} in {answer}", self.case.name));
            self.names.insert(name.clone(), kept.clone());
        }
        masked(answer, self.id, self.case.ignore.iter().chain(&step.ignore))
    }

    async fn request(&self, step: &Step) -> Sent {
        let (method, content) = match step.verb.as_str() {
            "create" => ("POST", "application/json"),
            "update" => ("PUT", "application/json"),
            "apply" => ("PATCH", "application/apply-patch+yaml"),
            "json" => ("PATCH", "application/json-patch+json"),
            "merge" => ("PATCH", "application/merge-patch+json"),
            "strategic" => ("PATCH", "application/strategic-merge-patch+json"),
            "get" | "list" | "watch" => ("GET", "application/json"),
            "delete" | "deletecollection" => ("DELETE", "application/json"),
            method => (method, "application/json"),
        };
        let (version, collection) = self.collection(step);
        let name = step.name.as_deref().unwrap_or("it");
        let path = match (&step.path, step.verb.as_str()) {
            (Some(path), _) => path.clone(),
            (None, "create") if step.subresource.is_none() => collection.clone(),
            (None, "list" | "watch" | "deletecollection") => collection.clone(),
            (None, _) => match &step.subresource {
                Some(subresource) => format!("{collection}/{name}/{subresource}"),
                None => format!("{collection}/{name}"),
            },
        };
        let mut query: Vec<String> = vec![step.query.clone()];
        if step.verb == "watch" {
            query.push("watch=1".to_owned());
        }
        if method != "GET" && method != "DELETE" {
            query.push(match step.manager.as_deref().unwrap_or("m") {
                "" => String::new(),
                manager => format!("fieldManager={manager}"),
            });
        }
        if step.force {
            query.push("force=true".to_owned());
        }
        query.retain(|part| !part.is_empty());
        let mut body = step.body.clone();
        if !step.bare && matches!(step.verb.as_str(), "create" | "update" | "apply") {
            self.complete(&mut body, step, (&version, name), &path).await;
        }
        Sent {
            method: method.to_owned(),
            path: format!("{path}?{}", query.join("&")).trim_end_matches('?').to_owned(),
            content: step.content.clone().unwrap_or_else(|| content.to_owned()),
            accept: step.accept.clone(),
            user: step.user.clone(),
            body: match &step.text {
                Some(text) => text.clone(),
                None if body.is_null() => String::new(),
                None => body.to_string(),
            },
        }
    }

    /// Names the object as the path does, and the version that is there when it replaces one.
    async fn complete(&self, body: &mut Value, step: &Step, (version, name): (&str, &str), path: &str) {
        let kind = step.kind.as_deref().or(self.case.define.as_ref().map(|definition| &*definition.kind));
        let set = |at: &mut Value, value: &str| {
            if at.is_null() {
                *at = value.into();
            }
        };
        set(&mut body["apiVersion"], version);
        set(&mut body["kind"], kind.unwrap());
        if body["metadata"]["generateName"].is_null() {
            set(&mut body["metadata"]["name"], name);
        }
        if step.verb == "update" && body["metadata"]["resourceVersion"].is_null() {
            let live = self.send(&Sent::get(path.to_owned())).await;
            body["metadata"]["resourceVersion"] = live["body"]["metadata"]["resourceVersion"].clone();
        }
    }

    /// Returns the version of a request's kind, and the path of all its objects.
    fn collection(&self, step: &Step) -> (String, String) {
        let kind = step.kind.as_deref().unwrap_or_default();
        let (version, plural) = if let Some((_, path)) = KINDS.iter().find(|(name, _)| *name == kind) {
            let (version, plural) = path.rsplit_once('/').unwrap();
            (version.to_owned(), plural)
        } else {
            let plural = self.case.define.as_ref().map(|definition| definition.plural.as_str());
            (format!("{}.test/v1", self.id), plural.unwrap_or_default())
        };
        let root = if version.contains('/') { "apis" } else { "api" };
        let path = match plural.strip_suffix('*') {
            Some(plural) => format!("/{root}/{version}/{plural}"),
            None => format!("/{root}/{version}/namespaces/{}/{plural}", self.id),
        };
        (version, path)
    }

    async fn until(&self, request: &Sent, wanted: impl Fn(&Value) -> bool) -> Value {
        let start = tokio::time::Instant::now();
        loop {
            let answer = self.send(request).await;
            if wanted(&answer) || start.elapsed() > PATIENCE {
                return answer;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn send(&self, sent: &Sent) -> Value {
        let mut request =
            Request::builder().method(&*sent.method).uri(&sent.path).header("content-type", &sent.content);
        request = request.header("accept", sent.accept.as_deref().unwrap_or("application/json"));
        if let Some(user) = &sent.user {
            request = request.header("impersonate-user", user);
        }
        let request = request.body(Body::from(sent.body.clone().into_bytes())).unwrap();
        let answer = self.client.send(request).await.unwrap();
        let code = answer.status().as_u16();
        let warnings = answer.headers().get_all("warning").iter();
        let warnings: Vec<_> = warnings.map(|warning| warning.to_str().unwrap().to_owned()).collect();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes);
        let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
        let watched = sent.path.contains("watch=1") && code == 200;
        let body: Value = if watched {
            text.lines().map(read).filter(|event| !is_passing_bookmark(event)).collect()
        } else {
            read(&text)
        };
        json!({ "code": code, "warnings": warnings, "body": body })
    }
}

/// Besides the one that ends the first list, a server sends bookmarks when it finds the time.
fn is_passing_bookmark(event: &Value) -> bool {
    event["type"] == "BOOKMARK" && event["object"]["metadata"]["annotations"].is_null()
}

/// A request as it goes.
struct Sent {
    method: String,
    path: String,
    content: String,
    accept: Option<String>,
    user: Option<String>,
    body: String,
}

impl Sent {
    fn get(path: String) -> Self {
        let content = "application/json".to_owned();
        Self { method: "GET".to_owned(), path, content, accept: None, user: None, body: String::new() }
    }

    fn post(path: &str, body: Value) -> Self {
        Self { method: "POST".to_owned(), body: body.to_string(), ..Self::get(path.to_owned()) }
    }
}

/// The built-in kinds of the cases; `*` marks those that are in no namespace.
const KINDS: [(&str, &str); 30] = [
    ("ClusterRole", "rbac.authorization.k8s.io/v1/clusterroles*"),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io/v1/clusterrolebindings*"),
    ("ConfigMap", "v1/configmaps"),
    ("CronJob", "batch/v1/cronjobs"),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1/customresourcedefinitions*"),
    ("DaemonSet", "apps/v1/daemonsets"),
    ("Deployment", "apps/v1/deployments"),
    ("EndpointSlice", "discovery.k8s.io/v1/endpointslices"),
    ("Endpoints", "v1/endpoints"),
    ("Event", "v1/events"),
    ("HorizontalPodAutoscaler", "autoscaling/v2/horizontalpodautoscalers"),
    ("Ingress", "networking.k8s.io/v1/ingresses"),
    ("Job", "batch/v1/jobs"),
    ("Lease", "coordination.k8s.io/v1/leases"),
    ("MutatingWebhookConfiguration", "admissionregistration.k8s.io/v1/mutatingwebhookconfigurations*"),
    ("Namespace", "v1/namespaces*"),
    ("NetworkPolicy", "networking.k8s.io/v1/networkpolicies"),
    ("PersistentVolumeClaim", "v1/persistentvolumeclaims"),
    ("Pod", "v1/pods"),
    ("PodDisruptionBudget", "policy/v1/poddisruptionbudgets"),
    ("PriorityClass", "scheduling.k8s.io/v1/priorityclasses*"),
    ("ReplicaSet", "apps/v1/replicasets"),
    ("Role", "rbac.authorization.k8s.io/v1/roles"),
    ("RoleBinding", "rbac.authorization.k8s.io/v1/rolebindings"),
    ("Secret", "v1/secrets"),
    ("Service", "v1/services"),
    ("ServiceAccount", "v1/serviceaccounts"),
    ("StatefulSet", "apps/v1/statefulsets"),
    ("StorageClass", "storage.k8s.io/v1/storageclasses*"),
    ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1/validatingwebhookconfigurations*"),
];
