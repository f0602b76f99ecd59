//! `helm get`.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde_json::{Map as JsonMap, Value as Json};

use super::HelmCommandError;
use super::session::Session;
use crate::cli::{
    args::helm::{Get, GetAll, GetMetadata, GetValues, OneRevision, Output},
    display::release::{StatusTable, hooks, json_line, release_value, seconds, yaml},
    exit::Exit,
};
use crate::gotemplate::{Functions, Map, MissingKey, Set, Value};
use crate::helm::action;
use crate::helm::chart::Dependency;
use crate::helm::record::Stored;

pub(super) async fn run(session: &Session, part: &Get) -> Result<Exit, HelmCommandError> {
    let text = match part {
        Get::All(GetAll { of, template }) => {
            let stored = read(session, of).await?;
            if template.is_empty() { all(&stored)? } else { by_template(&stored, of, template)? }
        }
        Get::Hooks(of) => hooks(&read(session, of).await?.record.hooks),
        Get::Manifest(of) => format!("{}\n", read(session, of).await?.record.manifest()),
        Get::Metadata(arguments) => metadata(&read(session, &arguments.of).await?, arguments),
        Get::Notes(of) => match read(session, of).await?.record.info.notes {
            notes if notes.is_empty() => notes,
            notes => format!("NOTES:\n{notes}\n"),
        },
        Get::Values(arguments) => values(&read(session, &arguments.of).await?, arguments)?,
    };
    session.terminal.print(&text);
    Ok(Exit::Done)
}

async fn read(session: &Session, of: &OneRevision) -> Result<Stored, HelmCommandError> {
    let connected = session.connect().await?;
    let revision = Some(of.revision).filter(|revision| *revision > 0);
    Ok(action::read(&connected.storage(), &of.name, revision).await?)
}

fn all(stored: &Stored) -> Result<String, HelmCommandError> {
    let computed = action::computed_values(&stored.record)?;
    let table = StatusTable {
        record: &stored.record,
        metadata: true,
        resources: None,
        computed: Some(&computed),
        hide_notes: false,
    };
    Ok(table.text())
}

fn by_template(stored: &Stored, of: &OneRevision, template: &str) -> Result<String, HelmCommandError> {
    // Go says where in the template by this name.
    let name = "_";
    let mut set = Set::new(name, Rc::new(Functions::default()), MissingKey::Invalid);
    set.parse(name, template).map_err(HelmCommandError::Parse)?;
    let release = release_value(&stored.record, labels(stored, of))?;
    let data = Value::Map(Map::from_iter([("Release", release)]));
    let text = Rc::new(set).execute(name, data).map_err(HelmCommandError::Execute)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Of the last revision helm tells its own labels, too.
fn labels<'a>(stored: &'a Stored, of: &OneRevision) -> &'a BTreeMap<String, String> {
    if of.revision == 0 { &stored.all_labels } else { &stored.labels }
}

fn values(stored: &Stored, arguments: &GetValues) -> Result<String, HelmCommandError> {
    let record = &stored.record;
    let values: Option<JsonMap<String, Json>> = if arguments.all {
        Some(action::computed_values(record)?)
    } else {
        // Helm says null where there are none.
        Some(record.config().clone()).filter(|config| !config.is_empty())
    };
    let title = if arguments.all { "COMPUTED VALUES:" } else { "USER-SUPPLIED VALUES:" };
    Ok(match arguments.output.output {
        Output::Json => json_line(&values),
        Output::Yaml => yaml(&values),
        Output::Table => format!("{title}\n{}", yaml(&values)),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    name: &'a str,
    chart: &'a str,
    version: &'a str,
    app_version: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "<[Dependency]>::is_empty")]
    dependencies: &'a [Dependency],
    namespace: &'a str,
    revision: u64,
    status: &'static str,
    deployed_at: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    apply_method: &'a str,
}

fn metadata(stored: &Stored, arguments: &GetMetadata) -> String {
    let record = &stored.record;
    let chart = &record.chart().metadata;
    let metadata = Metadata {
        name: record.name(),
        chart: &chart.name,
        version: &chart.version,
        app_version: &chart.app_version,
        annotations: chart.annotations.clone().unwrap_or_default(),
        labels: labels(stored, &arguments.of),
        dependencies: &chart.dependencies,
        namespace: record.namespace(),
        revision: record.version(),
        status: record.info.status.as_str(),
        deployed_at: seconds(record.info.last_deployed.as_deref()),
        apply_method: record.apply_method(),
    };
    match arguments.output.output {
        Output::Json => json_line(&metadata),
        Output::Yaml => yaml(&metadata),
        Output::Table => metadata.text(),
    }
}

impl Metadata<'_> {
    fn text(&self) -> String {
        let pairs = |map: &BTreeMap<String, String>| {
            map.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
        };
        let mut dependencies: Vec<&str> = self.dependencies.iter().map(|it| it.name.as_str()).collect();
        dependencies.sort_unstable();
        let method = match self.apply_method {
            "" => "client-side apply (defaulted)".to_owned(),
            "csa" => "client-side apply".to_owned(),
            "ssa" => "server-side apply".to_owned(),
            other => format!("unknown ({other:?})"),
        };
        let lines = [
            ("NAME", self.name.to_owned()),
            ("CHART", self.chart.to_owned()),
            ("VERSION", self.version.to_owned()),
            ("APP_VERSION", self.app_version.to_owned()),
            ("ANNOTATIONS", pairs(&self.annotations)),
            ("LABELS", pairs(self.labels)),
            ("DEPENDENCIES", dependencies.join(",")),
            ("NAMESPACE", self.namespace.to_owned()),
            ("REVISION", self.revision.to_string()),
            ("STATUS", self.status.to_owned()),
            ("DEPLOYED_AT", self.deployed_at.clone()),
            ("APPLY_METHOD", method),
        ];
        lines.map(|(key, value)| format!("{key}: {value}\n")).concat()
    }
}
