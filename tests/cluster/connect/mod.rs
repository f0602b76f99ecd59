//! The 1Password Connect server of the tests: `1password/connect-api` and `1password/connect-sync` run this binary.
//!
//! The real server is closed source; this one follows its published API and what the ESO provider and people's logs show.
//! It reads its credentials as the real one does and accepts only tokens that go with them.

mod credentials;
mod fault;
mod server;
mod session;
mod vaults;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) use credentials::Credentials;
pub(crate) use fault::{Fault, Switch};
pub(crate) use vaults::{PRODUCTION, STAGING, Vaults, example, login};

/// Names the cluster's Connect folder to the servers.
pub(crate) const FOLDER: &str = "EGGTOOTH_CLUSTER_CONNECT";

/// The entry of the server's own process: `connect api` or `connect sync`.
pub(crate) fn main(arguments: &[String]) -> ExitCode {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("the node names the folder"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match arguments.first().map(String::as_str) {
        Some("api") => runtime.block_on(server::serve(server::Part::Api, &folder)),
        Some("sync") => runtime.block_on(server::serve(server::Part::Sync, &folder)),
        _ => {
            eprintln!("usage: connect api|sync");
            ExitCode::from(64)
        }
    }
}

/// The harness's side of a cluster's Connect servers.
pub(crate) struct Connect {
    folder: PathBuf,
}

/// A request that a Connect server answered.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// 0 for a request that was left hanging.
    pub(crate) status: u16,
}

impl Connect {
    /// Makes the folder with the example's vaults.
    pub(crate) fn create(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        Vaults::new(folder).write(&example());
        Self { folder: folder.to_owned() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn vaults(&self) -> Vaults {
        Vaults::new(&self.folder)
    }

    pub(crate) fn faults(&self) -> Switch {
        Switch::new(&self.folder)
    }

    /// Every request to `/v1` so far, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        let text = std::fs::read_to_string(self.folder.join(server::ACCESS_LOG)).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}
