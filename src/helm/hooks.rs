//! Hooks: objects that are made at an event of a release, and are no part of it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::helm::render::Head;

/// The annotation that names a hook's events.
pub const EVENTS: &str = "helm.sh/hook";
const WEIGHT: &str = "helm.sh/hook-weight";
const DELETE_POLICY: &str = "helm.sh/hook-delete-policy";
const OUTPUT_LOG_POLICY: &str = "helm.sh/hook-output-log-policy";

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// Before the objects of the first revision.
    PreInstall,
    /// After them.
    PostInstall,
    /// Before the objects are deleted.
    PreDelete,
    /// After that.
    PostDelete,
    /// Before the objects of a later revision.
    PreUpgrade,
    /// After them.
    PostUpgrade,
    /// Before an earlier revision is taken up again.
    PreRollback,
    /// After that.
    PostRollback,
    /// When a user tests the release.
    Test,
}

impl FromStr for Event {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "pre-install" => Self::PreInstall,
            "post-install" => Self::PostInstall,
            "pre-delete" => Self::PreDelete,
            "post-delete" => Self::PostDelete,
            "pre-upgrade" => Self::PreUpgrade,
            "post-upgrade" => Self::PostUpgrade,
            "pre-rollback" => Self::PreRollback,
            "post-rollback" => Self::PostRollback,
            // The second is Helm 2's word.
            "test" | "test-success" => Self::Test,
            _ => return Err(()),
        })
    }
}

/// When a hook's object is deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Policy(String);

impl Policy {
    /// Once the hook succeeded.
    pub const SUCCEEDED: &str = "hook-succeeded";
    /// Once the hook failed.
    pub const FAILED: &str = "hook-failed";
    /// Before the hook is made anew; what Helm does where a hook says nothing.
    pub const BEFORE_CREATION: &str = "before-hook-creation";

    /// Returns the word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Execution {
    /// It did what it should.
    pub const SUCCEEDED: &str = "Succeeded";
    /// It did not.
    pub const FAILED: &str = "Failed";
}

/// An object that is made at an event. The form in JSON is that of Helm's release records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// The object's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The object's kind.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    /// The template's path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The object as YAML.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// When it is made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
    /// When it ran last, and how that ended.
    #[serde(default)]
    pub last_run: Execution,
    /// Its place among the hooks of an event.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub weight: i64,
    /// When it is deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delete_policies: Vec<Policy>,
    /// When its logs are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output_log_policies: Vec<Policy>,
}

/// One run of a hook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
    /// `Unknown`, `Running`, `Succeeded`, `Failed`; empty before the first run.
    #[serde(default)]
    pub phase: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Hook {
    /// Reads a hook off its annotations; one with an unknown event is none.
    pub(in crate::helm) fn read(path: &str, manifest: &str, events: &str, head: &Head<'_>) -> Option<Self> {
        let words = |key| {
            let list = head.annotations.get(key)?;
            Some(list.split(',').map(|word| Policy(word.trim().to_lowercase())).collect())
        };
        let events = events.split(',').map(|event| event.trim().to_lowercase().parse());
        let Ok(events) = events.collect::<Result<Vec<Event>, ()>>() else {
            tracing::info!(path, "skipping a hook with an unknown event");
            return None;
        };
        Some(Self {
            name: head.name.to_owned(),
            kind: head.kind.to_owned(),
            path: path.to_owned(),
            manifest: manifest.to_owned(),
            events,
            last_run: Execution::default(),
            weight: head.annotations.get(WEIGHT).and_then(|weight| weight.parse().ok()).unwrap_or(0),
            delete_policies: words(DELETE_POLICY).unwrap_or_default(),
            output_log_policies: words(OUTPUT_LOG_POLICY).unwrap_or_default(),
        })
    }

    /// Says what becomes of the hook's object where it says nothing itself, as Helm does once a hook runs.
    pub(in crate::helm) fn settle_policies(&mut self) {
        if self.delete_policies.is_empty() {
            self.delete_policies.push(Policy(Policy::BEFORE_CREATION.to_owned()));
        }
    }

    /// Says whether the logs of the hook's pods are told at this point.
    pub fn shows_logs(&self, policy: &str) -> bool {
        self.output_log_policies.iter().any(|own| own.as_str() == policy)
    }

    /// Says whether the hook's object is deleted at this point. Definitions never are: all their objects would go.
    pub fn is_deleted(&self, policy: &str) -> bool {
        let says = self.delete_policies.iter().any(|own| own.as_str() == policy);
        let default = self.delete_policies.is_empty() && policy == Policy::BEFORE_CREATION;
        self.kind != "CustomResourceDefinition" && (says || default)
    }
}

/// Returns where the hooks of an event are, in the order in which they run: by weight, then by name, then by kind.
pub fn places(hooks: &[Hook], event: Event) -> Vec<usize> {
    let mut places: Vec<usize> =
        (0..hooks.len()).filter(|place| hooks[*place].events.contains(&event)).collect();
    places.sort_by(|a, b| (hooks[*a].weight, &hooks[*a].name).cmp(&(hooks[*b].weight, &hooks[*b].name)));
    places
}
