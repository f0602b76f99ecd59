//! What can go wrong on the way to a chart.

use std::path::PathBuf;

use oci_client::errors::OciDistributionError;

use crate::helm::chart::ChartError;
use crate::helm::values::SchemaError;
use crate::yaml;

/// Why a chart cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// A digest is none.
    #[error("`{0}` is not a SHA-256 digest")]
    Digest(String),
    /// The archive is another one than was pinned: it is not opened.
    #[error("the archive of {chart} from {place} has the digest {found}, and {expected} is pinned")]
    Mismatch {
        /// The chart and its version.
        chart: String,
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
    /// A schema of a chart makes no sense.
    #[error("find what the chart's schemas refer to")]
    Schema(#[source] Box<SchemaError>),
    /// What a schema refers to is no schema.
    #[error("understand the schema {address}")]
    NoSchema {
        /// Where it is.
        address: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// An address is none that we can fetch from.
    #[error("`{0}` is not an http or https address")]
    Address(String),
    /// The client for a connection cannot be made.
    #[error("prepare the connection to a chart repository")]
    Client(#[source] reqwest::Error),
    /// A certificate or a key cannot be understood.
    #[error("understand the certificate or key in `{}`", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// A certificate of our own, towards a registry.
    #[error("a client certificate cannot be shown to an OCI registry")]
    Identity,
    /// `repositories.yaml` cannot be understood.
    #[error("understand the repositories in `{}`", path.display())]
    Repositories {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file with the logins of registries cannot be understood.
    #[error("understand the logins in `{}`", path.display())]
    Logins {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A program that keeps logins cannot be run.
    #[error("ask `{program}` for the login of a registry")]
    Helper {
        /// Which.
        program: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// An address is none of a registry.
    #[error("`{address}` is not the address of a chart in a registry")]
    Reference {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: oci_client::ParseError,
    },
    /// A registry does not answer, or refuses.
    #[error("pull from the registry {address}")]
    Registry {
        /// What was asked for.
        address: String,
        /// Why.
        #[source]
        source: Box<OciDistributionError>,
    },
    /// What a registry has under that name is no chart.
    #[error("{address} is not a chart: its manifest has no layer with a chart's content")]
    NoChart {
        /// What was asked for.
        address: String,
    },
    /// Nothing says which repository is meant.
    #[error("no chart is at `{0}`, and nothing says which repository has it")]
    Nowhere(String),
    /// No repository has this name here.
    #[error("no chart is at `{reference}`, and no repository is called `{name}`")]
    NoRepository {
        /// The repository's name.
        name: String,
        /// What the user wrote.
        reference: String,
    },
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
            Self::Nowhere(_) | Self::NoRepository { .. } => {
                "write a path, an address (https://…, oci://…), or name the repository with --repo URL"
            }
            Self::Registry { source, .. }
                if matches!(**source, OciDistributionError::UnauthorizedError { .. }) =>
            {
                "log in with `docker login` or `helm registry login`, or pass --username and --password"
            }
            _ => return None,
        })
    }

    /// Says whether the same request may be answered a little later.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Down { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            Self::Registry { source, .. } => match &**source {
                OciDistributionError::RequestError(error) => !error.is_builder(),
                OciDistributionError::ServerError { code, .. } => *code == 429 || *code >= 500,
                _ => false,
            },
            _ => false,
        }
    }
}
