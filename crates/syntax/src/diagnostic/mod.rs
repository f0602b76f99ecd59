//! Problems with their place: file, span, severity, message, hint. One form for every check.
//!
//! A check collects all that it finds into [`Diagnostics`] and lets the caller decide; nothing here prints.
//! No message may hold a secret's value.

#[expect(clippy::module_inception, reason = "a file is named after the type in it")]
mod diagnostic;
mod source;
mod span;
mod suggest;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use source::Source;
pub use span::{Position, Span};
pub use suggest::{distance, suggest};
