//! Small charts of our own, for when the real ones can't be had: without network, cache and folder.
//!
//! They make the workloads that the stacks of this repository wait for, and no more: no permissions, no limits, and of
//! the values only those that our stacks set.

use flate2::{Compression, write::GzEncoder};

use crate::helm::repository::Archive;

/// A chart: its name and its files.
type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($chart:literal: $($file:literal),*) => {
        ($chart, &[$(($file, include_str!(concat!("../../../bootstrap/demo/charts/", $chart, "/", $file)))),*])
    };
}

const CHARTS: [(&str, Files); 2] = [
    files!("external-secrets": "Chart.yaml", "values.yaml", "templates/definitions.yaml",
        "templates/operator.yaml", "templates/permissions.yaml", "templates/webhook.yaml", "templates/cert-controller.yaml"),
    files!("connect": "Chart.yaml", "values.yaml", "templates/connect.yaml"),
];

/// The version that stands in the files.
const VERSION: &str = "0.0.0-stand-in";

/// Returns the archive of the chart that stands in for `name`, as if it were of this version.
pub(super) fn archive(name: &str, version: &str) -> Option<Archive> {
    let (_, files) = CHARTS.iter().find(|(chart, _)| *chart == name)?;
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (file, text) in *files {
        let text = text.replace(VERSION, version);
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        // Writing into memory does not fail.
        archive.append_data(&mut header, format!("{name}/{file}"), text.as_bytes()).ok()?;
    }
    let bytes = archive.into_inner().ok()?.finish().ok()?;
    Some(Archive::new(format!("{name} {version}"), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stand_in_is_a_chart_of_the_version_that_is_pinned() {
        for (name, _) in CHARTS {
            let chart = archive(name, "1.2.3").unwrap().open().await.unwrap();
            assert_eq!((chart.name(), chart.metadata.version.as_str()), (name, "1.2.3"));
        }
        assert!(archive("nginx", "1.0.0").is_none());
    }
}
