//! The provider of `helm:Release`: a chart's objects and Helm's record of them, as one resource.
//!
//! Whatever can fail for a reason that is known before is found before the first write: `fetch` gets the
//! charts and verifies them, `prepare` renders, reading compares each object with the cluster. What is applied then is only what differs.
//! A release that was rendered from the same chart, values, patches and abilities is not rendered again, because
//! random functions would never settle; its stored objects are still compared.

mod access;
mod apply;
mod archives;
mod delete;
mod difference;
mod hooks;
mod inputs;
mod objects;
mod patch;
mod prepare;
mod provider;
mod turns;

pub use inputs::{InputError, ReleaseInputs};
pub use prepare::{ReleaseError, objects_of};
pub use provider::{KIND, ReleaseProvider};
pub use turns::ThreadEnded;
