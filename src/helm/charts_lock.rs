//! `charts.lock`: where each chart comes from, which version is meant, and the digest that its archive must have.

use serde::{Deserialize, Serialize};

use crate::yaml;

/// The form of the file that we write; readers accept this one.
const VERSION: u32 = 1;

/// All pinned charts. The first of a name is its default version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartsLock {
    /// The file's form.
    pub version: u32,
    /// The charts.
    pub charts: Vec<PinnedChart>,
}

/// One version of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedChart {
    /// The chart's name.
    pub name: String,
    /// The address of its repository (`https://…` or `oci://…`).
    pub repository: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of the archive, as `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

impl Default for ChartsLock {
    fn default() -> Self {
        Self { version: VERSION, charts: Vec::new() }
    }
}

/// Why a lock file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It is not YAML.
    #[error("read charts.lock")]
    Yaml(#[source] yaml::Error),
    /// It has another shape.
    #[error("understand charts.lock")]
    Shape(#[source] serde_json::Error),
    /// It is of a form that we do not know.
    #[error("charts.lock is of form {0}, and this eggtooth reads form {VERSION}")]
    Version(u32),
}

impl ChartsLock {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let json = yaml::read_json(text, yaml::Flavour::GoYamlV3).map_err(LockError::Yaml)?;
        let lock: Self = serde_json::from_value(json).map_err(LockError::Shape)?;
        if lock.version == VERSION { Ok(lock) } else { Err(LockError::Version(lock.version)) }
    }

    /// Returns a chart's entry: of this version, or the default one.
    pub fn find(&self, name: &str, version: Option<&str>) -> Option<&PinnedChart> {
        self.charts
            .iter()
            .find(|chart| chart.name == name && version.is_none_or(|version| chart.version == version))
    }

    /// Returns a chart's default version.
    pub fn version_of(&self, name: &str) -> Option<&str> {
        self.find(name, None).map(|chart| chart.version.as_str())
    }
}
