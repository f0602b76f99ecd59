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
    Canary, Class, Explanation, Finding, Proof, StoreKind, Verdict, explain,
    status::{Ready, Warning, last_sync, newest_warning, ready},
};
use crate::external_secrets::GROUP;
use crate::resource::{ObjectName, Progress};

/// How long a controller may take to react to a touch before its old verdict counts again.
const STALE: Duration = Duration::from_secs(5);
/// How often a store that waits for something is touched: its own back-off doubles up to seven minutes.
const TOUCH: Duration = Duration::from_secs(1);
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

/// Proves one store: returns when a secret came out of it, when somebody refused, or at the deadline.
///
/// `stale` says that the store's own verdict is older than what it is about: a Secret that it refers to was written.
pub async fn prove(
    client: &Client,
    proof: &Proof,
    stale: bool,
    deadline: Duration,
    progress: &dyn Progress,
) -> Result<Verdict, VerifyError> {
    let start = Instant::now();
    let prover = Prover { client, proof, end: start + deadline, progress };
    let finding = prover.find(stale).await?;
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
    async fn find(&self, stale: bool) -> Result<Finding, VerifyError> {
        if let Phase::Failed { cause, explanation } = self.deployments().await? {
            return Ok(Finding::NotUsable { cause, explanation });
        }
        if stale {
            self.earlier_pods().await?;
        }
        let mut touch = stale;
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
        let what = format!("{} {}", self.proof.kind, self.proof.store);
        let before =
            if touch { self.warning(&self.proof.kind.to_string(), &self.proof.store).await? } else { None };
        let mut touched = Instant::now();
        if touch {
            self.touch(&api, name, &what).await?;
        }
        let begun = Instant::now();
        let mut stream = watcher::watch_object(api.clone(), name).boxed();
        let mut last: Option<Ready> = None;
        loop {
            if let Some(object) = self.next(&mut stream, &what).await? {
                last = ready(&object);
            }
            let (cause, explanation) = match &last {
                Some(Ready { status: true, reason, .. }) if reason == "Valid" => return Ok(Phase::Done),
                None => ("the operator has not looked at it yet".to_owned(), None),
                Some(seen) => {
                    let warning = self.warning(&self.proof.kind.to_string(), &self.proof.store).await?;
                    let fresh = is_fresh(warning.as_ref(), before.as_ref()) || begun.elapsed() > STALE;
                    let cause = warning.map_or_else(|| seen.message.clone(), |warning| warning.text);
                    let explanation = explain(&cause);
                    if fresh && is_final(explanation.as_ref()) {
                        return Ok(Phase::Failed { cause, explanation });
                    }
                    if touched.elapsed() > TOUCH {
                        self.touch(&api, name, &what).await?;
                        touched = Instant::now();
                    }
                    (cause, explanation)
                }
            };
            if Instant::now() >= self.end {
                return Ok(failed(cause, explanation));
            }
            self.progress.waiting(&what, explanation.as_ref().map_or(&cause, |known| &known.meaning));
        }
    }

    /// The canary was synced after it was forced to.
    async fn canary(&self, canary: &Canary) -> Result<Phase, VerifyError> {
        let api = self.api("ExternalSecret", "externalsecrets", canary.name.namespace.as_deref());
        let name = &canary.name.name;
        let what = format!("ExternalSecret {}", canary.name);
        let before_warning = self.warning("ExternalSecret", &canary.name).await?;
        let before = self.touch(&api, name, &what).await.map(|object| last_sync(&object))?;
        let begun = Instant::now();
        let mut stream = watcher::watch_object(api, name).boxed();
        let mut last: Option<DynamicObject> = None;
        loop {
            if let Some(object) = self.next(&mut stream, &what).await? {
                last = Some(object);
            }
            let seen = last.as_ref().and_then(ready);
            let synced = last.as_ref().is_some_and(|object| last_sync(object) != before);
            let (cause, explanation) = match seen {
                Some(Ready { status: true, reason, .. }) if synced && reason == "SecretSynced" => {
                    return Ok(Phase::Done);
                }
                Some(Ready { status: false, message, .. }) => {
                    let warning = self.warning("ExternalSecret", &canary.name).await?;
                    let fresh =
                        is_fresh(warning.as_ref(), before_warning.as_ref()) || begun.elapsed() > STALE;
                    let cause = warning.map_or(message, |warning| warning.text);
                    let explanation = explain(&cause);
                    match &explanation {
                        Some(Explanation { class: Class::Nudge | Class::Wait, .. }) if fresh => {
                            return self.again(cause, explanation);
                        }
                        Some(Explanation { class: Class::Refused | Class::Fix, .. }) if fresh => {
                            return Ok(Phase::Failed { cause, explanation });
                        }
                        Some(_) | None => (cause, explanation),
                    }
                }
                Some(_) | None => ("the operator has not synced it yet".to_owned(), None),
            };
            if Instant::now() >= self.end {
                return Ok(failed(cause, explanation));
            }
            self.progress.waiting(&what, explanation.as_ref().map_or(&cause, |known| &known.meaning));
        }
    }

    /// The store has to be looked at again, unless the time is over.
    #[expect(clippy::unnecessary_wraps, reason = "it ends a phase")]
    fn again(&self, cause: String, explanation: Option<Explanation>) -> Result<Phase, VerifyError> {
        if Instant::now() >= self.end { Ok(Phase::Failed { cause, explanation }) } else { Ok(Phase::Again) }
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
            explanation: explain(cause),
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
        let pause = (Instant::now() + TOUCH).min(self.end);
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

    async fn warning(&self, kind: &str, name: &ObjectName) -> Result<Option<Warning>, VerifyError> {
        newest_warning(self.client, kind, name.namespace.as_deref(), &name.name).await.map_err(|error| {
            VerifyError::Api { act: format!("list the events of {kind} {name}"), source: Box::new(error) }
        })
    }

    fn api(&self, kind: &str, plural: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let resource = ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(GROUP, "v1", kind), plural);
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }
}

/// The deadline's end of a phase; also a silence is explained then.
pub(super) fn failed(cause: String, explanation: Option<Explanation>) -> Phase {
    let explanation = explanation.or_else(|| explain(&cause));
    Phase::Failed { cause, explanation }
}

/// Only a warning that is newer than our touch is about what is there now.
fn is_fresh(warning: Option<&Warning>, before: Option<&Warning>) -> bool {
    warning.is_some() && warning != before
}

fn is_final(explanation: Option<&Explanation>) -> bool {
    explanation.is_some_and(|known| matches!(known.class, Class::Refused | Class::Fix))
}

fn plural(kind: StoreKind) -> &'static str {
    match kind {
        StoreKind::ClusterSecretStore => "clustersecretstores",
        StoreKind::SecretStore => "secretstores",
    }
}
