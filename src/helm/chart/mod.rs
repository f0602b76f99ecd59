//! Charts as they come: a folder or an archive, read once, checked, and never changed.
//!
//! What a release makes of a chart (aliases, disabled dependencies, imported values) is left to
//! [`dependencies`](crate::helm::dependencies); a [`Chart`] is what its author wrote, so one can be shared by
//! any number of renderings on any threads.

mod archive;
mod error;
mod file;
mod folder;
mod ignore;
mod limits;
mod load;
mod metadata;
mod pattern;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

pub use error::ChartError;
pub use file::File;
pub use metadata::{Dependency, Maintainer, Metadata};
pub use pattern::{BadPattern, matches};

/// A chart with the charts that it carries.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What `Chart.yaml` says.
    pub metadata: Metadata,
    /// What `Chart.lock` says.
    pub lock: Option<Value>,
    /// The files below `templates/`.
    pub templates: Vec<File>,
    /// What `values.yaml` says.
    pub values: Map<String, Value>,
    /// `values.schema.json`.
    pub schema: Option<Arc<[u8]>>,
    /// All other files, `crds/` among them.
    pub files: Vec<File>,
    /// The charts below `charts/`, in the order of their folders' names.
    pub subcharts: Vec<Arc<Chart>>,
}

impl Chart {
    /// Reads a chart from a folder or from a `.tgz`.
    pub fn open(path: &Path) -> Result<Self, ChartError> {
        let files = Self::files_at(path)?;
        load::load(files, 0).map_err(|source| ChartError::Within {
            name: path.display().to_string(),
            source: Box::new(source),
        })
    }

    /// Makes a chart of its files, by their paths in it.
    pub fn from_files(files: Vec<File>) -> Result<Self, ChartError> {
        load::load(files, 0)
    }

    /// Reads the files of a chart as they are, from a folder (less what `.helmignore` names) or from a `.tgz`.
    pub fn files_at(path: &Path) -> Result<Vec<File>, ChartError> {
        let within =
            |source| ChartError::Within { name: path.display().to_string(), source: Box::new(source) };
        let metadata =
            std::fs::metadata(path).map_err(|source| ChartError::Read { path: path.to_owned(), source })?;
        if metadata.is_dir() {
            return folder::read(path).map_err(within);
        }
        let archive =
            std::fs::read(path).map_err(|source| ChartError::Read { path: path.to_owned(), source })?;
        Self::files_in(&archive).map_err(within)
    }

    /// Reads the files of a chart as they are from the bytes of a `.tgz`.
    pub fn files_in(archive: &[u8]) -> Result<Vec<File>, ChartError> {
        archive::read(archive, &mut limits::Budget::default())
    }

    /// Reads a chart from the bytes of a `.tgz`.
    pub fn from_archive(archive: &[u8]) -> Result<Self, ChartError> {
        load::load(Self::files_in(archive)?, 0)
    }

    /// Returns the chart's name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Says whether the chart is a library: it is not installed, and only its partials count.
    pub fn is_library(&self) -> bool {
        self.metadata.kind.eq_ignore_ascii_case("library")
    }
}

/// Returns the files of a chart's own `crds/` that hold definitions.
pub fn definitions(chart: &Chart) -> impl Iterator<Item = &File> {
    let is_manifest = |name: &str| {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    };
    chart.files.iter().filter(move |file| file.name.starts_with("crds/") && is_manifest(&file.name))
}

#[cfg(test)]
mod tests;
