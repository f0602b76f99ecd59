//! Setting and removing single values in a plain text, where they stand.
//!
//! A [`Change`] is found in the tree of a text and made there and in the text alike. What the text's layout does not
//! allow is left to whoever writes it anew from the tree.

#[expect(clippy::module_inception, reason = "a file is named after the type in it")]
mod change;
mod json;
mod lines;
mod set;
mod yaml;
