//! The wait for an ExternalSecret that has to be fetched at once: what stands on its Secret comes after it.

use std::time::Duration;

use kube::{
    Client,
    api::{Api, ApiResource, DynamicObject, GroupVersionKind},
};

use super::{ExternalSecret, GROUP};
use crate::clock::Clock;
use crate::resource::{Inputs, Progress, Value};

/// How often is asked.
const PAUSE: Duration = Duration::from_millis(100);

/// How long the operator may take to look. One that does not is found by the proof of the store.
const DEADLINE: Duration = Duration::from_secs(30);

/// A wait for the operator to have looked at an ExternalSecret.
pub(super) struct Synced {
    object: Api<DynamicObject>,
    name: String,
    before: Option<String>,
    clock: Clock,
}

impl Synced {
    /// Returns the wait for an ExternalSecret that is about to be applied, if it is one that is fetched at once.
    pub(super) async fn of(client: &Client, clock: &Clock, inputs: &Inputs) -> Option<Self> {
        let metadata = inputs.get("metadata")?;
        metadata.get("annotations")?.get(ExternalSecret::FORCE_SYNC)?;
        let text = |key: &str| metadata.get(key).and_then(Value::as_str);
        let kind = inputs.get("kind").and_then(Value::as_str).filter(|kind| *kind == "ExternalSecret")?;
        let resource =
            ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, "v1", kind), "externalsecrets");
        let object = Api::namespaced_with(client.clone(), text("namespace")?, &resource);
        let mut synced = Self { object, name: text("name")?.to_owned(), before: None, clock: clock.clone() };
        synced.before = synced.answer().await;
        Some(synced)
    }

    /// Waits until the operator gave an answer for what was applied, whatever it is. What it is, the proof tells.
    pub(super) async fn wait(&self, progress: &dyn Progress) {
        let end = self.clock.elapsed() + DEADLINE;
        while self.clock.elapsed() < end {
            let answer = self.answer().await;
            if answer.is_some() && answer != self.before {
                return;
            }
            progress.waiting("the operator to fetch it", "it has not looked yet");
            self.clock.sleep(PAUSE).await;
        }
    }

    /// What the operator synced last, by generation and a hash of labels and annotations; or that it could not.
    async fn answer(&self) -> Option<String> {
        let object = self.object.get_opt(&self.name).await.ok()??;
        let status = object.data.get("status")?;
        let ready = status["conditions"].as_array()?.iter().find(|one| one["type"] == "Ready")?;
        if ready["status"] == "False" {
            return Some("False".to_owned());
        }
        status["syncedResourceVersion"].as_str().map(str::to_owned)
    }
}
