//! `helm upgrade`.

use super::HelmCommandError;
use super::make::{chosen, show};
use super::session::Session;
use crate::cli::{
    args::helm::{Output, Upgrade},
    exit::Exit,
};
use crate::helm::action;
use crate::helm::record::Status;

pub(super) async fn run(session: &Session, arguments: &Upgrade) -> Result<Exit, HelmCommandError> {
    let make = &arguments.make;
    let chosen = chosen(session, &arguments.name, make).await?;
    let connected = session.connect().await?;
    let mut options = make.change.options(arguments.history_max, arguments.cleanup_on_fail);
    options.rollback_on_failure = make.rollback_on_failure;
    options.wait |= make.rollback_on_failure;
    let releases = connected.releases();
    let history = releases.storage().history(&arguments.name).await.map_err(action::ActionError::from)?;
    // A first revision that a killed run left is made again, not changed.
    let none = history.last().is_none_or(|last| {
        last.status == Status::Uninstalled || (history.len() == 1 && last.status == Status::PendingInstall)
    });
    let table = make.output.output == Output::Table;
    if arguments.install && none {
        if table {
            let name = &arguments.name;
            session.terminal.print(&format!("Release {name:?} does not exist. Installing it now.\n"));
        }
        let record = action::install(&releases, &chosen, &options, true).await?;
        show(session, &record, make);
        return Ok(Exit::Done);
    }
    let record = action::upgrade(&releases, &chosen, &options, arguments.reuse.into()).await?;
    if table {
        let name = &arguments.name;
        session.terminal.print(&format!("Release {name:?} has been upgraded. Happy Helming!\n"));
    }
    show(session, &record, make);
    Ok(Exit::Done)
}
