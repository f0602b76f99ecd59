//! `helm status`.

use std::fmt::Write as _;

use super::HelmCommandError;
use super::session::Session;
use crate::cli::{
    args::helm::{Output, Status},
    display::release::{ReleaseJson, StatusTable, json_line, yaml},
    exit::Exit,
};
use crate::helm::action;

pub(super) async fn run(session: &Session, arguments: &Status) -> Result<Exit, HelmCommandError> {
    let connected = session.connect().await?;
    let revision = Some(arguments.of.revision).filter(|revision| *revision > 0);
    let stored = action::read(&connected.storage(), &arguments.of.name, revision).await?;
    let record = &stored.record;
    let text = match arguments.output.output {
        Output::Table => {
            let tables = action::tables(&connected.client, record).await?;
            let mut resources = String::new();
            for (kind, table) in &tables {
                // Writing into a String does not fail.
                let _ = writeln!(resources, "==> {kind}\n{table}");
            }
            StatusTable {
                record,
                metadata: false,
                resources: Some(resources).filter(|text| !text.is_empty()),
                computed: None,
                hide_notes: false,
            }
            .text()
        }
        output => {
            let release = ReleaseJson::status(record, action::objects(&connected.client, record).await?);
            if output == Output::Json { json_line(&release) } else { yaml(&release) }
        }
    };
    session.terminal.print(&text);
    Ok(Exit::Done)
}
