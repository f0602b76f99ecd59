//! `helm dependency list`: which of the charts that `Chart.yaml` names lie in `charts/`, and whether they fit.

use std::fs;
use std::path::{Path, PathBuf};

use crate::gotemplate::semver::{Constraint, Version};
use crate::helm::chart::{Chart, ChartError, Dependency};

/// What a chart is made of.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// What `Chart.yaml` names.
    pub dependencies: Vec<Listed>,
    /// What lies in `charts/` and is no chart.
    pub strange: Vec<PathBuf>,
    /// The charts in `charts/` that `Chart.yaml` does not name.
    pub unnamed: Vec<PathBuf>,
}

/// One dependency.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Which versions fit.
    pub version: String,
    /// Where it comes from.
    pub repository: String,
    /// Whether it is there.
    pub status: Status,
}

/// How a dependency lies in `charts/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As an archive of a version that fits.
    Ok,
    /// As a folder, or within the archive of the whole, in a version that fits.
    Unpacked,
    /// Not at all.
    Missing,
    /// In a version that does not fit.
    WrongVersion,
    /// The range or its own version cannot be understood.
    InvalidVersion,
    /// As an archive that holds a chart of another name.
    Misnamed,
    /// As an archive that cannot be read.
    Corrupt,
    /// In more than one version.
    TooMany,
}

impl Status {
    /// Returns Helm's words for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unpacked => "unpacked",
            Self::Missing => "missing",
            Self::WrongVersion => "wrong version",
            Self::InvalidVersion => "invalid version",
            Self::Misnamed => "misnamed",
            Self::Corrupt => "corrupt",
            Self::TooMany => "too many matches",
        }
    }
}

/// Lists the dependencies of the chart at `path`, a folder or an archive.
pub fn list(path: &Path) -> Result<Listing, ChartError> {
    let chart = Chart::open(path)?;
    let named = &chart.metadata.dependencies;
    let mut listing = Listing::default();
    for dependency in named {
        listing.dependencies.push(Listed {
            name: dependency.name.clone(),
            version: dependency.version.clone(),
            repository: dependency.repository.clone(),
            status: status(path, dependency, &chart),
        });
    }
    for path in children(path) {
        match Chart::open(&path) {
            Err(_) => listing.strange.push(path),
            Ok(child) if named.iter().any(|dependency| dependency.name == child.name()) => {}
            Ok(_) => listing.unnamed.push(path),
        }
    }
    Ok(listing)
}

fn status(path: &Path, dependency: &Dependency, parent: &Chart) -> Status {
    let mut archives = archives(path, &dependency.name);
    if archives.len() > 1 {
        archives.retain(|(_, version)| Version::parse_strict(version).is_ok());
        if archives.len() != 1 {
            return Status::TooMany;
        }
    }
    if let Some((archive, _)) = archives.first() {
        return match Chart::open(archive) {
            Err(_) => Status::Corrupt,
            Ok(chart) if chart.name() != dependency.name => Status::Misnamed,
            Ok(chart) => fits(&chart, dependency).unwrap_or(Status::Ok),
        };
    }
    let inner = parent.subcharts.iter().find(|child| child.name() == dependency.name);
    inner.map_or(Status::Missing, |chart| fits(chart, dependency).unwrap_or(Status::Unpacked))
}

/// Returns what is wrong with the chart's version, if something is.
fn fits(chart: &Chart, dependency: &Dependency) -> Option<Status> {
    if chart.metadata.version == dependency.version {
        return None;
    }
    match (dependency.version.parse::<Constraint>(), chart.metadata.version.parse::<Version>()) {
        (Ok(constraint), Ok(version)) => (!constraint.matches(&version)).then_some(Status::WrongVersion),
        _ => Some(Status::InvalidVersion),
    }
}

/// Returns the archives in `charts/` whose names begin with that of a chart, and what follows it there.
fn archives(path: &Path, name: &str) -> Vec<(PathBuf, String)> {
    let entries = sorted(&path.join("charts")).into_iter();
    let archives = entries.filter_map(|entry| {
        let file = entry.file_name()?.to_str()?;
        let version = file.strip_suffix(".tgz")?.strip_prefix(name)?.strip_prefix('-')?.to_owned();
        Some((entry, version))
    });
    archives.collect()
}

/// Returns the folders and archives in `charts/`.
fn children(path: &Path) -> Vec<PathBuf> {
    let is_child =
        |path: &PathBuf| path.is_dir() || path.extension().is_some_and(|extension| extension == "tgz");
    sorted(&path.join("charts")).into_iter().filter(is_child).collect()
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
