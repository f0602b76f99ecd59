//! From files to a chart.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use std::sync::Arc;

use super::limits::{Budget, DEPTH};
use super::{Chart, ChartError, Dependency, File, Metadata, archive};
use crate::yaml;

/// Makes a chart of its files; those below `charts/` become its subcharts.
pub(super) fn load(files: Vec<File>, depth: usize) -> Result<Chart, ChartError> {
    if depth > DEPTH {
        return Err(ChartError::TooDeep { limit: DEPTH });
    }
    let mut chart = Chart {
        metadata: Metadata::default(),
        lock: None,
        templates: Vec::new(),
        values: Map::new(),
        schema: None,
        files: Vec::new(),
        subcharts: Vec::new(),
    };
    let description = files.iter().find(|file| file.name == "Chart.yaml").ok_or(ChartError::NoMetadata)?;
    chart.metadata = decode(description)?;
    if chart.metadata.api_version.is_empty() {
        chart.metadata.api_version = "v1".into();
    }
    let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for file in files {
        if let Some((name, file)) = subchart_file(&file) {
            subcharts.entry(name).or_default().push(file);
        } else {
            chart.take(file)?;
        }
    }
    chart.metadata.validate()?;
    for (name, files) in subcharts {
        let subchart = subchart(&name, files, depth).map_err(|source| ChartError::Within {
            name: format!("charts/{name}"),
            source: Box::new(source),
        })?;
        chart.subcharts.extend(subchart.map(Arc::new));
    }
    Ok(chart)
}

impl Chart {
    fn take(&mut self, file: File) -> Result<(), ChartError> {
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => self.lock = Some(read(&file)?),
            "values.yaml" => self.values = values(&file)?,
            "values.schema.json" => self.schema = Some(file.data),
            // Charts of apiVersion v1 name their dependencies in a file of its own.
            "requirements.yaml" => {
                self.metadata.dependencies = decode::<Requirements>(&file)?.dependencies;
                self.keep_for_v1(file);
            }
            "requirements.lock" => {
                self.lock = Some(read(&file)?);
                self.keep_for_v1(file);
            }
            name if name.starts_with("templates/") => self.templates.push(file),
            _ => self.files.push(file),
        }
        Ok(())
    }

    fn keep_for_v1(&mut self, file: File) {
        if self.metadata.api_version == "v1" {
            self.files.push(file);
        }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Requirements {
    dependencies: Vec<Dependency>,
}

/// Returns the name of the subchart that the file belongs to, and the file below `charts/`.
fn subchart_file(file: &File) -> Option<(String, File)> {
    let inner = file.name.strip_prefix("charts/")?;
    if std::path::Path::new(inner).extension().is_some_and(|extension| extension == "prov") {
        return None;
    }
    let name = inner.split('/').next().unwrap_or(inner);
    Some((name.to_owned(), file.renamed(inner)))
}

/// Loads a subchart; what is hidden or a lone file is none.
#[expect(clippy::case_sensitive_file_extension_comparisons, reason = "Helm compares as it is written")]
fn subchart(name: &str, files: Vec<File>, depth: usize) -> Result<Option<Chart>, ChartError> {
    if name.starts_with(['_', '.']) {
        return Ok(None);
    }
    if name.ends_with(".tgz") {
        let Some(file) = files.first().filter(|file| file.name == name) else {
            return Err(ChartError::NotAnArchive);
        };
        let files = archive::read(&file.data, &mut Budget::default())?;
        return load(files, depth + 1).map(Some);
    }
    let inner = files.iter().filter_map(|file| Some(file.renamed(file.name.split_once('/')?.1)));
    load(inner.collect(), depth + 1).map(Some)
}

fn text(file: &File) -> Result<&str, ChartError> {
    file.text().ok_or_else(|| ChartError::NotText(file.name.clone()))
}

fn read(file: &File) -> Result<Value, ChartError> {
    yaml::read_json(text(file)?, yaml::Flavour::GoYamlV2)
        .map_err(|source| ChartError::Yaml { file: file.name.clone(), source })
}

fn decode<T: serde::de::DeserializeOwned + Default>(file: &File) -> Result<T, ChartError> {
    match read(file)? {
        Value::Null => Ok(T::default()),
        value => serde_json::from_value(value)
            .map_err(|source| ChartError::Shape { file: file.name.clone(), source }),
    }
}

/// Reads `values.yaml`: where it holds several documents, later ones override earlier ones.
fn values(file: &File) -> Result<Map<String, Value>, ChartError> {
    crate::helm::values::read(text(file)?).map_err(|error| match error {
        crate::helm::values::ReadError::Yaml(source) => ChartError::Yaml { file: file.name.clone(), source },
        crate::helm::values::ReadError::Shape(source) => {
            ChartError::Shape { file: file.name.clone(), source }
        }
    })
}
