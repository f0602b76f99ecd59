//! The documents that a chart's schemas refer to, from where they are.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Url;

use super::http::Http;
use super::{Access, Finder, RepositoryError};
use crate::helm::chart::Chart;
use crate::helm::values::{Elsewhere, references};

/// So many are fetched at the same time.
const CONCURRENT: usize = 8;

impl Finder {
    /// Fetches the documents that the schemas of a chart, and of the charts in it, refer to, and those that these refer
    /// to. Nobody is told a password: the addresses are the chart's, not the user's.
    pub async fn schemas(&self, chart: &Chart) -> Result<Elsewhere, RepositoryError> {
        let mut documents = BTreeMap::new();
        loop {
            let known = Elsewhere::new(documents.clone());
            let mut missing = BTreeSet::new();
            wanted(chart, &known, &mut missing)?;
            missing.retain(|address| !documents.contains_key(address));
            if missing.is_empty() {
                return Ok(known);
            }
            let access = Access { login: None, identity: None, ..self.access.clone() };
            let mut fetches = Vec::with_capacity(missing.len());
            for address in missing {
                fetches.push(fetch(address, &access));
            }
            let fetched: Vec<(String, serde_json::Value)> =
                stream::iter(fetches).buffer_unordered(CONCURRENT).try_collect().await?;
            documents.extend(fetched);
        }
    }
}

fn wanted(chart: &Chart, known: &Elsewhere, missing: &mut BTreeSet<String>) -> Result<(), RepositoryError> {
    if let Some(schema) = &chart.schema {
        let found = references(chart.name(), schema, known);
        missing.append(&mut found.map_err(|source| RepositoryError::Schema(Box::new(source)))?);
    }
    chart.subcharts.iter().try_for_each(|subchart| wanted(subchart, known, missing))
}

async fn fetch(address: String, access: &Access) -> Result<(String, serde_json::Value), RepositoryError> {
    let not_read = |source| RepositoryError::NoSchema { address: address.clone(), source };
    let url = Url::parse(&address).map_err(|_| RepositoryError::Nowhere(address.clone()))?;
    let bytes = Http::new(&address, access)?.bytes(url).await?;
    let document = serde_json::from_slice(&bytes).map_err(not_read)?;
    Ok((address, document))
}
