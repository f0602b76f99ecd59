//! What can go wrong on the way to a chart.

use std::path::PathBuf;

use crate::helm::chart::ChartError;
use crate::yaml;

/// Why a chart cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// A digest is none.
    #[error("`{0}` is not a SHA-256 digest")]
    Digest(String),
    /// The archive is another one than was pinned: it is not opened.
    #[error("the archive of {name} {version} from {place} has the digest {found}, and {expected} is pinned")]
    Mismatch {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
        /// Where the archive came from.
        place: String,
        /// What is pinned.
        expected: String,
        /// What it has.
        found: String,
    },
    /// The place does not have the chart, or not in this version.
    #[error("{place} has no chart {name} {version}")]
    NotFound {
        /// The chart.
        name: String,
        /// Its version.
        version: String,
        /// Where it was looked for.
        place: String,
    },
    /// The repository does not answer.
    #[error("the chart repository {repository} cannot be reached")]
    Down {
        /// Which.
        repository: String,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The repository answers with an error.
    #[error("the chart repository {repository} answered {status} for {file}")]
    Status {
        /// Which.
        repository: String,
        /// What it said.
        status: u16,
        /// What was asked for.
        file: String,
    },
    /// The repository's index is no index.
    #[error("understand the index of the chart repository {repository}")]
    Index {
        /// Which.
        repository: String,
        /// Why.
        #[source]
        source: yaml::Error,
    },
    /// The archive or the index has no end.
    #[error("{file} of the chart repository {repository} is larger than {limit} bytes")]
    TooLarge {
        /// The repository.
        repository: String,
        /// Which file.
        file: String,
        /// How much is allowed.
        limit: u64,
    },
    /// An address is none that we can fetch from.
    #[error("`{0}` is not an http or https address")]
    Address(String),
    /// A file cannot be read.
    #[error("read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The archive is no chart.
    #[error("open the chart {name}")]
    Chart {
        /// Which.
        name: String,
        /// Why.
        #[source]
        source: ChartError,
    },
    /// The thread that unpacked the chart ended.
    #[error("unpack a chart")]
    Thread(#[source] tokio::task::JoinError),
}

impl RepositoryError {
    /// Returns what to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Mismatch { .. } => {
                "find out who changed the archive; only when the change is meant, pin the new digest in charts.lock"
            }
            Self::NotFound { .. } => "look at name, version and repository in charts.lock",
            Self::Down { .. } | Self::Status { .. } => {
                "try again, or take the archives from a folder with --charts DIR"
            }
            _ => return None,
        })
    }
}
