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
        Self { manager, dry_run: false, force: false, patience: Duration::from_secs(60) }
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
