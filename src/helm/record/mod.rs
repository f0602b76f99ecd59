//! Release records: Helm's own memory of a release, one Secret a revision.
//!
//! Helm 3 and 4 read what we write, and we read what they wrote. The data is base64 over gzip over JSON; Kubernetes
//! puts another base64 around it. Nearly all of a record (the chart, the manifest) never changes again, so it is
//! compressed once, as a gzip member of its own; what changes with each step follows in a second member.

mod codec;
mod storage;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};

pub use codec::RecordError;
pub use storage::{Driver, Head, MANAGER, Revision, SYSTEM_LABELS, Storage, StorageError, Stored, surplus};

use crate::helm::chart::{Chart, File, Metadata};
use crate::helm::hooks::Hook;

/// Where a release stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "&'static str")]
pub enum Status {
    /// Nobody knows.
    #[default]
    Unknown,
    /// It is the one that counts.
    Deployed,
    /// It was taken away.
    Uninstalled,
    /// A later one counts.
    Superseded,
    /// It did not come about.
    Failed,
    /// It is being taken away.
    Uninstalling,
    /// The first revision is being made.
    PendingInstall,
    /// A later revision is being made.
    PendingUpgrade,
    /// An earlier revision is being taken up again.
    PendingRollback,
}

impl Status {
    /// Returns Helm's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Deployed => "deployed",
            Self::Uninstalled => "uninstalled",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Uninstalling => "uninstalling",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
        }
    }

    /// Reads Helm's word; any other is [`Status::Unknown`].
    pub fn parse(word: &str) -> Self {
        match word {
            "deployed" => Self::Deployed,
            "uninstalled" => Self::Uninstalled,
            "superseded" => Self::Superseded,
            "failed" => Self::Failed,
            "uninstalling" => Self::Uninstalling,
            "pending-install" => Self::PendingInstall,
            "pending-upgrade" => Self::PendingUpgrade,
            "pending-rollback" => Self::PendingRollback,
            _ => Self::Unknown,
        }
    }

    /// Says whether somebody is, or was, at it.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback)
    }
}

impl From<String> for Status {
    fn from(word: String) -> Self {
        Self::parse(&word)
    }
}

impl From<Status> for &'static str {
    fn from(status: Status) -> Self {
        status.as_str()
    }
}

/// What changes in a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Info {
    /// When the first revision was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_deployed: Option<String>,
    /// When this revision was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_deployed: Option<String>,
    /// When it was taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<String>,
    /// What happened, in a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it stands.
    pub status: Status,
    /// The revision that this one took up again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_revision: Option<u64>,
    /// What the chart tells the user.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub notes: String,
}

/// A chart as a record holds it.
#[derive(Clone, Debug)]
pub struct StoredChart {
    /// What `Chart.yaml` says.
    pub metadata: Metadata,
    raw: Arc<RawValue>,
}

impl StoredChart {
    /// Takes a chart as it was rendered: its description with the dependencies that are on, and its values with
    /// those that they export.
    pub fn new(chart: &Chart, metadata: Metadata, values: &Map<String, Json>) -> Result<Self, RecordError> {
        let schema = chart.schema.as_deref().map(|schema| BASE64.encode(schema));
        let json = json!({
            "metadata": metadata,
            "lock": chart.lock,
            "templates": files(&chart.templates),
            "values": values,
            "schema": schema,
            "schemamodtime": "0001-01-01T00:00:00Z",
            "files": files(&chart.files),
        });
        let raw = serde_json::value::to_raw_value(&json).map_err(RecordError::Json)?;
        Ok(Self { metadata, raw: raw.into() })
    }

    /// Returns the chart as Helm's JSON.
    pub fn json(&self) -> &RawValue {
        &self.raw
    }

    /// Returns the chart's own values; its subcharts are no part of a record.
    pub fn values(&self) -> Result<Map<String, Json>, RecordError> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Values {
            values: Option<Map<String, Json>>,
        }
        let values: Option<Values> = serde_json::from_str(self.raw.get()).map_err(RecordError::Json)?;
        Ok(values.unwrap_or_default().values.unwrap_or_default())
    }
}

fn files(files: &[File]) -> Json {
    let file = |file: &File| {
        let mut json = json!({"name": file.name, "data": BASE64.encode(&file.data)});
        if let Some(modified) = file.modified {
            json["modtime"] = modified.to_string().into();
        }
        json
    };
    if files.is_empty() { Json::Null } else { files.iter().map(file).collect() }
}

/// How a release's objects are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyMethod {
    /// The server merges.
    ServerSide,
    /// The client merges what was, what is wanted and what is there.
    ClientSide,
}

impl ApplyMethod {
    /// Returns Helm's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServerSide => "ssa",
            Self::ClientSide => "csa",
        }
    }
}

/// One revision of a release.
#[derive(Clone, Debug)]
pub struct Record {
    name: String,
    namespace: String,
    version: u64,
    chart: StoredChart,
    config: Map<String, Json>,
    manifest: Arc<str>,
    apply_method: String,
    /// What happens to it.
    pub info: Info,
    /// Its hooks.
    pub hooks: Vec<Hook>,
    /// The part that never changes, compressed.
    packed: OnceLock<Arc<[u8]>>,
}

/// What a new record is made of.
#[derive(Clone, Debug)]
pub struct NewRecord {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// The revision.
    pub version: u64,
    /// The chart.
    pub chart: StoredChart,
    /// The user's values.
    pub config: Map<String, Json>,
    /// The text of all objects but hooks.
    pub manifest: Arc<str>,
    /// The hooks.
    pub hooks: Vec<Hook>,
    /// What happens to it.
    pub info: Info,
    /// How its objects are applied.
    pub method: ApplyMethod,
}

impl Record {
    /// Makes a record of a revision.
    pub fn new(parts: NewRecord) -> Self {
        let NewRecord { name, namespace, version, chart, config, manifest, hooks, info, method } = parts;
        let apply_method = method.as_str().to_owned();
        let packed = OnceLock::new();
        Self { name, namespace, version, chart, config, manifest, apply_method, info, hooks, packed }
    }

    /// Returns the release's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the release's namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns the revision.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Returns the chart.
    pub fn chart(&self) -> &StoredChart {
        &self.chart
    }

    /// Returns the user's values.
    pub fn config(&self) -> &Map<String, Json> {
        &self.config
    }

    /// Returns the text of all objects but hooks.
    pub fn manifest(&self) -> &str {
        &self.manifest
    }

    /// Returns the text of all objects but hooks, to share.
    pub fn shared_manifest(&self) -> Arc<str> {
        Arc::clone(&self.manifest)
    }

    /// Returns how the objects were applied, in Helm's words: `ssa`, `csa`, or nothing by Helm 3.
    pub fn apply_method(&self) -> &str {
        &self.apply_method
    }

    /// Sets status and description.
    pub fn set_status(&mut self, status: Status, description: impl Into<String>) {
        self.info.status = status;
        self.info.description = description.into();
    }

    /// Returns the name of the Secret.
    pub fn key(&self) -> String {
        key(&self.name, self.version)
    }

    /// Returns the Secret's labels, but for the times.
    fn labels(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("name", self.name.clone()),
            ("owner", "helm".into()),
            ("status", self.info.status.as_str().into()),
            ("version", self.version.to_string()),
        ])
    }
}

/// Returns the name of the Secret of a revision.
pub fn key(name: &str, version: u64) -> String {
    format!("sh.helm.release.v1.{name}.v{version}")
}

/// Returns the time as records have it.
pub fn now(clock: Timestamp) -> String {
    clock.to_string()
}

#[cfg(test)]
mod tests;
