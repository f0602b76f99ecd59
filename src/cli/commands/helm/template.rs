//! `helm template`.

use super::HelmCommandError;
use super::find::find;
use super::session::Session;
use crate::cli::{args::helm::Template, exit::Exit, terminal::Terminal};
use crate::helm;

pub(super) async fn run(session: &Session, arguments: &Template) -> Result<Exit, HelmCommandError> {
    let chart = find(session, &arguments.chart).await?;
    let text = helm::template_of(&chart, &options(session, arguments))?;
    Terminal::data(text.as_bytes());
    Ok(Exit::Done)
}

fn options(session: &Session, arguments: &Template) -> helm::Template {
    helm::Template {
        name: arguments.name.clone(),
        chart: arguments.chart.chart.clone().into(),
        namespace: session.flags.namespace.clone().unwrap_or_default(),
        values: arguments.values.overrides(),
        include_crds: arguments.include_crds,
        kube_version: arguments.kube_version.clone(),
        api_versions: arguments.api_versions.clone(),
        is_upgrade: arguments.is_upgrade,
        show_only: arguments.show_only.clone(),
        skip_tests: false,
        no_hooks: arguments.no_hooks,
    }
}
