//! The node: scheduler and kubelet in one.
//!
//! Each pod has a task that does what a kubelet does with it: mounts volumes, pulls images, runs init containers and
//! containers, probes them, starts them again with a growing pause, refreshes mounted Secrets now and then, and
//! reports. A container runs a [`Program`](super::programs::Program), or is pretended. Delays are those of
//! [`Timing`]; what goes wrong on purpose is in [`Faults`]. Resource requests and affinities are not looked at, and
//! probes that run commands always hold.

mod container;
mod downward;
mod environment;
mod faults;
mod image;
mod kubelet;
mod pod;
mod pretended;
mod probe;
mod probing;
mod register;
mod schedule;
mod state;
#[cfg(test)]
mod tests;
mod timing;
mod volumes;

pub use faults::{Fault, Faults};
pub use timing::Timing;

pub(super) use kubelet::Kubelet;
pub(super) use register::{NAME, fits};
