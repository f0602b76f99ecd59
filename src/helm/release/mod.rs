//! The provider of `helm:Release`: a chart's objects and Helm's record of them, as one resource.
//!
//! Whatever can fail for a reason that is known before is found before the first write: `fetch` gets the
//! charts and verifies them, `prepare` renders, reading compares each object with the cluster. What is applied then is only what differs.
//! A release that was rendered from the same chart, values, patches and abilities is not rendered again, because
//! random functions would never settle; its stored objects are still compared.

mod access;
mod apply;
mod archives;
mod client_side;
mod crds;
mod delete;
mod difference;
mod hooks;
mod inputs;
mod logs;
mod migration;
mod objects;
mod patch;
mod prepare;
mod provider;
mod rendering;
mod turns;
mod waves;

pub use inputs::{InputError, ReleaseInputs};
pub use prepare::{ReleaseError, objects_of};
pub use provider::{KIND, ReleaseProvider};
pub use turns::ThreadEnded;

pub(in crate::helm) use crds::create_missing as create_missing_crds;
pub(in crate::helm) use delete::{going, remove as remove_gone, remove_all, remove_in_order};
pub(in crate::helm) use hooks::Course;
pub(in crate::helm) use logs::of_hook as pod_logs;
pub(in crate::helm) use objects::{disowned, live_of};
pub use rendering::Rendering;
pub(in crate::helm) use rendering::{RenderRequest, owned, render, tell_unchecked, unowned};
pub(in crate::helm) use waves::{Method, apply as apply_objects};
