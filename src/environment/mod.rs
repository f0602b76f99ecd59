//! Environments: the language of Pulumi ESC, evaluated here.
//!
//! A document says with `imports`, `values`, `${…}` and `fn::…` what a cluster should be. [`Evaluator`] reads it
//! through a [`Loader`], opens the [`Sources`] that it calls, and gives an [`Evaluation`]: values in which secrets
//! and unknown parts are marked, all problems with their place, and where each value comes from. Secrecy spreads
//! through every function, and no message holds a secret.
//!
//! The way through: [`esc`](crate::esc) reads a document, `evaluator` walks its expressions in rounds, `term` is a value with
//! its marks and layers, `builtins` are the functions, `schema` checks what goes in and comes out of sources.
//! What a source is and how it is reached is left to [`Source`].

mod assign;
mod builtins;
mod editor_schema;
mod evaluation;
mod evaluator;
mod extract;
mod identify;
mod json;
mod loader;
mod outline;
mod schema;
mod sources;
mod term;
#[cfg(test)]
mod tests;
mod trust;

pub use assign::{AssignError, Destination};
pub use editor_schema::editor_schema;
pub use evaluation::Evaluation;
pub use evaluator::{EvaluateError, Evaluator, Opening, Options};
pub use extract::{extract, nearest, steps};
pub use identify::IdentifyError;
pub use json::{JsonError, read_json};
pub use loader::{Folder, InMemory, LoadError, Loader};
pub use outline::{Outline, ValueName};
pub use schema::{Schema, SchemaError};
pub use sources::{
    Decrypter, Failure, InputsError, Names, Outside, Rotator, Sops, SopsError, Source, SourceError, Sources,
};
pub use trust::plain_secrets;
