//! `helm install`.

use super::HelmCommandError;
use super::make::{chosen, show};
use super::name::name;
use super::session::Session;
use crate::cli::{args::helm::Install, exit::Exit};
use crate::helm::action;

pub(super) async fn run(session: &Session, arguments: &Install) -> Result<Exit, HelmCommandError> {
    let make = &arguments.make;
    let now = session.clock.now();
    let name = name(arguments.name.as_deref(), &make.chart.chart, &arguments.naming, None, now)?;
    let chosen = chosen(session, &name, make).await?;
    let connected = session.connect().await?;
    let mut options = make.change.options(0, false);
    options.rollback_on_failure = make.rollback_on_failure;
    options.wait |= make.rollback_on_failure;
    let record = action::install(&connected.releases(), &chosen, &options, arguments.replace).await?;
    show(session, &record, make);
    Ok(Exit::Done)
}
