//! Helm charts and releases.

mod charts_lock;

pub use charts_lock::{ChartsLock, PinnedChart};
