//! What `helm` does with releases, a verb a file.
//!
//! The provider of `helm:Release` and these verbs share each step: records, objects, hooks, definitions, waiting,
//! deletion. The provider decides by comparing and writes only what differs; the verbs do what helm's do, so that
//! scripts find the same revisions, words and fields.

mod error;
mod list;
mod read;
mod resources;

pub use error::ActionError;
pub use list::{ListOptions, Order, list};
pub use read::{computed_values, history, read};
pub use resources::{objects, tables};
