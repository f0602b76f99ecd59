//! The language of environments, Pulumi ESC's: what a document says before it is evaluated, its imports and expressions, each with
//! its place.

mod builtin;
mod document;
mod interpolation;
mod number;
mod parser;
mod path;
mod quote;

pub use document::{
    Accessor, Call, Document, Expression, Import, Kind, Part, Place, Properties, Property, Step,
};
pub use interpolation::parse_path;
pub use number::Number;
pub use parser::{Parsed, parse};
pub use path::join;
pub use quote::{quote, quote_bytes};
