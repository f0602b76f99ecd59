//! What `install` and `upgrade` share: from flags to what is made, and from a record to words.

use super::HelmCommandError;
use super::find::{find_whole, rendering};
use super::session::Session;
use crate::cli::{
    args::helm::{DryRunFlag, MakeFlags, Output},
    display::release::{ReleaseJson, StatusTable, json_line, yaml},
};
use crate::helm::action::Chosen;
use crate::helm::record::Record;
use crate::helm::release::Rendering;

/// Finds the chart and reads the flags.
pub(super) async fn chosen(
    session: &Session,
    name: &str,
    make: &MakeFlags,
) -> Result<Chosen, HelmCommandError> {
    if make.hide_secret && make.change.dry_run == DryRunFlag::None {
        return Err(HelmCommandError::NothingHidden);
    }
    let chart = find_whole(session, &make.chart, &make.render).await?;
    Ok(Chosen {
        name: name.to_owned(),
        rendering: Rendering {
            subchart_notes: make.render_subchart_notes,
            hide_secrets: make.hide_secret,
            ..rendering(session, &make.chart, &make.render, &chart).await?
        },
        chart,
        values: make.values.overrides(),
        labels: make.labels(),
        skip_crds: make.skip_crds,
        take_ownership: make.take_ownership,
        create_namespace: make.create_namespace,
    })
}

/// Prints a release as helm does once it is made.
pub(super) fn show(session: &Session, record: &Record, make: &MakeFlags) {
    let text = match make.output.output {
        Output::Json => json_line(&ReleaseJson::whole(record)),
        Output::Yaml => yaml(&ReleaseJson::whole(record)),
        Output::Table => {
            let hide_notes = make.hide_notes;
            StatusTable { record, metadata: false, resources: None, computed: None, hide_notes }.text()
        }
    };
    session.terminal.print(&text);
}
