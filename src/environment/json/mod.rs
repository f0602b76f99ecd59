//! JSON as Go's encoding/json reads and writes it; numbers keep their text.

mod read;
mod write;

pub use read::{JsonError, read_json};
pub(crate) use write::write;
