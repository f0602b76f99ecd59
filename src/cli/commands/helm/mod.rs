//! `eggtooth helm`: a verb a file.

mod dependency;
mod diff;
mod error;
mod find;
mod get;
mod history;
mod install;
mod lint;
mod list;
mod lock;
mod make;
mod name;
mod pull;
mod rollback;
mod session;
mod show;
mod status;
mod template;
mod test;
mod told;
mod uninstall;
mod upgrade;
mod verify;

use std::collections::BTreeMap;

pub(super) use error::HelmCommandError;
use session::Session;

use super::with_runtime;
use crate::cli::{
    args::Global,
    args::helm::{Helm, HelmVerb},
    display,
    exit::Exit,
    terminal::Terminal,
};

/// Runs a verb to its exit code.
pub(super) fn run(
    command: Helm,
    global: Global,
    variables: BTreeMap<String, String>,
    terminal: Terminal,
) -> Exit {
    let Helm { cluster, verb } = command;
    let session = Session::new(cluster, global, variables, terminal);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2);
    with_runtime(runtime, || async {
        match dispatch(&session, &verb).await {
            Ok(exit) => exit,
            Err(error) => {
                let text = display::error(&error, error.hint().as_deref(), session.terminal.style);
                session.terminal.say(&text);
                Exit::Failed
            }
        }
    })
}

async fn dispatch(session: &Session, verb: &HelmVerb) -> Result<Exit, HelmCommandError> {
    match verb {
        HelmVerb::Diff(arguments) => diff::run(session, arguments).await,
        HelmVerb::Get(part) => get::run(session, part).await,
        HelmVerb::History(arguments) => history::run(session, arguments).await,
        HelmVerb::Install(arguments) => install::run(session, arguments).await,
        HelmVerb::List(arguments) => list::run(session, arguments).await,
        HelmVerb::Rollback(arguments) => rollback::run(session, arguments).await,
        HelmVerb::Status(arguments) => status::run(session, arguments).await,
        HelmVerb::Template(arguments) => template::run(session, arguments).await,
        HelmVerb::Pull(arguments) => pull::run(session, arguments).await,
        HelmVerb::Show(command) => show::run(session, command).await,
        HelmVerb::Dependency(command) => dependency::run(session, command).await,
        HelmVerb::Lint(arguments) => lint::run(session, arguments),
        HelmVerb::Lock(arguments) => lock::run(session, arguments).await,
        HelmVerb::Test(arguments) => test::run(session, arguments).await,
        HelmVerb::Uninstall(arguments) => uninstall::run(session, arguments).await,
        HelmVerb::Verify(arguments) => verify::run(session, arguments),
        HelmVerb::Upgrade(arguments) => upgrade::run(session, arguments).await,
    }
}
