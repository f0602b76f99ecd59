//! What `install` and `upgrade` share: from flags to what is made, and from a record to words.

use super::HelmCommandError;
use super::find::find;
use super::session::Session;
use crate::cli::{
    args::helm::{MakeFlags, Output},
    display::release::{ReleaseJson, StatusTable, json_line, yaml},
};
use crate::helm::action::Chosen;
use crate::helm::record::Record;

/// Finds the chart and reads the flags.
pub(super) async fn chosen(
    session: &Session,
    name: &str,
    make: &MakeFlags,
) -> Result<Chosen, HelmCommandError> {
    Ok(Chosen {
        name: name.to_owned(),
        chart: find(session, &make.chart).await?,
        values: make.values.overrides(),
        labels: make.labels(),
        skip_schema: make.skip_schema_validation,
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
