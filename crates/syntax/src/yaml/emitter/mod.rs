//! YAML as Go writes it, byte for byte.
//!
//! The emitter takes events, so that every value model can drive it without a conversion. Layout, quoting and
//! folding are those of go-yaml v2 or v3, both of which descend from libyaml's emitter.

mod analysis;
mod json;
mod layout;
mod order;
#[cfg(test)]
mod tests;
mod writer;

pub use json::emit_json;
pub use layout::{Emitter, Layout};
pub use order::natural_order;
