//! What the images `connect-api` and `connect-sync` do.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::rehearsal::programs::{Exit, Process, Program};

use super::server::{Part, Server};
use super::{ConnectFault, Vaults, session};

/// 1Password Connect, over the vaults of an account.
#[derive(Clone, Debug)]
pub struct Connect {
    vaults: Vaults,
}

impl Connect {
    /// Returns the program that shows these vaults.
    pub fn new(vaults: Vaults) -> Self {
        Self { vaults }
    }
}

/// Which of the two containers an image is for.
fn part(image: &str) -> Option<Part> {
    if image.contains("1password/connect-api") {
        Some(Part::Api)
    } else if image.contains("1password/connect-sync") {
        Some(Part::Sync)
    } else {
        None
    }
}

impl Program for Connect {
    fn matches(&self, image: &str, _: &[String]) -> bool {
        part(image).is_some()
    }

    fn run(&self, process: Process) -> BoxFuture<'static, Exit> {
        let vaults = self.vaults.clone();
        Box::pin(serve(process, vaults))
    }
}

async fn serve(process: Process, vaults: Vaults) -> Exit {
    let Some(part) = part(&process.image) else { return Exit::FAILURE };
    let terminated = process.termination.requested();
    if let Some(ConnectFault::SlowStart(time)) = vaults.fault() {
        tokio::time::sleep(time).await;
    }
    let default = match part {
        Part::Api => 8080,
        Part::Sync => 8081,
    };
    let port = process.environment.get("OP_HTTP_PORT").and_then(|port| port.parse().ok()).unwrap_or(default);
    let credentials = session::load(&process);
    let server = Server { part, credentials, vaults, clock: process.clock.clone() };
    let _listening = process.listen(port, Arc::new(server));
    process.log.line(&format!("(I) starting 1Password Connect {} on port {port}", part.name()));
    terminated.await;
    Exit::SUCCESS
}
