//! A worker: takes keys from a queue and reconciles them, for as long as it lives.

use std::fmt::Display;
use std::hash::Hash;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::error::Failure;
use super::journal::Journal;
use super::queue::{Next, Queue};

/// Works on one key after the other.
pub(super) async fn work<K>(
    queue: Arc<Queue<K>>,
    journal: Journal,
    logger: String,
    reconcile: impl Fn(K) -> BoxFuture<'static, Result<Next, Failure>>,
) where
    K: Clone + Display + Hash + Ord,
{
    loop {
        let key = queue.next().await;
        let next = match reconcile(key.clone()).await {
            Ok(next) => next,
            Err(failure) => {
                journal.error(&logger, "Reconciler error", &key.to_string(), &failure.to_string());
                Next::Again
            }
        };
        queue.done(key, next);
    }
}
