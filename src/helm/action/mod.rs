//! What `helm` does with releases, a verb a file.
//!
//! The provider of `helm:Release` and these verbs share each step: records, objects, hooks, definitions, waiting,
//! deletion. The provider decides by comparing and writes only what differs; the verbs do what helm's do, so that
//! scripts find the same revisions, words and fields.

mod diff;
mod error;
mod install;
mod list;
mod options;
mod ownership;
mod pending;
mod read;
mod releases;
mod render;
mod resources;
mod rollback;
mod test;
mod uninstall;
mod upgrade;
mod work;

pub use diff::{Difference, diff};
pub use error::ActionError;
pub use install::install;
pub use list::{ListOptions, Order, list};
pub use options::{ChangeOptions, Chosen, DryRun, Reuse, ServerSide};
pub use pending::holder;
pub use read::{computed_values, history, read};
pub use releases::Releases;
pub use resources::{objects, tables};
pub use rollback::rollback;
pub use test::{TestFilter, Tested, test};
pub use uninstall::{UninstallOptions, Uninstalled, uninstall};
pub use upgrade::{Upgrade, prepare, upgrade};
