//! What a document says before it is evaluated: its imports and expressions, each with its place.

mod builtin;
mod document;
mod interpolation;
mod parser;
mod path;
mod quote;

pub(crate) use document::{
    Accessor, Call, Document, Expression, Import, Kind, Part, Place, Properties, Property, Step,
};
pub(crate) use interpolation::parse_path;
pub(crate) use parser::{Parsed, parse};
pub(crate) use path::join;
pub(crate) use quote::{quote, quote_bytes};
