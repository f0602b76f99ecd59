//! `templates/`: what they render to with the chart's own values.

use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;

use super::{Findings, Lint, Severity, chain, deprecation, name};
use crate::gotemplate::Map;
use crate::gotemplate::functions::Host;
use crate::helm::chart::{Chart, ChartError, File};
use crate::helm::render::{self, Capabilities, Options, Target};
use crate::helm::values::Elsewhere;
use crate::yaml;

const PATH: &str = "templates/";
/// The extensions that templates may have.
const EXTENSIONS: [&str; 4] = [".yaml", ".yml", ".tpl", ".txt"];
const SELECTING: [&str; 4] = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"];

pub(super) fn check(
    files: &[File],
    chart: Result<&Chart, &ChartError>,
    user: &Map,
    lint: &Lint,
    findings: &mut Findings,
) {
    if !files.iter().any(|file| file.name.starts_with(PATH)) {
        return findings.add(Severity::Warning, PATH, "directory does not exist");
    }
    let chart = match chart {
        Ok(chart) => chart,
        Err(error) => return findings.add(Severity::Error, PATH, chain(error)),
    };
    let outputs = match render(chart, user, lint) {
        Ok(outputs) => outputs,
        Err(error) => return findings.add(Severity::Error, PATH, chain(&error)),
    };
    for template in &chart.templates {
        let extension = template.base().rfind('.').map_or("", |dot| &template.base()[dot..]);
        if !EXTENSIONS.contains(&extension) {
            let message = format!(
                "file extension '{extension}' not valid. Valid extensions are .yaml, .yml, .tpl, or .txt"
            );
            findings.add(Severity::Error, &template.name, message);
        }
        let rendered = format!("{}/{}", chart.name(), template.name);
        let output = outputs.iter().find(|(path, _)| *path == rendered).map(|(_, output)| output.as_str());
        if let Some(output) = output.filter(|output| extension == ".yaml" && !output.trim().is_empty()) {
            document(&template.name, output, lint, findings);
        }
    }
}

/// Renders as Helm does for this: what a template refuses is no fault of it, for its user's values are not here.
fn render(chart: &Chart, user: &Map, lint: &Lint) -> Result<Vec<(String, String)>, render::RenderError> {
    let mut capabilities = Capabilities::default();
    if let Some(version) = &lint.kube_version {
        capabilities.kube_version = version.clone();
    }
    let target =
        Target { name: "test-release".into(), namespace: "default".into(), revision: 1, upgrade: false };
    let options = Options {
        capabilities: &capabilities,
        include_crds: false,
        check_schema: !lint.skip_schema,
        elsewhere: Elsewhere::default(),
        subchart_notes: false,
        hide_secrets: false,
        post: None,
        lookup: None,
        host: Rc::new(Host::system()),
    };
    // A dependency that is not there is told of elsewhere.
    let mut chart = chart.clone();
    let there: Vec<String> = chart.subcharts.iter().map(|child| child.name().to_owned()).collect();
    chart.metadata.dependencies.retain(|dependency| there.contains(&dependency.name));
    render::leniently(&Arc::new(chart), user, &target, &options)
}

fn document(path: &str, output: &str, lint: &Lint, findings: &mut Findings) {
    let first = output.lines().map(|line| line.trim_start_matches('\u{feff}')).find(|line| {
        let line = line.trim();
        !line.is_empty() && line != "---"
    });
    if let Some(line) = first.filter(|line| line.starts_with([' ', '\t'])) {
        let message =
            format!("document starts with an illegal indent: {line:?}, which may cause parsing problems");
        findings.add(Severity::Warning, path, message);
    }
    for text in render::split(output) {
        let object = match yaml::read_json(text, yaml::Flavour::GoYamlV2) {
            Ok(Json::Null) => continue,
            Ok(object @ Json::Object(_)) => object,
            Ok(_) => {
                let message = "unable to parse YAML: a document is no map";
                return findings.add(Severity::Error, path, message);
            }
            Err(error) => {
                return findings.add(Severity::Error, path, format!("unable to parse YAML: {error}"));
            }
        };
        object_of(path, &object, output, lint, findings);
    }
}

fn object_of(path: &str, object: &Json, output: &str, lint: &Lint, findings: &mut Findings) {
    let field = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default();
    let (version, kind, name) = (field("/apiVersion"), field("/kind"), field("/metadata/name"));
    if let Some(problem) = name::problem(kind, name) {
        let message = format!(
            "object name does not conform to Kubernetes naming requirements: {name:?}: metadata.name: Invalid value: {name:?}: {problem}"
        );
        findings.add(Severity::Warning, path, message);
    }
    if let Some(message) = deprecation::of(version, kind, lint.kube_version.as_ref()) {
        findings.add(Severity::Warning, path, message);
    }
    if SELECTING.contains(&kind) && !output.contains("matchLabels") && !output.contains("matchExpressions") {
        let message = format!("a {kind} must contain matchLabels or matchExpressions, and {name:?} does not");
        findings.add(Severity::Error, path, message);
    }
    let items = object.get("items").and_then(Json::as_array).filter(|_| kind == "List");
    let keeps = |item: &Json| item.pointer("/metadata/annotations/helm.sh~1resource-policy").is_some();
    if items.into_iter().flatten().any(keeps) {
        let message = "annotation 'helm.sh/resource-policy' within List objects are ignored";
        findings.add(Severity::Error, path, message);
    }
}
