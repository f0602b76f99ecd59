//! Where releases are, and what it takes to change them.

use std::time::Duration;

use crate::clock::Clock;
use crate::helm::record::{Driver, Storage};
use crate::helm::release::Course;
use crate::kubernetes::Client;
use crate::resource::Progress;

/// The releases of a namespace.
#[derive(Clone, Copy)]
pub struct Releases<'a> {
    /// The cluster.
    pub client: &'a Client,
    /// The time.
    pub clock: &'a Clock,
    /// The namespace.
    pub namespace: &'a str,
    /// What holds the records.
    pub driver: Driver,
    /// Who changes them: `HOST/PID/START`, so that a later run can tell whether this one still lives.
    pub holder: &'a str,
    /// Where it is told what is waited for.
    pub progress: &'a dyn Progress,
}

impl<'a> Releases<'a> {
    /// Returns the records.
    pub fn storage(&self) -> Storage<'a> {
        Storage::new(self.client, self.namespace).driven_by(self.driver).held_by(self.holder)
    }

    /// Returns what hooks run with.
    pub(super) fn course(&self, limit: Duration) -> Course<'a> {
        let Self { client, clock, namespace, progress, .. } = *self;
        Course { client, clock, namespace, limit, progress }
    }
}
