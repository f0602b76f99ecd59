//! What the controllers know of the cluster: the objects of the kinds that they work on, kept up to date by watches.
//!
//! One cache serves the controllers and the node. What they write goes into it with the server's answer, so that the
//! next look already sees it, and nothing is made twice while the watch still brings the news. A decision thus needs
//! no request; a watch that ends or falls behind (410) starts again by itself.

mod kind;
mod object;
mod objects;
mod recorder;
mod watch;
mod write;

pub(super) use kind::Kind;
pub(super) use object::{
    annotation, controller, is_terminating, label, name, namespace, number, set_of, uid,
};
pub(super) use objects::Cache;
pub(super) use recorder::{Recorder, Regarding, Severity};
pub(super) use write::Writer;
