//! What goes wrong on a node on purpose.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// One thing that goes wrong with the containers of an image. `image` is a part of the image's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process starts so much later.
    SlowStart {
        /// Of which image.
        image: String,
        /// How much later.
        by: Duration,
    },
    /// The process runs, but no readiness probe holds.
    NeverReady {
        /// Of which image.
        image: String,
    },
    /// The process ends with code 1 as soon as it has started, so many times.
    CrashLoop {
        /// Of which image.
        image: String,
        /// How many times in all.
        times: u32,
    },
}

/// The faults of a node; cheap to clone, and every clone is the same switch. Changes take effect with the next start
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

    pub(super) fn delay(&self, of: &str) -> Duration {
        let delays = |fault: &Fault| match fault {
            Fault::SlowStart { image, by } if of.contains(image) => Some(*by),
            Fault::SlowStart { .. } | Fault::NeverReady { .. } | Fault::CrashLoop { .. } => None,
        };
        self.faults().iter().filter_map(delays).sum()
    }

    pub(super) fn never_ready(&self, of: &str) -> bool {
        self.faults().iter().any(|fault| matches!(fault, Fault::NeverReady { image } if of.contains(image)))
    }

    /// Returns whether the container that starts now crashes, and counts it.
    pub(super) fn crashes(&self, of: &str) -> bool {
        for fault in self.faults().iter_mut() {
            if let Fault::CrashLoop { image, times } = fault
                && *times > 0
                && of.contains(image.as_str())
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
