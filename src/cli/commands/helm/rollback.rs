//! `helm rollback`.

use super::HelmCommandError;
use super::session::Session;
use crate::cli::{args::helm::Rollback, exit::Exit};
use crate::helm::action;

pub(super) async fn run(session: &Session, arguments: &Rollback) -> Result<Exit, HelmCommandError> {
    let connected = session.connect().await?;
    let options = arguments.change.options(arguments.history_max, arguments.cleanup_on_fail);
    action::rollback(&connected.releases(), &arguments.name, arguments.revision, &options).await?;
    session.terminal.print("Rollback was a success! Happy Helming!\n");
    Ok(Exit::Done)
}
