//! Template source to trees. Nothing of the source is copied but string constants: nodes hold ranges of it.

mod display;
mod error;
mod lexer;
mod number;
mod parse;
mod pipeline;
mod reader;
mod token;
mod tree;

#[cfg(test)]
mod tests;

pub(crate) use display::Displayed;
pub use error::ParseError;
pub(crate) use parse::parse;
pub(crate) use token::Span;
pub(crate) use tree::{
    Branch, Callee, Command, Node, Number, Operand, Pipeline, Template, TemplateCall, Variable,
};
