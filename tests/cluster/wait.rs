//! Bounded waits for a condition.

use std::fmt::Display;
use std::future::Future;
use std::time::{Duration, Instant};

/// How often a condition is asked for that nobody announces.
const INTERVAL: Duration = Duration::from_millis(20);

/// Asks until `condition` holds, or returns the last reason why it does not.
pub(crate) fn until<T, E: Display>(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> Result<T, E>,
) -> Result<T, String> {
    let started = Instant::now();
    loop {
        match condition() {
            Ok(value) => return Ok(value),
            Err(reason) if started.elapsed() > limit => return Err(timed_out(what, limit, &reason)),
            Err(_) => std::thread::sleep(INTERVAL),
        }
    }
}

/// As [`until`], but fails with the last reason.
pub(crate) fn expect(what: &str, limit: Duration, condition: impl FnMut() -> Result<(), String>) {
    if let Err(reason) = until(what, limit, condition) {
        panic!("{reason}");
    }
}

/// As [`until`], for conditions that are asked for over the network.
pub(crate) async fn until_async<T, E: Display, F: Future<Output = Result<T, E>>>(
    what: &str,
    limit: Duration,
    mut condition: impl FnMut() -> F,
) -> Result<T, String> {
    let started = Instant::now();
    loop {
        match condition().await {
            Ok(value) => return Ok(value),
            Err(reason) if started.elapsed() > limit => return Err(timed_out(what, limit, &reason)),
            Err(_) => tokio::time::sleep(INTERVAL).await,
        }
    }
}

fn timed_out(what: &str, limit: Duration, reason: &impl Display) -> String {
    format!("waited {} s for {what}: {reason}", limit.as_secs())
}
