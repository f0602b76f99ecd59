//! Why a verb of `helm` fails.

use std::path::PathBuf;

use crate::file::FileError;
use crate::helm::{
    TemplateError,
    action::ActionError,
    chart::ChartError,
    charts_lock::LockError,
    dependencies::UpdateError,
    provenance::{KeyringError, ProvenanceError},
    render::KubeVersionError,
    repository::RepositoryError,
    values::OverridesError,
};
use crate::kubernetes::KubernetesError;
use crate::workflow::WorkflowError;

/// Why a verb of `helm` fails.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli::commands) enum HelmCommandError {
    /// The chart cannot be read.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The chart cannot be had.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The chart cannot be rendered.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The template for what is shown is none.
    #[error(transparent)]
    Parse(crate::gotemplate::ParseError),
    /// It asks for what is not there.
    #[error(transparent)]
    Execute(crate::gotemplate::ExecError),
    /// A record is damaged.
    #[error(transparent)]
    Record(#[from] crate::helm::record::RecordError),
    /// The release cannot be read or changed.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// The cluster refuses, or does not answer.
    #[error(transparent)]
    Kubernetes(#[from] KubernetesError),
    /// There is no such driver.
    #[error("HELM_DRIVER is `{0}`: records are kept in `secret` or `configmap`")]
    Driver(String),
    /// The values cannot be read.
    #[error(transparent)]
    Values(#[from] OverridesError),
    /// The version of Kubernetes is none.
    #[error(transparent)]
    KubeVersion(#[from] KubeVersionError),
    /// What a chart is made of cannot be brought.
    #[error("bring the dependencies of the chart in `{}`", path.display())]
    Update {
        /// The chart's folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<UpdateError>,
    },
    /// A name is said, and to be made, too.
    #[error("the release has a name already: leave {0} away")]
    TwoNames(&'static str),
    /// A name is neither said nor to be made.
    #[error("the release has no name")]
    NoName,
    /// Secrets can be hidden only where nothing is made.
    #[error("--hide-secret goes with --dry-run")]
    NothingHidden,
    /// Where the chart would be unpacked is something.
    #[error("unpack the chart: `{}` exists already", .0.display())]
    Exists(PathBuf),
    /// A chart's provenance proves nothing.
    #[error("verify `{file}`")]
    Provenance {
        /// The archive.
        file: String,
        /// Why.
        #[source]
        source: Box<ProvenanceError>,
    },
    /// Nobody signed it.
    #[error("verify {0}: there is no provenance file beside it")]
    Unsigned(String),
    /// Only archives are signed.
    #[error("`{}` is a folder: only archives can be verified", .0.display())]
    Unpacked(PathBuf),
    /// The public keys cannot be read.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A file cannot be read.
    #[error("read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A folder or file cannot be written.
    #[error("write `{}`", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file cannot be replaced.
    #[error(transparent)]
    File(#[from] FileError),
    /// The project's files are wrong.
    #[error(transparent)]
    Workflow(#[from] WorkflowError),
    /// The project's charts.lock cannot be changed.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The project pins no chart.
    #[error("bootstrap/charts.lock pins nothing")]
    NothingPinned,
    /// A chart of this machine cannot be pinned.
    #[error("`{0}` does not say where others find it: a pinned chart is from a repository or a registry")]
    NotPublished(String),
}

impl HelmCommandError {
    /// Returns what to do about it.
    pub(in crate::cli::commands) fn hint(&self) -> Option<String> {
        match self {
            Self::Action(error) => error.hint(),
            Self::Kubernetes(error) => error.hint(),
            Self::Repository(error) => error.hint().map(str::to_owned),
            Self::Update { source, .. } => source.hint().map(str::to_owned),
            Self::Workflow(error) => error.hint(),
            Self::Keyring(_) => Some("name a file with public keys: --keyring FILE".to_owned()),
            Self::NoName => Some("give one before the chart, or --generate-name".to_owned()),
            Self::NothingPinned => Some("pin a chart: eggtooth helm lock NAME --repo URL".to_owned()),
            _ => None,
        }
    }
}
