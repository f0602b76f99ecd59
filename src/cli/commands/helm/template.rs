//! `helm template`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::HelmCommandError;
use super::find::{find_whole, rendering};
use super::name::name;
use super::session::Session;
use crate::cli::{args::helm::Template, exit::Exit, terminal::Terminal};
use crate::helm::{self, Templated};

/// What helm calls a release that nobody named.
const UNNAMED: &str = "release-name";

pub(super) async fn run(session: &Session, arguments: &Template) -> Result<Exit, HelmCommandError> {
    let chart = find_whole(session, &arguments.chart, &arguments.render).await?;
    let rendering = rendering(session, &arguments.chart, &arguments.render, &chart).await?;
    let now = session.clock.now();
    let name =
        name(arguments.name.as_deref(), &arguments.chart.chart, &arguments.naming, Some(UNNAMED), now)?;
    let options = helm::Template {
        name,
        chart: arguments.chart.chart.clone().into(),
        namespace: session.flags.namespace.clone().unwrap_or_default(),
        values: arguments.values.overrides(),
        include_crds: arguments.include_crds,
        kube_version: arguments.kube_version.clone(),
        api_versions: arguments.api_versions.clone(),
        is_upgrade: arguments.is_upgrade,
        show_only: arguments.show_only.clone(),
        skip_tests: arguments.skip_tests,
        no_hooks: arguments.no_hooks,
        skip_schema: rendering.skip_schema,
        elsewhere: rendering.elsewhere,
        post: rendering.post,
    };
    let templated = helm::template_of(&chart, &options)?;
    for address in &templated.unchecked {
        let hint = "fetch it with --allow-schema-network";
        session
            .terminal
            .say(&format!("warning: a part of the values is not checked: its schema is {address} ({hint})"));
    }
    match &arguments.output_dir {
        None => Terminal::data(templated.text.as_bytes()),
        Some(folder) => {
            let below = if arguments.release_name { folder.join(&options.name) } else { folder.clone() };
            session.terminal.print(&write(&templated, &below)?);
        }
    }
    Ok(Exit::Done)
}

/// Writes a file for each template, and returns what helm prints of that. What a run wrote before is written over.
fn write(templated: &Templated, folder: &Path) -> Result<String, HelmCommandError> {
    let mut written = BTreeSet::new();
    let mut told = String::new();
    for (source, content) in templated.files() {
        let path = folder.join(source);
        let failed = |source| HelmCommandError::Write { path: path.clone(), source };
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
        let again = !written.insert(source);
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .append(again)
            .truncate(!again)
            .open(&path)
            .map_err(failed)?;
        std::io::Write::write_fmt(&mut file, format_args!("---\n# Source: {source}\n{content}"))
            .map_err(failed)?;
        let _ = writeln!(told, "wrote {}", path.display());
    }
    told.push('\n');
    Ok(told)
}
