//! `helm lint`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::HelmCommandError;
use super::session::Session;
use crate::cli::{args::helm::Lint, exit::Exit};
use crate::helm::chart::Chart;
use crate::helm::lint::{self, Finding, Severity};
use crate::helm::render::KubeVersion;

pub(super) fn run(session: &Session, arguments: &Lint) -> Result<Exit, HelmCommandError> {
    let kube_version = arguments.kube_version.as_deref().map(KubeVersion::parse).transpose()?;
    let how = lint::Lint {
        values: arguments.values.overrides(),
        kube_version,
        skip_schema: arguments.skip_schema_validation,
    };
    let worst = if arguments.strict { Severity::Warning } else { Severity::Error };
    let (mut linted, mut failed, mut shown_any) = (0, 0, false);
    for path in paths(arguments) {
        linted += 1;
        let shown = path.display();
        let files =
            Chart::files_at(&path).ok().filter(|files| files.iter().any(|file| file.name == "Chart.yaml"));
        let Some(files) = files else {
            failed += 1;
            let problem = "Error unable to check Chart.yaml file in chart: there is none";
            session.terminal.print(&format!("==> Linting {shown}\n{problem}\n\n"));
            continue;
        };
        let place = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        let mut findings = lint::lint(&place, &files, &how)?;
        failed += usize::from(findings.iter().any(|finding| finding.severity >= worst));
        if arguments.quiet {
            findings.retain(|finding| finding.severity > Severity::Info);
            if findings.is_empty() {
                continue;
            }
        }
        shown_any = true;
        session.terminal.print(&told(&path, &findings));
    }
    let sum = format!("{linted} chart(s) linted, {failed} chart(s) failed");
    if failed > 0 {
        session.terminal.say(&format!("Error: {sum}"));
        return Ok(Exit::Failed);
    }
    if !arguments.quiet || shown_any {
        session.terminal.print(&format!("{sum}\n"));
    }
    Ok(Exit::Done)
}

fn told(path: &Path, findings: &[Finding]) -> String {
    let mut text = format!("==> Linting {}\n", path.display());
    for finding in findings {
        let _ = writeln!(text, "{finding}");
    }
    text.push('\n');
    text
}

/// The charts that are named, and where it is wanted, the charts in them.
fn paths(arguments: &Lint) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for path in &arguments.paths {
        paths.push(path.clone());
        if arguments.with_subcharts {
            inner(path, &mut paths);
        }
    }
    paths
}

fn inner(chart: &Path, paths: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(chart.join("charts")).into_iter().flatten().flatten();
    let mut children: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    children.sort();
    for child in children {
        if child.join("Chart.yaml").is_file() {
            inner(&child, paths);
            paths.push(child);
        } else if child.extension().is_some_and(|extension| extension == "tgz") {
            paths.push(child);
        }
    }
}
