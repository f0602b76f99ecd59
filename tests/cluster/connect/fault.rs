//! Faults of the Connect server, chosen through a file so that a test can change them while the server runs.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One way to misbehave. Probes (`/health`, `/heartbeat`) are answered as ever, unless a variant says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// Requests are accepted and never answered.
    Hang,
    /// A server that starts from now on listens only after this time; probes fail until then.
    SlowStart(Duration),
    /// 401 `Invalid token signature`.
    Unauthorized,
    /// The first two requests get 403 `Authorization: …`, which ESO tries again.
    ForbiddenTwice,
    /// The sync is not done yet: 408 for every request.
    SyncTimeout,
    /// 500 `Something went wrong`.
    InternalError,
    /// 502 with a proxy's HTML page.
    BadGateway,
    /// Every vault exists twice under the same title.
    DuplicateVaults,
}

/// The switch in a cluster's Connect folder.
pub(crate) struct Switch {
    path: PathBuf,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    written: Vec<u8>,
    requests: u32,
}

#[derive(Serialize, Deserialize)]
struct Setting {
    /// Distinguishes the same fault set twice.
    serial: u64,
    fault: Fault,
}

impl Switch {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join("fault.json"), seen: Mutex::new(Seen::default()) }
    }

    /// Takes effect with the next request.
    pub(crate) fn set(&self, fault: Fault) {
        let serial = u64::from(rand::random::<u32>());
        let text = serde_json::to_vec(&Setting { serial, fault }).unwrap();
        let temporary = self.path.with_extension("new");
        std::fs::write(&temporary, text).unwrap();
        std::fs::rename(temporary, &self.path).unwrap();
    }

    pub(crate) fn clear(&self) {
        let _ = std::fs::remove_file(&self.path);
    }

    /// The fault in force and how many requests it met before this one.
    pub(crate) fn meet(&self) -> Option<(Fault, u32)> {
        let written = std::fs::read(&self.path).ok()?;
        let setting: Setting = serde_json::from_slice(&written).ok()?;
        let mut seen = self.seen.lock().unwrap();
        if seen.written != written {
            *seen = Seen { written, requests: 0 };
        }
        let before = seen.requests;
        seen.requests += 1;
        Some((setting.fault, before))
    }
}
