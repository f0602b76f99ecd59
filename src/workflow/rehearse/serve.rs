//! A rehearsal's cluster on a port, for kubectl, helm and whoever wants to look around in it.

use tokio::net::TcpListener;

use super::{content::content, rehearsal::Play, site::Site};
use crate::rehearsal::{RehearsalError, Serving};
use crate::workflow::{Loaded, Surroundings, UpReport, WorkflowError, up};

/// A cluster in memory on which an environment is up. It ends with this value.
pub struct KeptCluster {
    site: Site,
    /// What `up` came to.
    pub report: UpReport,
}

/// Brings an environment up on a cluster in memory, and keeps it. Where the runtime's time is paused, that takes none.
///
/// # Errors
/// When the cluster cannot be set up, or `up` fails.
pub async fn keep(surroundings: &Surroundings, loaded: &Loaded) -> Result<KeptCluster, WorkflowError> {
    let play = Play::new(surroundings, loaded);
    let site = Site::new(&content(loaded), &play.clock, &[], 1)?;
    let report = up(&site.surroundings(surroundings), loaded, &|_| true).await?;
    Ok(KeptCluster { site, report })
}

impl KeptCluster {
    /// Serves the cluster on a port of loopback, a free one for 0, until the result is dropped; time must run again.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn serve(&self, port: u16) -> Result<Serving, WorkflowError> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(RehearsalError::Listen)?;
        Ok(self.site.serve(listener)?)
    }
}
