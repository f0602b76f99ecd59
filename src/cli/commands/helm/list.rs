//! `helm list`.

use std::collections::BTreeSet;

use serde::Serialize;

use super::HelmCommandError;
use super::session::Session;
use crate::cli::{
    args::helm::{List, Output},
    display::release::{columns, go_time, json_line, yaml},
    exit::Exit,
};
use crate::helm::action::{ListOptions, Order, list};
use crate::helm::chart::Metadata;
use crate::helm::record::{Status, Stored};

#[derive(Serialize)]
struct Listed {
    name: String,
    namespace: String,
    revision: String,
    updated: String,
    status: &'static str,
    chart: String,
    app_version: String,
}

pub(super) async fn run(session: &Session, arguments: &List) -> Result<Exit, HelmCommandError> {
    let connected = session.connect().await?;
    let namespace = if arguments.all_namespaces { "" } else { &connected.namespace };
    let found = list(&connected.client, namespace, connected.driver, &options(arguments)).await?;
    let text = if arguments.short { names(&found, arguments) } else { whole(&found, arguments) };
    session.terminal.print(&text);
    Ok(Exit::Done)
}

fn options(arguments: &List) -> ListOptions {
    let pending = [Status::PendingInstall, Status::PendingUpgrade, Status::PendingRollback];
    let states: [(bool, &[Status]); 6] = [
        (arguments.deployed, &[Status::Deployed]),
        (arguments.failed, &[Status::Failed]),
        (arguments.pending, &pending),
        (arguments.superseded, &[Status::Superseded]),
        (arguments.uninstalled, &[Status::Uninstalled]),
        (arguments.uninstalling, &[Status::Uninstalling]),
    ];
    let asked = states.iter().filter(|(asked, _)| *asked && !arguments.all);
    ListOptions {
        filter: arguments.filter.clone(),
        selector: arguments.selector.clone(),
        states: asked.flat_map(|(_, states)| states.iter().copied()).collect::<BTreeSet<Status>>(),
        order: if arguments.date { Order::Date } else { Order::Name },
        reverse: arguments.reverse,
        offset: arguments.offset,
        limit: arguments.max,
    }
}

fn names(found: &[Stored], arguments: &List) -> String {
    let names: Vec<&str> = found.iter().map(|stored| stored.record.name()).collect();
    match arguments.output.output {
        Output::Json => json_line(&names),
        Output::Yaml => yaml(&names),
        Output::Table => names.iter().flat_map(|name| [*name, "\n"]).collect(),
    }
}

fn whole(found: &[Stored], arguments: &List) -> String {
    let layout = arguments.time_format.as_deref().filter(|layout| !layout.is_empty());
    let listed: Vec<Listed> = found.iter().map(|stored| listed(stored, layout)).collect();
    match arguments.output.output {
        Output::Json => json_line(&listed),
        Output::Yaml => yaml(&listed),
        Output::Table => {
            let header = ["NAME", "NAMESPACE", "REVISION", "UPDATED", "STATUS", "CHART", "APP VERSION"];
            let header = (!arguments.no_headers).then(|| header.map(str::to_owned));
            let rows = listed.into_iter().map(|it| {
                [it.name, it.namespace, it.revision, it.updated, it.status.into(), it.chart, it.app_version]
            });
            columns(&header.into_iter().chain(rows).collect::<Vec<_>>())
        }
    }
}

fn listed(stored: &Stored, layout: Option<&str>) -> Listed {
    let record = &stored.record;
    Listed {
        name: record.name().to_owned(),
        namespace: record.namespace().to_owned(),
        revision: record.version().to_string(),
        updated: go_time(record.info.last_deployed.as_deref(), layout),
        status: record.info.status.as_str(),
        chart: chart_name(&record.chart().metadata),
        app_version: record.chart().metadata.app_version.clone(),
    }
}

/// Returns how helm calls a release's chart.
pub(super) fn chart_name(metadata: &Metadata) -> String {
    format!("{}-{}", metadata.name, metadata.version)
}
