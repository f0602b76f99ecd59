//! All that can be known of a release before anything is written.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::archives::Archives;
use super::objects::{self, Owner};
use super::patch::{self, PatchError};
use super::rendering::{self, Asked, LookUp, Rendering};
use super::turns::ThreadEnded;
use super::{InputError, ReleaseInputs};
use crate::gotemplate::Map as GoMap;
use crate::helm::chart::Chart;
use crate::helm::hooks::Hook;
use crate::helm::record::{
    Record, RecordError, Revision, Status, Storage, StorageError, Stored, StoredChart,
};
use crate::helm::render::{self, Capabilities, KubeVersion, KubeVersionError, RenderError, Rendered};
use crate::helm::repository::RepositoryError;
use crate::helm::values::OverridesError;
use crate::kubernetes::{Client, KubernetesError, Manifest};
use crate::yaml;

/// Why a release cannot be made or taken away.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The inputs are no release.
    #[error(transparent)]
    Inputs(#[from] InputError),
    /// The chart cannot be had.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The chart cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A patch cannot be applied.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// The records cannot be read or written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A record cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The cluster refuses, or does not answer.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// The cluster's version is none.
    #[error(transparent)]
    KubeVersion(#[from] KubeVersionError),
    /// What Helm stored is not YAML.
    #[error("read the stored manifest of the release")]
    Manifest(#[source] yaml::Error),
    /// The records may not be read.
    #[error("{0}")]
    Unread(String),
    /// The thread that rendered ended.
    #[error("render a chart")]
    Thread(#[source] ThreadEnded),
    /// The user's values cannot be read.
    #[error(transparent)]
    Values(#[from] OverridesError),
    /// A hook fails.
    #[error("the hook {path} failed")]
    Hook {
        /// The template.
        path: String,
        /// Why.
        #[source]
        source: Box<ReleaseError>,
    },
    /// Somebody else is at it.
    #[error("another operation ({}) on revision {revision} is in progress", status.as_str())]
    Pending {
        /// Which revision.
        revision: u64,
        /// What they do.
        status: Status,
    },
    /// Objects of the chart exist and belong to somebody else.
    #[error("objects exist that do not belong to this release: {}", .0.join("; "))]
    NotOwned(Vec<String>),
    /// Objects cannot become what they should be.
    #[error("these objects can be changed neither in place nor by making them anew: {}", .0.join(", "))]
    Immutable(Vec<String>),
}

impl ReleaseError {
    /// Returns what to do about it.
    pub(in crate::helm) fn hint(&self) -> Option<String> {
        match self {
            Self::Repository(error) => error.hint().map(str::to_owned),
            Self::Kubernetes(error) | Self::Storage(StorageError::Kubernetes(error)) => error.hint(),
            Self::Inputs(InputError::Secret(_)) => Some(
                "seed a Secret and let the chart refer to it; or set `allowSecretValues: true` on the release"
                    .into(),
            ),
            Self::Pending { .. } => {
                Some("wait for it; if it was killed, `helm rollback` or `helm uninstall` frees the release".into())
            }
            Self::NotOwned(_) => {
                Some("delete them, or let this release take them over with `helm upgrade --take-ownership`".into())
            }
            Self::Immutable(_) => Some("delete them, and run again".into()),
            _ => None,
        }
    }
}

/// A release before anything is written.
pub(super) struct Prepared {
    /// What it is to be; `None` when it is to go.
    pub(super) inputs: Option<ReleaseInputs>,
    /// Its name.
    pub(super) name: String,
    /// Its namespace.
    pub(super) namespace: String,
    /// All revisions, the latest last.
    pub(super) history: Vec<Revision>,
    /// The revision that counts.
    pub(super) deployed: Option<Stored>,
    /// The objects that are wanted; without inputs, those that are there.
    pub(super) objects: Vec<Manifest>,
    /// The objects of the revision that counts.
    pub(super) previous: Vec<Manifest>,
    /// The definitions of `crds/`.
    pub(super) crds: Vec<Manifest>,
    /// The hooks.
    pub(super) hooks: Vec<Hook>,
    /// What the next revision's record holds, when there has to be one.
    pub(super) next: Option<Next>,
    /// The addresses of documents that schemas refer to: what they say was not checked.
    pub(super) unchecked: BTreeSet<String>,
    /// What the objects were rendered from.
    pub(super) rendered_from: String,
    /// Why the records could not be read: then all of it is as if nothing was there, good for telling what it takes
    /// and for nothing else.
    pub(super) unread: Option<String>,
}

/// A revision to be made.
pub(super) struct Next {
    pub(super) revision: u64,
    pub(super) chart: StoredChart,
    pub(super) manifest: Arc<str>,
    pub(super) notes: String,
}

impl Prepared {
    /// Returns whose the objects are.
    pub(super) fn owner(&self) -> Owner<'_> {
        Owner { name: &self.name, namespace: &self.namespace }
    }

    /// Returns the revision that a killed run of ours left half done.
    pub(super) fn interrupted(&self) -> Option<&Revision> {
        self.history.last().filter(|last| last.status.is_pending() && last.rendered_from.is_some())
    }
}

/// Finds out all about a release that is wanted.
pub(super) async fn prepare(
    client: &Client,
    archives: &Archives,
    inputs: ReleaseInputs,
) -> Result<Prepared, ReleaseError> {
    let (name, namespace) = (inputs.name.clone(), inputs.namespace.clone());
    let (mut prepared, capabilities) =
        futures::try_join!(stored(client, name, namespace), capabilities(client))?;
    prepared.rendered_from = fingerprint(&inputs, &capabilities);
    // What a post-renderer does may change without a sign of it.
    let up_to_date = inputs.post.is_none()
        && prepared.deployed.as_ref().is_some_and(|deployed| {
            deployed.rendered_from.as_ref() == Some(&prepared.rendered_from)
                && *deployed.record.config() == inputs.values
                && prepared.history.last().is_some_and(|last| last.version == deployed.record.version())
        });
    if !up_to_date {
        let chart = archives.get(&inputs.chart).await?.open().await?;
        render(client, &mut prepared, &inputs, chart, capabilities).await?;
    }
    prepared.inputs = Some(inputs);
    Ok(prepared)
}

/// Finds out what is there of a release.
pub(super) async fn stored(
    client: &Client,
    name: String,
    namespace: String,
) -> Result<Prepared, ReleaseError> {
    let storage = Storage::new(client, &namespace);
    let (history, unread) = match storage.history(&name).await {
        Err(StorageError::Kubernetes(error)) if error.is_refused() => (Vec::new(), Some(error.to_string())),
        history => (history?, None),
    };
    let counts = history.iter().rev().find(|revision| revision.status == Status::Deployed);
    // A failed upgrade over nothing: the objects of the last attempt are the ones that are there.
    let counts = counts.or_else(|| history.last().filter(|last| !last.status.is_pending()));
    let deployed = match counts {
        Some(revision) => storage.read(&name, revision.version).await?,
        None => None,
    };
    let mut previous = Vec::new();
    let mut hooks = Vec::new();
    if let Some(stored) = &deployed {
        previous = objects_of(client, &stored.record).await?;
        hooks.clone_from(&stored.record.hooks);
    }
    Ok(Prepared {
        inputs: None,
        objects: previous.clone(),
        previous,
        crds: Vec::new(),
        hooks,
        unchecked: BTreeSet::new(),
        next: None,
        rendered_from: String::new(),
        unread,
        name,
        namespace,
        history,
        deployed,
    })
}

/// Returns the objects of a revision as they were applied.
pub async fn objects_of(client: &Client, record: &Record) -> Result<Vec<Manifest>, ReleaseError> {
    let documents = yaml::read_json_stream(record.manifest(), yaml::Flavour::GoYamlV2)
        .map_err(ReleaseError::Manifest)?
        .into_iter()
        .filter(Json::is_object);
    let owner = Owner { name: record.name(), namespace: record.namespace() };
    let discovery = client.discovery().await?;
    Ok(objects::manifests(documents, Some(owner), record.namespace(), &discovery)?)
}

/// Returns what the cluster can do, as Helm tells charts.
pub(super) async fn capabilities(client: &Client) -> Result<Capabilities, ReleaseError> {
    let (version, discovery) = futures::try_join!(client.server_version(), client.discovery())?;
    Ok(Capabilities {
        kube_version: KubeVersion::parse(&version.git_version)?,
        api_versions: discovery.api_versions().map(str::to_owned).collect(),
    })
}

/// Returns a hash of all but the values, which the record itself holds: a hash of those could be guessed.
fn fingerprint(inputs: &ReleaseInputs, capabilities: &Capabilities) -> String {
    let mut hash = Sha256::new();
    let parts = serde_json::json!([
        inputs.chart.name,
        inputs.chart.version,
        inputs.chart.digest,
        inputs.patches,
        capabilities.kube_version.version,
        capabilities.api_versions,
    ]);
    hash.update(parts.to_string());
    format!("sha256:{}", hex::encode(hash.finalize()))
}

/// Returns the fingerprint once more, after definitions were applied: else the next run would render anew.
pub(super) async fn fingerprint_now(client: &Client, inputs: &ReleaseInputs) -> Result<String, ReleaseError> {
    client.rediscover().await?;
    Ok(fingerprint(inputs, &capabilities(client).await?))
}

async fn render(
    client: &Client,
    prepared: &mut Prepared,
    inputs: &ReleaseInputs,
    chart: Arc<Chart>,
    capabilities: Capabilities,
) -> Result<(), ReleaseError> {
    let last = prepared.history.last().map_or(0, |last| last.version);
    let revision = if prepared.interrupted().is_some() { last } else { last + 1 };
    let target = render::Target {
        name: inputs.name.clone(),
        namespace: inputs.namespace.clone(),
        revision,
        upgrade: prepared.deployed.is_some(),
    };
    let values = inputs.values.clone();
    let asked = Asked {
        chart: Arc::clone(&chart),
        values: Box::new(move || Ok(GoMap::from(values))),
        target,
        capabilities,
        rendering: Rendering { post: inputs.post.clone(), ..Rendering::default() },
        // Who may not read the records may not read what templates look up either: it is as if that was not there, too.
        lookup: if prepared.unread.is_some() { LookUp::Blind } else { LookUp::Live },
    };
    let (mut rendered, _) = rendering::run(client, asked).await?;
    patch::apply(&mut rendered, &inputs.patches)?;
    take(client, prepared, inputs, &chart, rendered, revision).await
}

async fn take(
    client: &Client,
    prepared: &mut Prepared,
    inputs: &ReleaseInputs,
    chart: &Chart,
    rendered: Rendered,
    revision: u64,
) -> Result<(), ReleaseError> {
    let Rendered { manifest, documents, hooks, notes, unchecked, crds, metadata, defaults } = rendered;
    prepared.unchecked = unchecked;
    let discovery = client.discovery().await?;
    let owner = Owner { name: &inputs.name, namespace: &inputs.namespace };
    let json = |documents: Vec<render::Document>| documents.into_iter().map(|document| document.object);
    prepared.objects = objects::manifests(json(documents), Some(owner), &inputs.namespace, &discovery)?;
    if !inputs.skip_crds {
        prepared.crds = objects::manifests(json(crds.documents()?), None, &inputs.namespace, &discovery)?;
    }
    prepared.hooks = hooks;
    let same = prepared.deployed.as_ref().is_some_and(|deployed| {
        let record = &deployed.record;
        record.info.status == Status::Deployed
            && record.manifest() == manifest
            && *record.config() == inputs.values
            && record.chart().metadata.version == metadata.version
            && prepared.history.last().is_some_and(|last| last.version == record.version())
    });
    if !same {
        let chart = StoredChart::new(chart, metadata, &defaults)?;
        prepared.next = Some(Next { revision, chart, manifest: manifest.into(), notes });
    }
    Ok(())
}

/// Returns the time as records have it.
pub(super) fn stamp(now: Timestamp) -> String {
    now.to_string()
}
