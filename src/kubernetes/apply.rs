//! Server-side apply: the server merges, and refuses what another manager owns.
//!
//! Conflicts are reported with their owner and never forced unless asked. A webhook that is still starting is
//! waited for; one that looked at the object and denied it is final.

use std::time::Duration;

use http::Method;
use tokio::time::Instant;

use super::{Client, KubernetesError, Manifest, client::Call};
use crate::resource::Progress;

/// Who applies, and how.
#[derive(Clone, Copy, Debug)]
pub struct ApplyOptions<'a> {
    /// The field manager: `eggtooth`, or `helm` for a release's objects.
    pub manager: &'a str,
    /// Whether the server only says what would become of it.
    pub dry_run: bool,
    /// Whether fields are taken from their owners.
    pub force: bool,
    /// How long a webhook, a namespace or a kind that is still coming is waited for.
    pub patience: Duration,
}

impl<'a> ApplyOptions<'a> {
    /// Applies as `manager`, and waits for webhooks a minute.
    pub fn new(manager: &'a str) -> Self {
        Self { manager, dry_run: false, force: false, patience: Duration::from_mins(1) }
    }

    /// Only asks what would become of it; waits for nothing.
    #[must_use]
    pub fn dry_run(mut self) -> Self {
        self.dry_run = true;
        self.patience = Duration::ZERO;
        self
    }
}

const APPLY: &str = "application/apply-patch+yaml";
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Client {
    /// Applies the object and returns what the server made of it.
    pub async fn apply(
        &self,
        manifest: &Manifest,
        options: ApplyOptions<'_>,
        progress: &dyn Progress,
    ) -> Result<Manifest, KubernetesError> {
        let end = Instant::now() + options.patience;
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match self.apply_once(manifest, options).await {
                Ok(applied) => return Ok(applied),
                Err(error) => error,
            };
            let Some((what, why)) = awaited(&error) else { return Err(error) };
            if Instant::now() + pause > end {
                return Err(error);
            }
            progress.waiting(&what, &why);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn apply_once(
        &self,
        manifest: &Manifest,
        options: ApplyOptions<'_>,
    ) -> Result<Manifest, KubernetesError> {
        let resource = self.resource_of(manifest).await?;
        let act = if options.dry_run { "try" } else { "apply" };
        let path = resource.object(&manifest.object_name());
        let mut call = Call::send(format!("{act} {manifest}"), Method::PATCH, path, APPLY, manifest.json())
            .query("fieldManager", options.manager)
            .query("force", options.force.to_string())
            .query("fieldValidation", "Strict");
        if options.dry_run {
            call = call.query("dryRun", "All");
        }
        Manifest::new(self.json(call).await?)
    }
}

/// Returns what is waited for and why, when waiting can help.
fn awaited(error: &KubernetesError) -> Option<(String, String)> {
    match error {
        KubernetesError::Api { status, .. } if status.is_webhook_starting() => {
            Some(("the admission webhook".into(), webhook_reason(&status.message)))
        }
        // Two appliers created it at once, or the object changed between the server's read and write.
        KubernetesError::Api { status, .. } if status.code == 409 && status.reason != "Invalid" => {
            (status.reason == "AlreadyExists" || status.message.contains("the object has been modified"))
                .then(|| ("another writer".into(), status.message.clone()))
        }
        // The namespace's controller has not yet put the new namespace into every server's cache.
        KubernetesError::Api { status, .. }
            if status.code == 404 && status.message.starts_with("namespaces ") =>
        {
            Some(("the namespace".into(), status.message.clone()))
        }
        _ => None,
    }
}

/// The last part of a webhook's failure says why: `connect: connection refused`.
fn webhook_reason(message: &str) -> String {
    message.rsplit("\": ").next().unwrap_or(message).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::testing::Api;
    use crate::resource::Silent;
    use serde_json::json;

    const AT: &str = "/api/v1/namespaces/n/configmaps/a";

    fn config_map() -> Manifest {
        Manifest::new(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}}),
        )
        .unwrap()
    }

    fn webhook(rest: &str) -> serde_json::Value {
        json!({"kind": "Status", "code": 500, "reason": "InternalError",
            "message": format!("Internal error occurred: failed calling webhook \"w\": failed to call webhook: Post \"https://w:443/\": {rest}")})
    }

    #[tokio::test]
    async fn a_webhook_that_starts_is_waited_for() {
        let api = Api::start().await;
        api.respond("PATCH", AT, 500, webhook("dial tcp: connect: connection refused"), Some(2)).await;
        api.answer("PATCH", AT, config_map().json().clone()).await;
        api.client.apply(&config_map(), ApplyOptions::new("eggtooth"), &Silent).await.unwrap();
        assert_eq!(api.requests().await.len(), 3);
    }

    #[tokio::test]
    async fn a_denial_is_final() {
        let api = Api::start().await;
        let denied = json!({"kind": "Status", "code": 403, "message": "admission webhook \"w\" denied the request: no"});
        api.respond("PATCH", AT, 403, denied, None).await;
        let error =
            api.client.apply(&config_map(), ApplyOptions::new("eggtooth"), &Silent).await.unwrap_err();
        assert!(error.status().unwrap().is_denied());
        assert_eq!(api.requests().await.len(), 1);
    }

    #[tokio::test]
    async fn a_busy_server_is_asked_again_and_a_conflict_is_not_forced() {
        let api = Api::start().await;
        api.respond("PATCH", AT, 429, json!({"kind": "Status", "reason": "TooManyRequests"}), Some(1)).await;
        let conflict = json!({"kind": "Status", "code": 409, "reason": "Conflict", "details": {"causes": [
            {"reason": "FieldManagerConflict", "message": "conflict with \"argocd\"", "field": ".data.a"}]}});
        api.respond("PATCH", AT, 409, conflict, None).await;
        let error =
            api.client.apply(&config_map(), ApplyOptions::new("eggtooth"), &Silent).await.unwrap_err();
        assert_eq!(error.to_string(), "apply ConfigMap n/a: .data.a is owned by argocd");
        let requests = api.requests().await;
        assert_eq!(requests.len(), 2);
        assert!(requests.iter().all(|request| request.contains("force=false")), "{requests:?}");
    }
}
