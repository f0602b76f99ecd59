//! A chart rendered for a revision.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use super::{ActionError, Chosen, DryRun, Releases, Reuse, computed_values};
use crate::gotemplate::Map;
use crate::helm::chart::Chart;
use crate::helm::hooks::Hook;
use crate::helm::record::{Record, SYSTEM_LABELS, StoredChart};
use crate::helm::release::{self, ReleaseError, RenderRequest, tell_unchecked};
use crate::helm::render::{Rendered, Target};
use crate::helm::values::{self, Overrides};
use crate::kubernetes::Manifest;

/// What a revision is made of.
pub(super) struct Material {
    pub(super) config: JsonMap<String, Json>,
    pub(super) chart: StoredChart,
    pub(super) manifest: Arc<str>,
    pub(super) notes: String,
    pub(super) hooks: Vec<Hook>,
    pub(super) objects: Vec<Manifest>,
    pub(super) crds: Vec<Manifest>,
}

/// Renders the chart; `last` is the revision whose values may be taken up.
pub(super) async fn render(
    releases: &Releases<'_>,
    chosen: &Chosen,
    target: Target,
    dry_run: DryRun,
    last: Option<(&Record, Reuse)>,
) -> Result<Material, ActionError> {
    if let Some(label) = chosen.labels.keys().find(|label| SYSTEM_LABELS.contains(&label.as_str())) {
        return Err(ActionError::SystemLabel(label.clone()));
    }
    let mut chart = Arc::clone(&chosen.chart);
    if let Some((record, Reuse::Reuse)) = last {
        // The old chart's values, with what the user said then, stand in for the new chart's.
        chart = Arc::new(Chart { values: computed_values(record)?, ..(*chart).clone() });
    }
    let (overrides, below) =
        (chosen.values.clone(), last.map(|(record, reuse)| (record.config().clone(), reuse)));
    let is_upgrade = target.upgrade;
    let request = RenderRequest {
        chart: Arc::clone(&chart),
        values: Box::new(move || user_values(&overrides, below)),
        target,
        rendering: chosen.rendering.clone(),
        sees_cluster: dry_run != DryRun::Client,
    };
    let (rendered, config) = release::render(releases.client, request).await?;
    let Rendered { manifest, documents, hooks, notes, unchecked, crds, metadata, defaults } = rendered;
    tell_unchecked(&unchecked, releases.progress);
    let owner = (chosen.name.as_str(), releases.namespace);
    // Without the cluster nobody knows which kinds live in namespaces; and nothing is applied then.
    let (objects, crds) = if dry_run == DryRun::Client {
        (Vec::new(), Vec::new())
    } else {
        let objects = release::owned(releases.client, documents, owner).await?;
        // An upgrade makes no definitions.
        let crds = if is_upgrade { Vec::new() } else { crds.documents().map_err(ReleaseError::from)? };
        (objects, release::unowned(releases.client, crds, releases.namespace).await?)
    };
    Ok(Material {
        config,
        chart: StoredChart::new(&chart, metadata, &defaults)?,
        manifest: manifest.into(),
        notes,
        hooks,
        objects,
        crds,
    })
}

/// Returns the values that the record will hold.
fn user_values(
    overrides: &Overrides,
    below: Option<(JsonMap<String, Json>, Reuse)>,
) -> Result<Map, values::OverridesError> {
    let user = overrides.merge()?;
    match below {
        None | Some((_, Reuse::Reset)) => {}
        Some((config, Reuse::WhenSilent)) => {
            if user.is_empty() {
                return Ok(Map::from(config));
            }
        }
        Some((config, Reuse::Reuse | Reuse::ResetThenReuse)) => {
            values::coalesce_tables(&user, &Map::from(config));
        }
    }
    Ok(user)
}

/// Returns the labels of the next revision.
pub(super) fn labels(
    last: &BTreeMap<String, String>,
    user: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut labels = last.clone();
    labels.extend(user.clone());
    labels.retain(|_, value| value != "null");
    labels
}
