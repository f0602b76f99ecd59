//! The charts that a chart is made of: which take part in a release ([`Tree`]), which lie in `charts/` ([`list`]),
//! and how they get there ([`update`], [`build`]).

mod list;
mod lock;
mod pack;
mod resolve;
mod tree;
mod update;

pub use list::{Listed, Listing, Status, list};
pub use lock::LockFile;
pub use resolve::Unresolved;
pub use tree::{DependencyError, Tree, missing};
pub use update::{Changed, Signatures, UpdateError, Updater};
