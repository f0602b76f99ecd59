//! A release in full: as `status`, `get all`, `install` and `upgrade` show it.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value as Json, value::RawValue};

use super::ansic;
use crate::helm::hooks::{Event, Hook};
use crate::helm::record::{Info, Record};

/// A release as JSON: the record, and the objects that are there.
#[derive(Serialize)]
pub(in crate::cli) struct ReleaseJson<'a> {
    name: &'a str,
    info: InfoJson<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chart: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    config: &'a Map<String, Json>,
    manifest: &'a str,
    #[serde(skip_serializing_if = "<[Hook]>::is_empty")]
    hooks: &'a [Hook],
    version: u64,
    namespace: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    apply_method: &'a str,
}

#[derive(Serialize)]
struct InfoJson<'a> {
    #[serde(flatten)]
    info: &'a Info,
    #[serde(skip_serializing_if = "Map::is_empty")]
    resources: Map<String, Json>,
}

impl<'a> ReleaseJson<'a> {
    /// Takes a record without its chart, with the objects that are there by version and kind.
    pub(in crate::cli) fn status(record: &'a Record, resources: Map<String, Json>) -> Self {
        Self { chart: None, info: InfoJson { info: &record.info, resources }, ..Self::whole(record) }
    }

    /// Takes a record with its chart.
    pub(in crate::cli) fn whole(record: &'a Record) -> Self {
        Self {
            name: record.name(),
            info: InfoJson { info: &record.info, resources: Map::new() },
            chart: Some(record.chart().json()),
            config: record.config(),
            manifest: record.manifest(),
            hooks: &record.hooks,
            version: record.version(),
            namespace: record.namespace(),
            apply_method: record.apply_method(),
        }
    }
}

/// A release as text.
pub(in crate::cli) struct StatusTable<'a> {
    /// The record.
    pub(in crate::cli) record: &'a Record,
    /// Whether the chart is told.
    pub(in crate::cli) metadata: bool,
    /// The objects that are there, as a text.
    pub(in crate::cli) resources: Option<String>,
    /// The values that the templates saw: with them all is told.
    pub(in crate::cli) computed: Option<&'a Map<String, Json>>,
    /// Whether notes are left out.
    pub(in crate::cli) hide_notes: bool,
}

impl StatusTable<'_> {
    /// Returns the text.
    pub(in crate::cli) fn text(&self) -> String {
        let Self { record, .. } = self;
        let mut text = format!("NAME: {}\n", record.name());
        if record.info.last_deployed.is_some() {
            let _ = writeln!(text, "LAST DEPLOYED: {}", ansic(record.info.last_deployed.as_deref()));
        }
        let _ = writeln!(text, "NAMESPACE: {}", record.namespace());
        let _ = writeln!(text, "STATUS: {}\nREVISION: {}", record.info.status.as_str(), record.version());
        if self.metadata {
            let chart = &record.chart().metadata;
            let _ = writeln!(
                text,
                "CHART: {}\nVERSION: {}\nAPP_VERSION: {}",
                chart.name, chart.version, chart.app_version
            );
        }
        let _ = writeln!(text, "DESCRIPTION: {}", record.info.description);
        if let Some(resources) = &self.resources {
            let _ = writeln!(text, "RESOURCES:\n{resources}");
        }
        self.tests(&mut text);
        if let Some(computed) = self.computed {
            let config = (!record.config().is_empty()).then(|| record.config());
            let _ = writeln!(text, "USER-SUPPLIED VALUES:\n{}", super::yaml(&config));
            let _ = writeln!(text, "COMPUTED VALUES:\n{}", super::yaml(computed));
        }
        if self.computed.is_some() || record.info.description.eq_ignore_ascii_case("Dry run complete") {
            let _ = writeln!(text, "HOOKS:\n{}MANIFEST:\n{}", hooks(&record.hooks), record.manifest());
        }
        if !self.hide_notes && !record.info.notes.is_empty() {
            let _ = writeln!(text, "NOTES:\n{}", record.info.notes.trim());
        }
        text
    }

    fn tests(&self, text: &mut String) {
        let tests = || self.record.hooks.iter().filter(|hook| hook.events.contains(&Event::Test));
        if tests().next().is_none() {
            text.push_str("TEST SUITE: None\n");
        }
        for hook in tests().filter(|hook| hook.last_run.started_at.is_some()) {
            let run = &hook.last_run;
            // Writing into a String does not fail.
            let _ = writeln!(
                text,
                "TEST SUITE:     {}\nLast Started:   {}\nLast Completed: {}\nPhase:          {}",
                hook.name,
                ansic(run.started_at.as_deref()),
                ansic(run.completed_at.as_deref()),
                run.phase
            );
        }
    }
}

/// Returns the hooks' texts.
pub(in crate::cli) fn hooks(hooks: &[Hook]) -> String {
    let text = |hook: &Hook| format!("---\n# Source: {}\n{}\n", hook.path, hook.manifest);
    hooks.iter().map(text).collect()
}
