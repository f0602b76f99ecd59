//! `helm uninstall`.

use super::HelmCommandError;
use super::session::Session;
use crate::cli::{args::helm::Uninstall, exit::Exit};
use crate::helm::action::{self, ActionError, UninstallOptions, Uninstalled};
use crate::kubernetes::Manifest;

pub(super) async fn run(session: &Session, arguments: &Uninstall) -> Result<Exit, HelmCommandError> {
    let connected = session.connect().await?;
    let options = UninstallOptions {
        keep_history: arguments.keep_history,
        no_hooks: arguments.no_hooks,
        wait: arguments.wait.waits(),
        propagation: arguments.cascade.into(),
        timeout: arguments.timeout,
        description: arguments.description.clone(),
        dry_run: arguments.dry_run,
    };
    for name in &arguments.names {
        match action::uninstall(&connected.releases(), name, &options).await {
            Err(ActionError::NotFound) if arguments.ignore_not_found => {}
            gone => session.terminal.print(&kept(&gone?)),
        }
        session.terminal.print(&format!("release \"{name}\" uninstalled\n"));
    }
    Ok(Exit::Done)
}

fn kept(gone: &Uninstalled) -> String {
    if gone.kept.is_empty() {
        return String::new();
    }
    let line = |object: &Manifest| format!("[{}] {}\n", object.kind(), object.name());
    let lines: String = gone.kept.iter().map(line).collect();
    format!("These resources were kept due to the resource policy:\n{lines}\n")
}
