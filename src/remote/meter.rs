//! How many requests something took.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// Counts requests; every clone is the same count.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<AtomicU32>);

impl Meter {
    /// Counts one request, or one start of a program that stands for one.
    pub fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how many were counted.
    pub fn requests(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}
