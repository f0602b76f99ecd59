//! `crds/`.

use serde_json::Value as Json;

use super::{Findings, Severity};
use crate::helm::chart::File;
use crate::yaml;

pub(super) fn check(files: &[File], findings: &mut Findings) {
    let is_definition = |file: &&File| {
        let parts: Vec<&str> = file.name.split('/').collect();
        let extension = file.name.rsplit_once('.').map_or("", |(_, extension)| extension);
        parts.len() == 2 && parts[0] == "crds" && ["yaml", "yml"].contains(&extension)
    };
    for file in files.iter().filter(is_definition) {
        let text = String::from_utf8_lossy(&file.data);
        let documents = match yaml::read_json_stream(&text, yaml::Flavour::GoYamlV2) {
            Ok(documents) => documents,
            Err(error) => {
                findings.add(Severity::Error, &file.name, format!("unable to parse YAML: {error}"));
                continue;
            }
        };
        for object in documents.iter().filter(|object| object.is_object()) {
            let field = |name: &str| object.get(name).and_then(Json::as_str).unwrap_or_default();
            if !field("apiVersion").starts_with("apiextensions.k8s.io") {
                findings.add(Severity::Error, &file.name, "apiVersion is not in 'apiextensions.k8s.io'");
            }
            if field("kind") != "CustomResourceDefinition" {
                findings.add(Severity::Error, &file.name, "object kind is not 'CustomResourceDefinition'");
            }
        }
    }
}
