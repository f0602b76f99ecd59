//! `helm show`.

use super::HelmCommandError;
use super::find::files;
use super::session::Session;
use crate::cli::{args::helm::Show, exit::Exit, terminal::Terminal};
use crate::helm;

pub(super) async fn run(session: &Session, command: &Show) -> Result<Exit, HelmCommandError> {
    let (chart, part) = match command {
        Show::All(chart) => (chart, helm::Show::All),
        Show::Chart(chart) => (chart, helm::Show::Chart),
        Show::Values(chart) => (chart, helm::Show::Values),
        Show::Readme(chart) => (chart, helm::Show::Readme),
        Show::Crds(chart) => (chart, helm::Show::Crds),
    };
    Terminal::data(helm::show(files(session, chart).await?, part)?.as_bytes());
    Ok(Exit::Done)
}
