//! YAML documents.

mod inline;
mod read;
mod shape;
mod write;

pub(super) use inline::{Place, nested, scalar_text};
pub(super) use read::read;
pub(super) use shape::Shape;
pub(super) use write::{write, write_value};
