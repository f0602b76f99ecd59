//! `values.yaml`, and whether the values fit the schema.

use super::{Findings, Lint, Severity};
use crate::gotemplate::{Map, Value};
use crate::helm::chart::File;
use crate::helm::values;

const PATH: &str = "values.yaml";

pub(super) fn check(files: &[File], user: &Map, lint: &Lint, findings: &mut Findings) {
    let Some(file) = files.iter().find(|file| file.name == PATH) else {
        return findings.add(Severity::Info, PATH, "file does not exist");
    };
    let mut own = match values::read(&String::from_utf8_lossy(&file.data)) {
        Ok(own) => own,
        Err(error) => return findings.add(Severity::Error, PATH, format!("unable to parse YAML: {error}")),
    };
    let Some(schema) =
        files.iter().find(|file| file.name == "values.schema.json").filter(|_| !lint.skip_schema)
    else {
        return;
    };
    if let serde_json::Value::Object(user) = Value::Map(user.clone()).to_json() {
        values::overlay(&mut own, user);
    }
    if let Err(error) = values::validate_alone(&schema.data, &own.into()) {
        findings.add(Severity::Error, PATH, error.to_string());
    }
}
