//! Records as bytes and back.

use std::io::{Read, Write};
use std::sync::{Arc, OnceLock};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::{Info, Record, StoredChart};
use crate::helm::chart::Metadata;
use crate::helm::hooks::Hook;

/// How many bytes the data of a Secret may have.
const SECRET: usize = 1024 * 1024;
/// What status, notes and hooks may add to the part that never changes.
const ROOM: usize = 64 * 1024;
/// No honest record is larger when unpacked.
const UNPACKED: u64 = 256 * 1024 * 1024;

/// Why a record cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It does not fit into a Secret.
    #[error(
        "the release record of {name} has {size} bytes and a Secret takes {SECRET}; what is large: {large}"
    )]
    TooLarge {
        /// The release.
        name: String,
        /// The size in the Secret.
        size: usize,
        /// The largest parts with their sizes.
        large: String,
    },
    /// The data is not base64.
    #[error("read a release record: its data is not base64")]
    Base64(#[source] base64::DecodeError),
    /// The data cannot be packed or unpacked.
    #[error("pack or unpack a release record")]
    Gzip(#[source] std::io::Error),
    /// The data is not JSON, or another JSON.
    #[error("understand a release record")]
    Json(#[source] serde_json::Error),
}

#[derive(Serialize)]
struct Constant<'a> {
    name: &'a str,
    chart: &'a RawValue,
    #[serde(skip_serializing_if = "Map::is_empty")]
    config: &'a Map<String, Json>,
    manifest: &'a str,
    version: u64,
    namespace: &'a str,
    apply_method: &'a str,
}

#[derive(Serialize)]
struct Changing<'a> {
    info: &'a Info,
    #[serde(skip_serializing_if = "<[Hook]>::is_empty")]
    hooks: &'a [Hook],
}

#[derive(Deserialize)]
#[serde(default)]
struct Whole {
    name: String,
    namespace: String,
    version: u64,
    info: Info,
    chart: Box<RawValue>,
    config: Option<Map<String, Json>>,
    manifest: String,
    hooks: Option<Vec<Hook>>,
    apply_method: String,
}

impl Default for Whole {
    fn default() -> Self {
        Self {
            name: String::new(),
            namespace: String::new(),
            version: 0,
            info: Info::default(),
            chart: RawValue::NULL.to_owned(),
            config: None,
            manifest: String::new(),
            hooks: None,
            apply_method: String::new(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ChartHead {
    metadata: Option<Metadata>,
}

const GZIP: &[u8] = b"\x1F\x8B\x08";

impl Record {
    /// Returns the data of the Secret, before Kubernetes' own base64.
    pub fn encode(&self) -> Result<String, RecordError> {
        let changing = Changing { info: &self.info, hooks: &self.hooks };
        let mut json = serde_json::to_vec(&changing).map_err(RecordError::Json)?;
        json[0] = b',';
        let changing = gzip(&json, Compression::default())?;
        let data = BASE64.encode([&*self.packed()?, &*changing].concat());
        if data.len() > SECRET {
            return Err(self.too_large(data.len()));
        }
        Ok(data)
    }

    /// Returns the part that never changes, compressed once. The best compression costs twice the time for two parts in
    /// a hundred less, so it is kept for a record that would be too large without it.
    fn packed(&self) -> Result<Arc<[u8]>, RecordError> {
        if let Some(packed) = self.packed.get() {
            return Ok(Arc::clone(packed));
        }
        let mut packed = self.pack(Compression::default())?;
        if packed.len() / 3 * 4 > SECRET - ROOM {
            packed = self.pack(Compression::best())?;
        }
        Ok(Arc::clone(self.packed.get_or_init(|| packed)))
    }

    fn pack(&self, level: Compression) -> Result<Arc<[u8]>, RecordError> {
        let constant = Constant {
            name: &self.name,
            chart: &self.chart.raw,
            config: &self.config,
            manifest: &self.manifest,
            version: self.version,
            namespace: &self.namespace,
            apply_method: &self.apply_method,
        };
        let mut json = serde_json::to_vec(&constant).map_err(RecordError::Json)?;
        // The closing brace comes with the second member.
        json.pop();
        gzip(&json, level).map(Arc::from)
    }

    /// Reads the data of a Secret, without Kubernetes' own base64.
    pub fn decode(data: &[u8]) -> Result<Self, RecordError> {
        let bytes = BASE64.decode(data).map_err(RecordError::Base64)?;
        let json = if bytes.starts_with(GZIP) {
            let mut json = Vec::with_capacity(bytes.len() * 4);
            let limited = MultiGzDecoder::new(bytes.as_slice()).take(UNPACKED);
            { limited }.read_to_end(&mut json).map_err(RecordError::Gzip)?;
            json
        } else {
            bytes
        };
        let whole: Whole = serde_json::from_slice(&json).map_err(RecordError::Json)?;
        let head: Option<ChartHead> = serde_json::from_str(whole.chart.get()).map_err(RecordError::Json)?;
        let metadata = head.unwrap_or_default().metadata.unwrap_or_default();
        Ok(Self {
            name: whole.name,
            namespace: whole.namespace,
            version: whole.version,
            chart: StoredChart { metadata, raw: whole.chart.into() },
            config: whole.config.unwrap_or_default(),
            manifest: whole.manifest.into(),
            apply_method: whole.apply_method,
            info: whole.info,
            hooks: whole.hooks.unwrap_or_default(),
            packed: OnceLock::new(),
        })
    }

    fn too_large(&self, size: usize) -> RecordError {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Parts {
            templates: Option<Vec<Part>>,
            files: Option<Vec<Part>>,
        }
        #[derive(Deserialize)]
        struct Part {
            name: String,
            data: String,
        }
        let parts: Parts = serde_json::from_str(self.chart.raw.get()).unwrap_or_default();
        let files = parts.templates.into_iter().chain(parts.files).flatten();
        let mut large: Vec<(usize, String)> =
            files.map(|part| (part.data.len() / 4 * 3, part.name)).collect();
        large.push((self.manifest.len(), "the manifest".into()));
        large.sort_by(|a, b| b.cmp(a));
        let large: Vec<String> =
            large.iter().take(3).map(|(size, name)| format!("{name} ({size} bytes)")).collect();
        RecordError::TooLarge { name: self.name.clone(), size, large: large.join(", ") }
    }
}

fn gzip(bytes: &[u8], level: Compression) -> Result<Vec<u8>, RecordError> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 6), level);
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(RecordError::Gzip)
}
