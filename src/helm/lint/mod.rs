//! `helm lint`: what will keep a chart from being installed, and what is no good custom.
//!
//! The rules, their order and their words are Helm's, but for the words of parsers.

mod definitions;
mod deprecation;
mod description;
mod name;
mod templates;
mod values;

use std::fmt;
use std::path::Path;

use crate::helm::chart::{Chart, File};
use crate::helm::render::KubeVersion;
use crate::helm::values::{Overrides, OverridesError};

/// How to look.
#[derive(Clone, Debug, Default)]
pub struct Lint {
    /// Values that go over the chart's own.
    pub values: Overrides,
    /// The version of Kubernetes to look for.
    pub kube_version: Option<KubeVersion>,
    /// Leaves the values' schema out.
    pub skip_schema: bool,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth to know.
    Info,
    /// Against custom.
    Warning,
    /// The chart can't be installed so.
    Error,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, by its path in the chart.
    pub path: String,
    /// What it is.
    pub message: String,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}] {}: {}", self.severity, self.path, self.message)
    }
}

/// The findings about one chart.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, severity: Severity, path: &str, message: impl Into<String>) {
        self.0.push(Finding { severity, path: path.to_owned(), message: message.into() });
    }
}

/// Looks at the chart with these files; `path` is where it lies, for messages.
pub fn lint(path: &Path, files: &[File], lint: &Lint) -> Result<Vec<Finding>, OverridesError> {
    let user = lint.values.merge()?;
    let mut findings = Findings::default();
    description::check(files, &mut findings);
    values::check(files, &user, lint, &mut findings);
    let chart = Chart::from_files(files.to_vec());
    templates::check(files, chart.as_ref(), &user, lint, &mut findings);
    match &chart {
        Err(error) => findings.add(Severity::Error, "", format!("unable to load chart\n\t{}", chain(error))),
        Ok(chart) => missing(path, chart, &mut findings),
    }
    definitions::check(files, &mut findings);
    Ok(findings.0)
}

fn missing(path: &Path, chart: &Chart, findings: &mut Findings) {
    let named = chart.metadata.dependencies.iter().map(|dependency| dependency.name.as_str());
    let is_there = |name: &&str| chart.subcharts.iter().any(|child| child.name() == *name);
    let missing: Vec<&str> = named.filter(|name| !is_there(name)).collect();
    if !missing.is_empty() {
        let message = format!("chart directory is missing these dependencies: {}", missing.join(","));
        findings.add(Severity::Warning, &path.display().to_string(), message);
    }
}

/// Returns an error with its causes on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
