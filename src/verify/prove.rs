//! The proof of one store.

use std::time::Duration;

use futures::{StreamExt, stream::BoxStream};
use k8s_openapi::api::core::v1::Secret as KubernetesSecret;
use kube::{
    Client,
    api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams},
    runtime::watcher,
};
use tokio::time::{Instant, timeout_at};

use super::{
    Canary, Explanation, Finding, Proof, StoreKind, Verdict, explain,
    status::{Ready, Warning, last_sync, newest_warning, ready},
    told::Told,
};
use crate::external_secrets::GROUP;
use crate::resource::{ObjectName, Progress};

/// How soon a store that waits for something is touched again, and at last: its own back-off doubles up to seven minutes.
/// Each touch that fails costs one of the 25 Events that the operator may tell of an object at once, and what refuses us
/// later has to be told, too.
const TOUCH: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(16));
/// How often the clock is looked at where nothing changes.
const LOOK: Duration = Duration::from_secs(1);
/// The annotation that makes the operator look again.
const FORCE: &str = "force-sync";
/// The field manager of that annotation, apart from the one that owns the objects.
const MANAGER: &str = "eggtooth-verify";

/// Why a proof could not be made at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The API server.
    #[error("{act}")]
    Api {
        /// What was asked of it.
        act: String,
        /// What it said.
        #[source]
        source: Box<kube::Error>,
    },
    /// The watch ended.
    #[error("watch {0}")]
    Watch(String, #[source] Box<watcher::Error>),
}

/// What was done just now to a store, or to the Secrets that it refers to: what its status is worth depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The store was made: all that is said of it is about what is there now.
    Created,
    /// What is said of it may be from before; and as the store does not watch its Secrets, it may stay so.
    Updated,
    /// Nothing. What is said of it may be from before something that happened elsewhere, as at the provider.
    None,
}

/// Proves one store: returns when a secret came out of it, when somebody refused, or at the deadline.
pub async fn prove(
    client: &Client,
    proof: &Proof,
    change: Change,
    deadline: Duration,
    progress: &dyn Progress,
) -> Result<Verdict, VerifyError> {
    let start = Instant::now();
    let prover = Prover { client, proof, change, end: start + deadline, progress };
    let finding = prover.find().await?;
    let store = match &proof.store.namespace {
        Some(_) => format!("{} {}", proof.kind, proof.store),
        None => format!("{} {}", proof.kind, proof.store.name),
    };
    Ok(Verdict { store, finding, elapsed: start.elapsed() })
}

/// What a proof works with.
pub(super) struct Prover<'a> {
    pub(super) client: &'a Client,
    pub(super) proof: &'a Proof,
    change: Change,
    pub(super) end: Instant,
    pub(super) progress: &'a dyn Progress,
}

/// How a phase of the proof ended.
pub(super) enum Phase {
    Done,
    Again,
    Failed { cause: String, explanation: Option<Explanation> },
}

impl Prover<'_> {
    async fn find(&self) -> Result<Finding, VerifyError> {
        if let Phase::Failed { cause, explanation } = self.deployments().await? {
            return Ok(Finding::NotUsable { cause, explanation });
        }
        if let Some(finding) = self.apart().await? {
            return Ok(finding);
        }
        let mut touch = self.change == Change::Updated;
        if touch {
            self.earlier_pods().await?;
        }
        loop {
            match self.store(touch).await? {
                Phase::Done | Phase::Again => {}
                Phase::Failed { cause, explanation } => return Ok(Finding::NotUsable { cause, explanation }),
            }
            let Some(canary) = &self.proof.canary else { return Ok(Finding::Unproven) };
            match self.canary(canary).await? {
                Phase::Done => return self.compare(canary).await,
                Phase::Again => touch = true,
                Phase::Failed { cause, explanation } => return Ok(Finding::NotUsable { cause, explanation }),
            }
        }
    }

    /// The store says that it is valid.
    async fn store(&self, touch: bool) -> Result<Phase, VerifyError> {
        let api = self.api(
            &self.proof.kind.to_string(),
            plural(self.proof.kind),
            self.proof.store.namespace.as_deref(),
        );
        let name = &self.proof.store.name;
        let kind = self.proof.kind.to_string();
        let what = format!("{kind} {}", self.proof.store);
        let mut before = None;
        // All that is said of a new store is about what is there now: it need not be asked again.
        let mut touched = (self.change == Change::Created).then(Instant::now);
        let mut pause = TOUCH.0;
        if touch {
            before = self.warning(&kind, &self.proof.store, None).await?;
            self.touch(&api, name, &what).await?;
            touched = Some(Instant::now());
        }
        let begun = Instant::now();
        let mut stream = watcher::watch_object(api.clone(), name).boxed();
        let mut last: Option<DynamicObject> = None;
        loop {
            if let Some(object) = self.next(&mut stream, &what).await? {
                last = Some(object);
            }
            let seen = last.as_ref().and_then(|object| Some((object, ready(object)?)));
            let told = match seen {
                Some((_, Ready { status: true, reason, .. })) if reason == "Valid" => return Ok(Phase::Done),
                None => None,
                Some((object, seen)) => {
                    let warning = self.warning(&kind, &self.proof.store, Some(object)).await?;
                    // What was said before we came may be mended by now, and nobody told the operator.
                    if touched.is_none() {
                        before = warning.clone();
                    }
                    let told = Told::of(
                        &seen,
                        warning,
                        before.as_ref(),
                        begun.elapsed(),
                        self.change,
                        self.proof.origin,
                    );
                    if told.counts && told.is_final() {
                        return Ok(told.failed());
                    }
                    if touched.is_none_or(|touched| touched.elapsed() > pause) {
                        self.touch(&api, name, &what).await?;
                        pause = if touched.is_some() { longer(pause) } else { pause };
                        touched = Some(Instant::now());
                    }
                    Some(told)
                }
            };
            if let Some(end) = self.end(&what, told, "the operator has not looked at it yet") {
                return Ok(end);
            }
        }
    }

    /// The canary was synced after it was forced to.
    async fn canary(&self, canary: &Canary) -> Result<Phase, VerifyError> {
        let api = self.api("ExternalSecret", "externalsecrets", canary.name.namespace.as_deref());
        let name = &canary.name.name;
        let what = format!("ExternalSecret {}", canary.name);
        let before_warning = self.warning("ExternalSecret", &canary.name, None).await?;
        let before = self.touch(&api, name, &what).await.map(|object| last_sync(&object))?;
        let begun = Instant::now();
        let mut stream = watcher::watch_object(api, name).boxed();
        let mut last: Option<DynamicObject> = None;
        loop {
            if let Some(object) = self.next(&mut stream, &what).await? {
                last = Some(object);
            }
            let seen = last.as_ref().and_then(|object| Some((object, ready(object)?)));
            let told = match seen {
                Some((object, Ready { status: true, reason, .. }))
                    if reason == "SecretSynced" && last_sync(object) != before =>
                {
                    return Ok(Phase::Done);
                }
                Some((object, seen @ Ready { status: false, .. })) => {
                    let warning = self.warning("ExternalSecret", &canary.name, Some(object)).await?;
                    let told = Told::of(
                        &seen,
                        warning,
                        before_warning.as_ref(),
                        begun.elapsed(),
                        self.change,
                        self.proof.origin,
                    );
                    if told.counts && told.is_final() {
                        return Ok(told.failed());
                    }
                    if told.counts && told.explanation.is_some() {
                        return Ok(if Instant::now() < self.end { Phase::Again } else { told.failed() });
                    }
                    Some(told)
                }
                Some(_) | None => None,
            };
            if let Some(end) = self.end(&what, told, "the operator has not synced it yet") {
                return Ok(end);
            }
        }
    }

    /// The end of a phase at the deadline; before it, says what is waited for. `silence` is what the operator did not
    /// do where it said nothing.
    fn end(&self, what: &str, told: Option<Told>, silence: &str) -> Option<Phase> {
        if Instant::now() >= self.end {
            return Some(told.map_or_else(|| self.failed(silence.to_owned()), Told::failed));
        }
        self.progress.waiting(what, told.as_ref().map_or(silence, Told::meaning));
        None
    }

    /// The deadline's end of a phase; also a silence is explained then.
    pub(super) fn failed(&self, cause: String) -> Phase {
        let explanation = explain(&cause, self.proof.origin);
        Phase::Failed { cause, explanation }
    }

    /// The canary's Secret has the expected value.
    #[expect(clippy::disallowed_methods, reason = "the canary's value is compared, and not shown")]
    async fn compare(&self, canary: &Canary) -> Result<Finding, VerifyError> {
        let namespace = canary.name.namespace.as_deref().unwrap_or("default");
        let api: Api<KubernetesSecret> = Api::namespaced(self.client.clone(), namespace);
        let act = || format!("read Secret {}", canary.name);
        let secret = api
            .get(&canary.name.name)
            .await
            .map_err(|error| VerifyError::Api { act: act(), source: Box::new(error) })?;
        let value =
            secret.data.as_ref().and_then(|data| data.get(&canary.key)).map(|bytes| bytes.0.as_slice());
        let wrong = |cause: &str| Finding::NotUsable {
            cause: format!("Secret {}: {cause}", canary.name),
            explanation: explain(cause, self.proof.origin),
        };
        Ok(match (value, &canary.equals) {
            (None | Some([]), _) => wrong(&format!("the key `{}` is empty", canary.key)),
            (Some(value), Some(expected)) if value != expected.expose().as_bytes() => {
                wrong("the value is another than the environment expects (`canary.equals`)")
            }
            (Some(_), expected) => {
                Finding::Usable { canary: canary.name.to_string(), compared: expected.is_some() }
            }
        })
    }

    /// The object after its next change, or nothing after a while: whoever asks looks at the clock, too.
    async fn next(
        &self,
        stream: &mut BoxStream<'_, watcher::Result<Option<DynamicObject>>>,
        what: &str,
    ) -> Result<Option<DynamicObject>, VerifyError> {
        let pause = (Instant::now() + LOOK).min(self.end);
        match timeout_at(pause, stream.next()).await {
            Ok(Some(Ok(object))) => Ok(object),
            Ok(Some(Err(error))) => Err(VerifyError::Watch(what.to_owned(), Box::new(error))),
            Ok(None) | Err(_) => Ok(None),
        }
    }

    /// Makes the operator look at an object again; returns the object as it was touched.
    async fn touch(
        &self,
        api: &Api<DynamicObject>,
        name: &str,
        what: &str,
    ) -> Result<DynamicObject, VerifyError> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let stamp = format!("{}.{:03}", now.as_secs(), now.subsec_millis());
        let patch = serde_json::json!({ "metadata": { "annotations": { FORCE: stamp } } });
        let parameters = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        let act = || format!("touch {what}");
        api.patch(name, &parameters, &Patch::Merge(&patch))
            .await
            .map_err(|error| VerifyError::Api { act: act(), source: Box::new(error) })
    }

    /// The newest warning about an object; of `object`, where one of the same name was there before.
    async fn warning(
        &self,
        kind: &str,
        name: &ObjectName,
        object: Option<&DynamicObject>,
    ) -> Result<Option<Warning>, VerifyError> {
        let uid = object.and_then(|object| object.metadata.uid.as_deref());
        let found = newest_warning(self.client, kind, name.namespace.as_deref(), &name.name, uid).await;
        found.map_err(|error| VerifyError::Api {
            act: format!("list the events of {kind} {name}"),
            source: Box::new(error),
        })
    }

    pub(super) fn api(&self, kind: &str, plural: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, "v1", kind), plural);
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }
}

/// Returns the pause after one of this length.
fn longer(pause: Duration) -> Duration {
    TOUCH.1.min(pause * 2)
}

pub(super) fn plural(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::ClusterSecretStore => "clustersecretstores",
        StoreKind::SecretStore => "secretstores",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touches_come_soon_at_first_and_leave_events_for_what_refuses_later() {
        let at: Vec<u64> = std::iter::successors(Some(TOUCH.0), |pause| Some(longer(*pause)))
            .scan(Duration::ZERO, |at, pause| {
                *at += pause;
                Some(at.as_secs())
            })
            .take_while(|at| *at <= 300)
            .collect();
        assert_eq!(at[..5], [1, 3, 7, 15, 31]);
        assert!(at.len() < 25, "{} touches in five minutes", at.len());
    }
}
