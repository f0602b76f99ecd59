//! `list`: the latest revision of each release.
//!
//! Which one is the latest is told by labels alone; only the records that are shown are read.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt, stream};
use regex::Regex;

use super::ActionError;
use crate::helm::record::{Driver, Head, Status, Storage, Stored};
use crate::kubernetes::Client;

/// In which order releases are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By name.
    #[default]
    Name,
    /// By when they were last changed.
    Date,
}

/// Which releases, and how.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    /// A regular expression that names must fit.
    pub filter: Option<String>,
    /// A label selector for the users' labels.
    pub selector: String,
    /// The states to tell; all when empty.
    pub states: BTreeSet<Status>,
    /// The order.
    pub order: Order,
    /// The other way round.
    pub reverse: bool,
    /// How many are passed over.
    pub offset: usize,
    /// How many are told; all for 0.
    pub limit: usize,
}

/// How many requests are on their way at once.
const AT_ONCE: usize = 8;

/// Returns the releases of a namespace, of all namespaces when it is empty.
pub async fn list(
    client: &Client,
    namespace: &str,
    driver: Driver,
    options: &ListOptions,
) -> Result<Vec<Stored>, ActionError> {
    let filter = options.filter.as_deref().map(Regex::new).transpose().map_err(ActionError::Filter)?;
    let storage = Storage::new(client, namespace).driven_by(driver);
    let mut heads = storage.heads("").await?;
    heads.retain(|head| filter.as_ref().is_none_or(|filter| filter.is_match(&head.name)));
    // Where nothing but superseded revisions is asked for, all of them are meant: none is the latest.
    if options.states != BTreeSet::from([Status::Superseded]) {
        heads = latest(heads);
    }
    if !options.selector.is_empty() {
        let fitting = storage.heads(&options.selector).await?;
        heads.retain(|head| fitting.contains(head));
    }
    heads.retain(|head| options.states.is_empty() || options.states.contains(&head.revision.status));
    heads.sort_by(|a, b| (&a.name, &a.namespace).cmp(&(&b.name, &b.namespace)));
    match options.order {
        Order::Name => {
            page(&mut heads, options);
            records(client, driver, &heads).await
        }
        Order::Date => {
            let mut records = records(client, driver, &heads).await?;
            records.sort_by_key(|stored| instant(stored.record.info.last_deployed.as_deref()));
            // The newest comes first.
            records.reverse();
            page(&mut records, options);
            Ok(records)
        }
    }
}

/// Returns the latest revision of each release.
fn latest(heads: Vec<Head>) -> Vec<Head> {
    let mut latest: BTreeMap<(String, String), Head> = BTreeMap::new();
    for head in heads {
        let key = (head.namespace.clone(), head.name.clone());
        match latest.get(&key) {
            Some(known) if known.revision.version > head.revision.version => {}
            _ => {
                latest.insert(key, head);
            }
        }
    }
    latest.into_values().collect()
}

fn page<T>(all: &mut Vec<T>, options: &ListOptions) {
    if options.reverse {
        all.reverse();
    }
    all.drain(..options.offset.min(all.len()));
    if options.limit > 0 {
        all.truncate(options.limit);
    }
}

fn instant(text: Option<&str>) -> Option<jiff::Timestamp> {
    text?.parse().ok()
}

async fn records(client: &Client, driver: Driver, heads: &[Head]) -> Result<Vec<Stored>, ActionError> {
    let mut reads = Vec::with_capacity(heads.len());
    for head in heads {
        reads.push(async move {
            let storage = Storage::new(client, &head.namespace).driven_by(driver);
            storage.read(&head.name, head.revision.version).await
        });
    }
    // One that was deleted since is none.
    let found: Vec<Option<Stored>> = stream::iter(reads).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_after_turning_round() {
        let mut all = vec![1, 2, 3, 4, 5];
        let options = ListOptions { reverse: true, offset: 1, limit: 2, ..ListOptions::default() };
        page(&mut all, &options);
        assert_eq!(all, [4, 3]);
        page(&mut all, &ListOptions { offset: 9, ..ListOptions::default() });
        assert!(all.is_empty());
    }
}
