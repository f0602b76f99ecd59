//! `helm show`: what a chart says of itself.

use std::fmt::Write as _;

use crate::helm::chart::{Chart, ChartError, File};
use crate::yaml::{Layout, emit_json};

/// Which part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// All of it, the parts behind lines of `---`.
    All,
    /// `Chart.yaml`, as it is understood.
    Chart,
    /// `values.yaml`, with its comments.
    Values,
    /// The text for readers.
    Readme,
    /// The definitions of `crds/`.
    Crds,
}

/// Returns what Helm prints of a chart with these files.
pub fn show(files: Vec<File>, part: Show) -> Result<String, ChartError> {
    let values = files.iter().find(|file| file.name == "values.yaml").cloned();
    let chart = Chart::from_files(files)?;
    let mut text = String::new();
    let wants = |wanted: Show| part == wanted || part == Show::All;
    if wants(Show::Chart) {
        let json = serde_json::to_value(&chart.metadata).unwrap_or_default();
        let _ = writeln!(text, "{}", emit_json(&json, Layout::GoYamlV2));
    }
    if wants(Show::Values)
        && let Some(values) = values
    {
        separate(&mut text, part);
        let _ = writeln!(text, "{}", String::from_utf8_lossy(&values.data));
    }
    if wants(Show::Readme)
        && let Some(readme) = readme(&chart)
    {
        separate(&mut text, part);
        let _ = writeln!(text, "{}", String::from_utf8_lossy(&readme.data));
    }
    if wants(Show::Crds) {
        definitions(&chart, &mut text);
    }
    Ok(text)
}

fn separate(text: &mut String, part: Show) {
    if part == Show::All {
        text.push_str("---\n");
    }
}

fn readme(chart: &Chart) -> Option<&File> {
    let is_readme =
        |file: &&File| ["readme.md", "readme.txt", "readme"].contains(&&*file.name.to_lowercase());
    chart.files.iter().find(is_readme)
}

fn definitions(chart: &Chart, text: &mut String) {
    for file in crate::helm::chart::definitions(chart) {
        if !file.data.starts_with(b"---") {
            text.push_str("---\n");
        }
        let _ = writeln!(text, "{}", String::from_utf8_lossy(&file.data));
    }
    chart.subcharts.iter().for_each(|child| definitions(child, text));
}
