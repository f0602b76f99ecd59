//! Definitions of custom resources: what they define, and the gate that waits until the kinds are served.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use serde_json::Value as Json;
use tokio::time::Instant;

use super::{Client, KubernetesError, Manifest, WaitOptions};
use crate::resource::{Gate, GateError, GroupKind, ObjectName, Progress};

/// A kind that a manifest defines.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The kind.
    pub kind: GroupKind,
    /// Its name in paths, as `clustersecretstores`.
    pub plural: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// The versions that are served.
    pub versions: Vec<Version>,
}

/// A version of a defined kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// As `v1`.
    pub name: String,
    /// The OpenAPI v3 schema.
    pub schema: Arc<Json>,
}

impl Definition {
    /// Reads a `CustomResourceDefinition`; `None` for other kinds and for one without a group or kind.
    pub fn read(manifest: &Manifest) -> Option<Self> {
        if manifest.kind() != "CustomResourceDefinition" {
            return None;
        }
        let (group, kind) = (manifest.text(&["spec", "group"]), manifest.text(&["spec", "names", "kind"]));
        let versions = manifest.get(&["spec", "versions"]).and_then(Json::as_array);
        let versions = versions
            .into_iter()
            .flatten()
            .filter(|version| version["served"] != false)
            .filter_map(|version| {
                let schema = version.get("schema").and_then(|schema| schema.get("openAPIV3Schema"));
                Some(Version {
                    name: version["name"].as_str()?.to_owned(),
                    schema: Arc::new(schema.cloned().unwrap_or_default()),
                })
            })
            .collect();
        (!group.is_empty() && !kind.is_empty()).then(|| Self {
            kind: GroupKind::new(group, kind),
            plural: manifest.text(&["spec", "names", "plural"]).to_owned(),
            namespaced: manifest.text(&["spec", "scope"]) == "Namespaced",
            versions,
        })
    }

    /// Reads a definition if it is of one of these kinds: schemas are large, and few are looked into.
    pub fn read_of(manifest: &Manifest, kinds: &BTreeSet<GroupKind>) -> Option<Self> {
        let (group, kind) = (manifest.text(&["spec", "group"]), manifest.text(&["spec", "names", "kind"]));
        let wanted = kinds.iter().any(|wanted| wanted.group == group && wanted.kind == kind);
        if wanted { Self::read(manifest) } else { None }
    }

    /// Returns the schema of a version, if it is served.
    pub fn schema(&self, version: &str) -> Option<&Json> {
        self.versions.iter().find(|served| served.name == version).map(|served| &*served.schema)
    }
}

/// The gate before objects of defined kinds: definitions established, their names accepted, the kinds discovered.
#[derive(Clone, Debug)]
pub struct Established {
    client: Client,
    kinds: Vec<GroupKind>,
    deadline: Duration,
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

impl Established {
    /// Waits for these kinds, a minute at most.
    pub fn new(client: Client, kinds: Vec<GroupKind>) -> Self {
        Self { client, kinds, deadline: Duration::from_mins(1) }
    }

    /// Waits at most this long.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Discovery is not watchable: it is asked again, at growing distances.
    async fn discovered(&self, progress: &dyn Progress) -> Result<(), KubernetesError> {
        let end = Instant::now() + self.deadline;
        let mut pause = FIRST_PAUSE;
        let mut discovery = self.client.discovery().await?;
        loop {
            let missing: Vec<String> = self
                .kinds
                .iter()
                .filter(|kind| discovery.find(kind, None).is_none())
                .map(ToString::to_string)
                .collect();
            if missing.is_empty() {
                return Ok(());
            }
            let reason = format!("{} not yet served", some_of(&missing));
            if Instant::now() + pause > end {
                let (what, seconds) = (self.name(), self.deadline.as_secs());
                return Err(KubernetesError::Deadline { what, seconds, reason });
            }
            progress.waiting(&self.name(), &reason);
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            discovery = self.client.rediscover().await?;
        }
    }
}

/// Names a few and counts the rest.
fn some_of(names: &[String]) -> String {
    match names {
        [first, second, third, _, others @ ..] if !others.is_empty() => {
            format!("{first}, {second}, {third} and {} others are", others.len() + 1)
        }
        [one] => format!("{one} is"),
        few => format!("{} are", few.join(", ")),
    }
}

impl Gate for Established {
    fn name(&self) -> String {
        match self.kinds.as_slice() {
            [kind] => format!("the kind {kind}"),
            kinds => format!("{} kinds of custom resources", kinds.len()),
        }
    }

    fn wait<'a>(&'a self, progress: &'a dyn Progress) -> BoxFuture<'a, Result<(), GateError>> {
        Box::pin(async move {
            self.discovered(progress).await.map_err(|error| match error {
                KubernetesError::Deadline { what: name, seconds, reason } => {
                    GateError::Deadline { name, seconds, reason }
                }
                other => GateError::Refused { name: self.name(), reason: other.to_string() },
            })
        })
    }
}

impl Client {
    /// Returns the definition of a kind that the cluster serves; `None` for kinds that are the server's own, are not
    /// served, or whose definition we may not read.
    pub async fn definition(&self, kind: &GroupKind) -> Result<Option<Definition>, KubernetesError> {
        let Some(served) = self.discovery().await?.find(kind, None).cloned() else { return Ok(None) };
        let definitions = GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition");
        let resource = self.resource(&definitions, Some("v1")).await?;
        let name = ObjectName::cluster(format!("{}.{}", served.plural, served.group));
        match self.get(&resource, &name).await {
            Ok(definition) => Ok(definition.as_ref().and_then(Definition::read)),
            Err(error) if error.is_refused() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Waits until definitions that were just applied are established, their names accepted and their kinds
    /// discovered.
    pub async fn wait_established(
        &self,
        applied: Vec<Manifest>,
        deadline: Duration,
        progress: &dyn Progress,
    ) -> Result<(), KubernetesError> {
        let kinds = applied.iter().filter_map(Definition::read).map(|definition| definition.kind).collect();
        self.wait_ready(applied, WaitOptions { deadline, jobs: false, pods: false, logs: false }, progress)
            .await?;
        Established::new(self.clone(), kinds).deadline(deadline).discovered(progress).await
    }
}
