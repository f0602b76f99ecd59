//! List and watch of one kind, for as long as the cluster lives.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, TryStreamExt};
use http::Request;
use kube::core::WatchEvent;
use serde::Deserialize;
use serde_json::Value as Json;

use super::{Cache, Kind};

/// The pause after an error: the first, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_millis(800), Duration::from_secs(30));

#[derive(Deserialize)]
struct List {
    metadata: ListMetadata,
    items: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    resource_version: String,
}

/// Keeps one kind of the cache up to date; never returns.
pub(super) async fn follow(cache: Cache, kind: Kind) {
    let mut pause = PAUSE.0;
    loop {
        match list_and_watch(&cache, kind).await {
            // The server ends a watch after some minutes.
            Ok(()) => pause = PAUSE.0,
            Err(error) => {
                tracing::debug!(kind = kind.name(), %error, "watch again");
                tokio::time::sleep(pause).await;
                pause = PAUSE.1.min(pause * 2);
            }
        }
    }
}

async fn list_and_watch(cache: &Cache, kind: Kind) -> Result<(), kube::Error> {
    let list: List = cache.client.request(get(&kind.everywhere())?).await?;
    let mut version = list.metadata.resource_version;
    let items = list.items.into_iter().map(|mut item| {
        // Items of a list do not say what they are.
        item["apiVersion"] = kind.api_version().into();
        item["kind"] = kind.name().into();
        Arc::new(item)
    });
    cache.fill(kind, items.collect());
    loop {
        let path =
            format!("{}?watch=true&allowWatchBookmarks=true&resourceVersion={version}", kind.everywhere());
        let mut events = cache.client.request_events::<Json>(get(&path)?).await?.boxed();
        let before = version.clone();
        while let Some(event) = events.try_next().await? {
            match event {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    note(&object, &mut version);
                    cache.put(kind, Arc::new(object));
                }
                WatchEvent::Deleted(object) => {
                    note(&object, &mut version);
                    cache.remove(kind, &object);
                }
                WatchEvent::Bookmark(bookmark) => version = bookmark.metadata.resource_version,
                // Too old, or worse: list anew.
                WatchEvent::Error(_) => return Ok(()),
            }
        }
        if version == before {
            // A watch that ended without news: not in a circle without time passing.
            tokio::time::sleep(PAUSE.0).await;
        }
    }
}

fn note(object: &Json, version: &mut String) {
    if let Some(newer) = object["metadata"]["resourceVersion"].as_str() {
        newer.clone_into(version);
    }
}

fn get(path: &str) -> Result<Request<Vec<u8>>, kube::Error> {
    Request::get(path).body(Vec::new()).map_err(kube::Error::HttpError)
}
