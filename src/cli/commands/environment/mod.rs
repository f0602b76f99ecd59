//! `env`: environments evaluated, checked, changed and used.

mod diff;
mod edit;
mod error;
mod get;
mod graph;
mod list;
mod open;
mod run;
mod schema;
mod set;
mod shown;

use super::Scene;
use crate::cli::{args::Env, exit::Exit};
use crate::workflow::Secrets;

pub(super) async fn run(scene: &Scene<'_>, command: &Env) -> Exit {
    match command {
        Env::List => list::run(scene),
        Env::Open(arguments) => open::run(scene, arguments).await,
        Env::Get(arguments) => get::run(scene, arguments).await,
        Env::Check(name) => check(scene, &name.environment).await,
        Env::Run(arguments) => run::run(scene, arguments).await,
        Env::Set(arguments) => set::run(scene, arguments).await,
        Env::Edit(name) => edit::run(scene, &name.environment).await,
        Env::Diff(arguments) => diff::run(scene, arguments).await,
        Env::Graph(arguments) => graph::run(scene, arguments),
        Env::Schema { stdout } => schema::run(scene, *stdout),
    }
}

async fn check(scene: &Scene<'_>, environment: &str) -> Exit {
    match scene.load(environment, Secrets::Closed).await {
        Ok(_) => {
            scene.terminal.say(&format!("environment `{environment}`: no problem found"));
            Exit::Done
        }
        Err(exit) => exit,
    }
}
