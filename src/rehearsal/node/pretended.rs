//! Containers of images that no program stands for.

use std::{future::pending, time::Duration};

use crate::rehearsal::programs::{Exit, Log};

/// A container that is there and does nothing.
#[derive(Clone, Debug)]
pub(super) struct Pretended {
    pub(super) exit_code: i32,
    pub(super) log: String,
    /// Whether it ever becomes ready.
    pub(super) ready: bool,
}

impl Pretended {
    /// Ends at once where a container is expected to end, or never.
    pub(super) async fn run(self, log: Log, ends: bool, takes: Duration) -> Exit {
        if !self.log.is_empty() {
            log.line(&self.log);
        }
        if !ends {
            return pending().await;
        }
        tokio::time::sleep(takes).await;
        Exit(self.exit_code)
    }
}
