//! Go's fmt: `Sprint`, `Sprintln`, `Sprintf` and what a template prints for a value.

mod flags;
mod float;
mod integer;
mod printer;
mod printf;
mod text;

pub use crate::gotemplate::quote::quote;
pub use float::format_float;
pub use printer::{print, print_followed, print_value, println};
pub use printf::printf;
