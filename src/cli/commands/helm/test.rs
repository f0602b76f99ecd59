//! `helm test`.

use super::HelmCommandError;
use super::session::Session;
use crate::cli::{args::helm::Test, display::release::StatusTable, exit::Exit};
use crate::helm::action;

pub(super) async fn run(session: &Session, arguments: &Test) -> Result<Exit, HelmCommandError> {
    let connected = session.connect().await?;
    let releases = connected.releases();
    let wanted = arguments.wanted();
    let tested = action::test(&releases, &arguments.name, &wanted, arguments.timeout, arguments.logs).await?;
    let record = &tested.record;
    let table = StatusTable { record, metadata: false, resources: None, computed: None, hide_notes: true };
    session.terminal.print(&table.text());
    if arguments.logs {
        session.terminal.print("\n");
    }
    for (place, text) in &tested.logs {
        session.terminal.print(&format!("POD LOGS: {place}\n{text}\n"));
    }
    match tested.failure {
        Some(failure) => Err(failure.into()),
        None => Ok(Exit::Done),
    }
}
