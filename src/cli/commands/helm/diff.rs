//! `helm diff`.

use std::collections::BTreeMap;

use super::HelmCommandError;
use super::find::{find_whole, rendering};
use super::session::Session;
use crate::cli::{args::helm::Diff, display, exit::Exit};
use crate::helm::action::{self, Chosen};
use crate::resource::Operation;

pub(super) async fn run(session: &Session, arguments: &Diff) -> Result<Exit, HelmCommandError> {
    let chart = find_whole(session, &arguments.chart, &arguments.render).await?;
    let chosen = Chosen {
        name: arguments.name.clone(),
        values: arguments.values.overrides(),
        labels: BTreeMap::new(),
        rendering: rendering(session, &arguments.chart, &arguments.render, &chart).await?,
        chart,
        skip_crds: true,
        take_ownership: false,
        create_namespace: false,
    };
    let connected = session.connect().await?;
    let difference = action::diff(&connected.releases(), &chosen, arguments.reuse.into()).await?;
    session.terminal.print(&display::objects(&difference.children, session.terminal.style));
    for refused in &difference.refused {
        session.terminal.say(&format!("would be refused: {refused}"));
    }
    let changes = difference.children.iter().any(|child| child.operation != Operation::Same);
    Ok(if changes && arguments.detailed_exitcode { Exit::Pending } else { Exit::Done })
}
