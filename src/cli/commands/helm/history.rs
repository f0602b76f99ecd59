//! `helm history`.

use serde::Serialize;

use super::HelmCommandError;
use super::list::chart_name;
use super::session::Session;
use crate::cli::{
    args::helm::{History, Output},
    display::release::{ansic, columns, json_line, yaml},
    exit::Exit,
};
use crate::helm::action;
use crate::helm::record::Stored;

#[derive(Serialize)]
struct Past {
    revision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated: Option<String>,
    status: &'static str,
    chart: String,
    app_version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback_revision: Option<u64>,
    description: String,
}

pub(super) async fn run(session: &Session, arguments: &History) -> Result<Exit, HelmCommandError> {
    let connected = session.connect().await?;
    let found = action::history(&connected.storage(), &arguments.name, arguments.max).await?;
    let past: Vec<Past> = found.iter().map(past).collect();
    let text = match arguments.output.output {
        Output::Json => json_line(&past),
        Output::Yaml => yaml(&past),
        Output::Table if arguments.show_rollback_revision => with_rollbacks(past),
        Output::Table => table(past),
    };
    session.terminal.print(&text);
    Ok(Exit::Done)
}

fn past(stored: &Stored) -> Past {
    let record = &stored.record;
    Past {
        revision: record.version(),
        updated: record.info.last_deployed.clone(),
        status: record.info.status.as_str(),
        chart: chart_name(&record.chart().metadata),
        app_version: record.chart().metadata.app_version.clone(),
        rollback_revision: record.info.rollback_revision,
        description: record.info.description.clone(),
    }
}

fn table(past: Vec<Past>) -> String {
    let header = ["REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "DESCRIPTION"].map(str::to_owned);
    let rows = past.into_iter().map(|it| {
        let updated = ansic(it.updated.as_deref());
        [it.revision.to_string(), updated, it.status.into(), it.chart, it.app_version, it.description]
    });
    columns(&std::iter::once(header).chain(rows).collect::<Vec<_>>())
}

fn with_rollbacks(past: Vec<Past>) -> String {
    let header = ["REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION", "ROLLBACK", "DESCRIPTION"];
    let rows = past.into_iter().map(|it| {
        let updated = ansic(it.updated.as_deref());
        let rollback = it.rollback_revision.map(|revision| revision.to_string()).unwrap_or_default();
        let revision = it.revision.to_string();
        [revision, updated, it.status.into(), it.chart, it.app_version, rollback, it.description]
    });
    columns(&std::iter::once(header.map(str::to_owned)).chain(rows).collect::<Vec<_>>())
}
