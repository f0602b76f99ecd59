//! `history`, `status` and `get`: one release.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map as JsonMap, Value as Json};

use super::ActionError;
use crate::gotemplate::{Map, Value};
use crate::helm::chart::Chart;
use crate::helm::dependencies::Tree;
use crate::helm::record::{Record, Storage, Stored};
use crate::helm::values;

/// How many requests are on their way at once.
const AT_ONCE: usize = 8;

/// Returns a revision of a release; the latest without a number.
pub async fn read(storage: &Storage<'_>, name: &str, revision: Option<u64>) -> Result<Stored, ActionError> {
    let version = match revision {
        Some(version) => version,
        None => storage.history(name).await?.last().ok_or(ActionError::NotFound)?.version,
    };
    storage.read(name, version).await?.ok_or(ActionError::NotFound)
}

/// Returns the last `limit` revisions of a release, the latest last.
pub async fn history(storage: &Storage<'_>, name: &str, limit: usize) -> Result<Vec<Stored>, ActionError> {
    let revisions = storage.history(name).await?;
    if revisions.is_empty() {
        return Err(ActionError::NotFound);
    }
    let mut reads = Vec::new();
    for revision in revisions.iter().skip(revisions.len().saturating_sub(limit)) {
        reads.push(storage.read(name, revision.version));
    }
    let found: Vec<Option<Stored>> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Returns the values that a revision's templates saw, but for those of subcharts, which no record holds.
pub fn computed_values(record: &Record) -> Result<JsonMap<String, Json>, ActionError> {
    let mut metadata = record.chart().metadata.clone();
    metadata.dependencies.clear();
    let chart = Chart {
        metadata,
        lock: None,
        templates: Vec::new(),
        values: record.chart().values()?,
        schema: None,
        files: Vec::new(),
        subcharts: Vec::new(),
    };
    let user = Map::from(record.config().clone());
    let values = values::coalesce(&Tree::new(&Arc::new(chart), &user)?, &user)?;
    match Value::Map(values).to_json() {
        Json::Object(values) => Ok(values),
        _ => Ok(JsonMap::new()),
    }
}
