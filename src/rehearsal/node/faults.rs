//! What goes wrong on a node on purpose.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// One thing that goes wrong with containers. `of` is a part of the name of their image, or of their pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process starts so much later.
    SlowStart {
        /// Of which containers.
        of: String,
        /// How much later.
        by: Duration,
    },
    /// The process runs, but no readiness probe holds.
    NeverReady {
        /// Of which containers.
        of: String,
    },
    /// The process ends with code 1 as soon as it has started, so many times.
    CrashLoop {
        /// Of which containers.
        of: String,
        /// How many times in all.
        times: u32,
    },
}

/// The faults of a node; cheap to clone, and every clone is the same switch. A container is told by its pod's name and
/// its image. Changes take effect with the next start
/// of a container, of readiness with the next probe.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        self.faults().push(fault);
    }

    /// Takes all faults away.
    pub fn clear(&self) {
        self.faults().clear();
    }

    pub(super) fn delay(&self, container: &str) -> Duration {
        let delays = |fault: &Fault| match fault {
            Fault::SlowStart { of, by } if container.contains(of) => Some(*by),
            Fault::SlowStart { .. } | Fault::NeverReady { .. } | Fault::CrashLoop { .. } => None,
        };
        self.faults().iter().filter_map(delays).sum()
    }

    pub(super) fn never_ready(&self, container: &str) -> bool {
        self.faults().iter().any(|fault| matches!(fault, Fault::NeverReady { of } if container.contains(of)))
    }

    /// Returns whether the container that starts now crashes, and counts it.
    pub(super) fn crashes(&self, container: &str) -> bool {
        for fault in self.faults().iter_mut() {
            if let Fault::CrashLoop { of, times } = fault
                && *times > 0
                && container.contains(of.as_str())
            {
                *times -= 1;
                return true;
            }
        }
        false
    }

    fn faults(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
