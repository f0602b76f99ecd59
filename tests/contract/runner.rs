//! Plays cases on a cluster.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use k8s_openapi::api::core::v1::{Event, Namespace};
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Api, Client};
use serde_json::{Value, json};

use super::case::{Case, Change, Expectation, Notice, Refusal, SecretData, Step};

/// How long something may take to become true; back-offs of a few failures fit into it.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(250);

/// Plays all cases side by side and returns what failed.
pub(crate) async fn run_all(client: &Client, cases: Vec<(String, Case)>) -> Vec<String> {
    let runs = cases.into_iter().map(|(id, case)| async move {
        let player = Player { client: client.clone() };
        let namespaces: Api<Namespace> = Api::all(client.clone());
        let namespace = serde_json::from_value(json!({ "metadata": { "name": id } })).unwrap();
        namespaces.create(&PostParams::default(), &namespace).await.unwrap();
        for (index, step) in case.steps.iter().enumerate() {
            if let Err(problem) = player.play(step).await {
                return Err(format!("{} ({id}), step {}: {problem}", case.name, index + 1));
            }
        }
        Ok(())
    });
    join_all(runs).await.into_iter().filter_map(Result::err).collect()
}

struct Player {
    client: Client,
}

impl Player {
    async fn play(&self, step: &Step) -> Result<(), String> {
        match step {
            Step::Apply(object) => self.apply(object).await.map_err(|error| error.to_string()),
            Step::Refuse(refusal) => self.refuse(refusal).await,
            Step::Patch(Change { object, patch }) => {
                let (api, name) = self.api(object);
                let patched = api.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await;
                patched.map(drop).map_err(|error| error.to_string())
            }
            Step::Delete(object) => {
                let (api, name) = self.api(object);
                let deleted = api.delete(name, &DeleteParams::default()).await;
                deleted.map(drop).map_err(|error| error.to_string())
            }
            Step::Expect(expectation) => self.expect(expectation).await,
            Step::Secret(secret) => self.secret(secret).await,
            Step::Gone(object) => {
                self.wait(async || self.find(object).await.map_or(Ok(()), |found| Err(found.to_string())))
                    .await
            }
            Step::Event(notice) => self.wait(async || self.event(notice).await).await,
        }
    }

    async fn apply(&self, object: &Value) -> Result<(), kube::Error> {
        let kind = object["kind"].as_str().unwrap();
        let name = object["metadata"]["name"].as_str().unwrap();
        let place = match object["metadata"]["namespace"].as_str() {
            Some(namespace) => format!("{kind}/{namespace}/{name}"),
            None => format!("{kind}/{name}"),
        };
        let (api, name) = self.api(&place);
        api.patch(name, &PatchParams::apply("contract").force(), &Patch::Apply(object)).await.map(drop)
    }

    async fn refuse(&self, refusal: &Refusal) -> Result<(), String> {
        match self.apply(&refusal.object).await {
            Ok(()) => Err("it was accepted".to_owned()),
            Err(kube::Error::Api(status)) if status.message == refusal.says => Ok(()),
            Err(error) => Err(format!("it says {error}, not {:?}", refusal.says)),
        }
    }

    async fn expect(&self, expectation: &Expectation) -> Result<(), String> {
        self.wait(async || {
            let found = self.find(&expectation.object).await.ok_or("it is not there")?;
            let there = found.pointer(&expectation.at).cloned().unwrap_or_default();
            if fits(&there, &expectation.is) { Ok(()) } else { Err(format!("there is {there}")) }
        })
        .await
    }

    async fn secret(&self, secret: &SecretData) -> Result<(), String> {
        self.wait(async || {
            let found = self.find(&secret.object).await.ok_or("it is not there")?;
            let data = found["data"].as_object().cloned().unwrap_or_default();
            let texts = data.into_iter().map(|(key, value)| {
                let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).unwrap_or_default();
                (key, String::from_utf8_lossy(&bytes).into_owned())
            });
            let texts: std::collections::BTreeMap<String, String> = texts.collect();
            if texts == secret.holds { Ok(()) } else { Err(format!("it holds {texts:?}")) }
        })
        .await
    }

    async fn event(&self, notice: &Notice) -> Result<(), String> {
        let (kind, namespace, name) = split(&notice.about);
        let of = notice.namespace.as_deref().or(namespace).unwrap_or("default");
        let events: Api<Event> = Api::namespaced(self.client.clone(), of);
        let about =
            ListParams::default().fields(&format!("involvedObject.name={name},involvedObject.kind={kind}"));
        let events = events.list(&about).await.map_err(|error| error.to_string())?.items;
        let fits = |event: &Event| {
            event.type_.as_deref() == Some(&notice.kind)
                && event.reason.as_deref() == Some(&notice.reason)
                && event.message.as_deref() == Some(&notice.message)
        };
        if events.iter().any(fits) {
            return Ok(());
        }
        let told: Vec<_> = events.iter().map(|event| (&event.reason, &event.message)).collect();
        Err(format!("there are {told:?}"))
    }

    async fn wait(&self, check: impl AsyncFn() -> Result<(), String>) -> Result<(), String> {
        let start = tokio::time::Instant::now();
        loop {
            match check().await {
                Ok(()) => return Ok(()),
                Err(problem) if start.elapsed() > PATIENCE => return Err(problem),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn find(&self, place: &str) -> Option<Value> {
        let (api, name) = self.api(place);
        let found = api.get_opt(name).await.unwrap_or_else(|error| panic!("{place}: {error}"));
        found.map(|object| serde_json::to_value(object).unwrap())
    }

    fn api<'a>(&self, place: &'a str) -> (Api<DynamicObject>, &'a str) {
        let (kind, namespace, name) = split(place);
        let (group, version) = match kind {
            "Secret" | "Namespace" | "ConfigMap" | "ServiceAccount" => ("", "v1"),
            "Role" | "RoleBinding" => ("rbac.authorization.k8s.io", "v1"),
            "PushSecret" => ("external-secrets.io", "v1alpha1"),
            _ => ("external-secrets.io", "v1"),
        };
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
        let client = self.client.clone();
        let api = match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        };
        (api, name)
    }
}

/// `Kind/namespace/name`, or `Kind/name` of what has no namespace.
fn split(place: &str) -> (&str, Option<&str>, &str) {
    let parts: Vec<&str> = place.split('/').collect();
    match parts.as_slice() {
        [kind, namespace, name] => (kind, Some(namespace), name),
        [kind, name] => (kind, None, name),
        _ => panic!("{place} is no place"),
    }
}

/// Of an object the named fields count; null means that a field is not there.
fn fits(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(key, wanted)| fits(found.get(key).unwrap_or(&Value::Null), wanted))
        }
        _ => found == wanted,
    }
}
