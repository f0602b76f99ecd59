//! What can be wrong with a chart.

use std::path::PathBuf;

use crate::helm::chart::BadPattern;
use crate::yaml;

/// Why a chart cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// A file or folder cannot be read.
    #[error("read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The archive is broken.
    #[error("read the chart's archive")]
    Archive(#[source] std::io::Error),
    /// The bytes are no gzipped archive.
    #[error("this is no gzipped archive")]
    NotAnArchive,
    /// The archive names a file that would lie outside of the chart.
    #[error("the archive has a file outside of the chart: `{0}`")]
    Escapes(String),
    /// A symbolic or hard link in an archive, or one that leads out of a folder.
    #[error("`{0}` is a link; a chart holds plain files only")]
    Link(String),
    /// A device, a pipe or a socket.
    #[error("`{0}` is neither a file nor a folder")]
    Irregular(String),
    /// The files together are too large.
    #[error("the chart is larger than {limit} bytes when unpacked")]
    TooLarge {
        /// How much is allowed.
        limit: u64,
    },
    /// There are too many files.
    #[error("the chart has more than {limit} files")]
    TooManyFiles {
        /// How many are allowed.
        limit: usize,
    },
    /// Charts within charts within charts.
    #[error("charts are nested more than {limit} deep")]
    TooDeep {
        /// How deep is allowed.
        limit: usize,
    },
    /// A pattern of `.helmignore` cannot be read.
    #[error("`.helmignore`: `{pattern}`")]
    Ignore {
        /// The line.
        pattern: String,
        /// What is wrong with it.
        #[source]
        source: BadPattern,
    },
    /// There is no `Chart.yaml`.
    #[error("`Chart.yaml` is missing")]
    NoMetadata,
    /// A file of the chart is not the YAML that it should be.
    #[error("cannot load `{file}`")]
    Yaml {
        /// Which.
        file: String,
        /// Why.
        #[source]
        source: yaml::Error,
    },
    /// A file of the chart has another shape than it should.
    #[error("cannot load `{file}`")]
    Shape {
        /// Which.
        file: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A file of the chart is not UTF-8.
    #[error("`{0}` is not UTF-8")]
    NotText(String),
    /// `Chart.yaml` says something that it must not.
    #[error("`Chart.yaml`: {0}")]
    Invalid(String),
    /// A chart, or one within, cannot be read.
    #[error("load the chart `{name}`")]
    Within {
        /// Which: its path or its name below `charts/`.
        name: String,
        /// Why.
        #[source]
        source: Box<ChartError>,
    },
}
