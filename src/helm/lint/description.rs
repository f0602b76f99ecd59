//! `Chart.yaml`.

use regex::Regex;
use reqwest::Url;
use serde_json::Value as Json;
use std::sync::LazyLock;

use super::{Findings, Severity, chain};
use crate::gotemplate::semver::Version;
use crate::helm::chart::{File, Metadata};
use crate::yaml;

const PATH: &str = "Chart.yaml";

/// The fields that there are.
const FIELDS: [&str; 18] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
    "engine",
];

pub(super) fn check(files: &[File], findings: &mut Findings) {
    let Some(file) = files.iter().find(|file| file.name == PATH) else {
        findings.add(Severity::Error, PATH, "file does not exist");
        return;
    };
    let text = String::from_utf8_lossy(&file.data);
    let json = match yaml::read_json(&text, yaml::Flavour::GoYamlV2) {
        Ok(json) => json,
        Err(error) => return findings.add(Severity::Error, PATH, format!("unable to parse YAML\n\t{error}")),
    };
    let metadata = match serde_json::from_value::<Option<Metadata>>(json.clone()) {
        Ok(metadata) => metadata.unwrap_or_default(),
        Err(error) => {
            return findings.add(Severity::Error, PATH, format!("unable to parse YAML\n\t{}", chain(&error)));
        }
    };
    let unknown = json.as_object().into_iter().flatten().find(|(key, _)| !FIELDS.contains(&key.as_str()));
    if let Some((key, _)) = unknown {
        let message = format!("failed to strictly parse chart metadata file\n\tunknown field {key:?}");
        findings.add(Severity::Warning, PATH, message);
    }
    let mut wrong = |message: String| findings.add(Severity::Error, PATH, message);
    identity(&metadata, &json, &mut wrong);
    people(&metadata, &mut wrong);
    for source in metadata.sources.iter().filter(|source| !is_address(source)) {
        wrong(format!("invalid source URL '{source}'"));
    }
    if metadata.icon.is_empty() {
        findings.add(Severity::Info, PATH, "icon is recommended");
    } else if !is_address(&metadata.icon) {
        findings.add(Severity::Error, PATH, format!("invalid icon URL '{}'", metadata.icon));
    }
    let only_in_v2 = |what: &str| format!("{what} in apiVersion 'v1'. It is valid in apiVersion 'v2'");
    if !metadata.kind.is_empty() && metadata.api_version != "v2" {
        findings.add(Severity::Error, PATH, only_in_v2("chart type is not valid"));
    }
    if !metadata.dependencies.is_empty() && metadata.api_version != "v2" {
        let message = "dependencies are not valid in the Chart file with apiVersion 'v1'. They are valid in apiVersion 'v2'";
        findings.add(Severity::Error, PATH, message);
    }
    if Version::parse_strict(&metadata.version).is_err() {
        let message = format!("version '{}' is not a valid SemVerV2", metadata.version);
        findings.add(Severity::Warning, PATH, message);
    }
}

fn identity(metadata: &Metadata, json: &Json, wrong: &mut impl FnMut(String)) {
    let name = metadata.name.as_str();
    if name.is_empty() {
        wrong("name is required".into());
    } else if name.contains('/') || name == "." || name == ".." {
        wrong(format!("chart name {name:?} is invalid"));
    }
    match metadata.api_version.as_str() {
        "v1" | "v2" => {}
        "" => wrong("apiVersion is required. The value must be either \"v1\" or \"v2\"".into()),
        other => {
            wrong(format!("apiVersion '{other}' is not valid. The value must be either \"v1\" or \"v2\""));
        }
    }
    text("version", json, wrong);
    if metadata.version.is_empty() {
        wrong("version is required".into());
    } else if metadata.version.parse::<Version>().is_err() {
        wrong(format!("version '{}' is not a valid SemVer", metadata.version));
    }
    text("appVersion", json, wrong);
}

/// A version that looks like a number is one.
fn text(field: &str, json: &Json, wrong: &mut impl FnMut(String)) {
    let kind = match json.get(field) {
        None | Some(Json::Null | Json::String(_)) => return,
        Some(Json::Number(_)) => "float64",
        Some(Json::Bool(_)) => "bool",
        Some(Json::Array(_)) => "[]interface {}",
        Some(Json::Object(_)) => "map[string]interface {}",
    };
    wrong(format!("{field} should be of type string but it's of type {kind}"));
}

fn people(metadata: &Metadata, wrong: &mut impl FnMut(String)) {
    for person in &metadata.maintainers {
        if person.name.is_empty() {
            wrong("each maintainer requires a name".into());
        } else if !person.email.is_empty() && !is_email(&person.email) {
            wrong(format!("invalid email '{}' for maintainer '{}'", person.email, person.name));
        } else if !person.url.is_empty() && !is_address(&person.url) {
            wrong(format!("invalid url '{}' for maintainer '{}'", person.url, person.name));
        }
    }
}

fn is_email(text: &str) -> bool {
    static EMAIL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\A[^@\s]+@[^@\s.]+(\.[^@\s.]+)*\z").expect("the pattern is valid"));
    EMAIL.is_match(text)
}

fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok()
}
