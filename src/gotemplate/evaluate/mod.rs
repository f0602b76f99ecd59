//! Execution of parsed templates.

mod arguments;
mod call;
mod error;
mod field;
mod operand;
mod walk;

#[cfg(test)]
mod tests;

pub use error::ExecError;
pub(crate) use walk::{DEPTH_LIMIT, Evaluator};
