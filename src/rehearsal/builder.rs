//! How a cluster is made.

use std::time::Duration;

use super::{Cluster, RehearsalError, api};
use crate::clock::Clock;

/// Makes a [`Cluster`].
#[derive(Clone, Debug)]
pub struct ClusterBuilder {
    version: String,
    clock: Option<Clock>,
    seed: u64,
    established: Duration,
}

impl Default for ClusterBuilder {
    fn default() -> Self {
        Self { version: "1.35.4".into(), clock: None, seed: 1, established: Duration::from_millis(100) }
    }
}

impl ClusterBuilder {
    /// Sets the version of Kubernetes that the server says it is; 1.35.4 without it.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets the clock that objects are stamped with; without it, one that follows the runtime's time.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Sets the seed of uids and generated names: the same seed and the same requests give the same names.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how long a definition takes from its creation until its kind is served.
    #[must_use]
    pub fn established_after(mut self, delay: Duration) -> Self {
        self.established = delay;
        self
    }

    /// Starts the cluster in the runtime that this is called in.
    pub fn build(self) -> Result<Cluster, RehearsalError> {
        let version = api::Version::read(&self.version)?;
        let clock = self.clock.unwrap_or_else(Clock::of_runtime);
        Ok(Cluster::new(api::Server::start(clock, version, self.seed, self.established)))
    }
}
