//! The builtin functions, one file for each group.

mod base64;
mod encode;
mod list;
mod mark;
mod open;
mod secret;
mod validate;
mod yaml;

use std::rc::Rc;

use super::evaluator::Scope;
use super::term::{Shared, Term};
use crate::esc::{Call, Expression};

impl<'d> Scope<'d, '_, '_> {
    /// Returns the value of a call.
    pub(crate) fn call(&mut self, expression: &'d Expression, call: &'d Call) -> Shared {
        match call {
            Call::Secret(text) => self.secret(text),
            Call::Ciphertext(envelope) => self.ciphertext(expression, envelope),
            Call::Join { delimiter, values } => self.join(expression, delimiter, values),
            Call::Split { delimiter, text } => self.split(expression, delimiter, text),
            Call::Concat(lists) => self.concat(expression, lists),
            Call::ToJson(value) => self.encode_json(expression, value),
            Call::FromJson(text) => self.decode_json(expression, text),
            Call::ToYaml(value) => self.encode_yaml(expression, value),
            Call::ToText(value) => self.stringify(expression, value),
            Call::ToBase64(text) => self.encode_base64(expression, text),
            Call::FromBase64(text) => self.decode_base64(expression, text),
            Call::Final(value) => self.make_final(expression, value),
            Call::Validate { schema, value } => self.check_value(expression, schema, value),
            Call::Open { source, inputs } => self.open(expression, source, inputs),
            Call::Rotate { rotator, inputs, state } => self.rotate(expression, rotator, inputs, state),
        }
    }
}

/// The marks that a function's result takes from its arguments.
#[derive(Clone, Copy, Default)]
struct Marks {
    unknown: bool,
    secret: bool,
}

impl Marks {
    fn of(terms: &[&Shared]) -> Self {
        Self {
            unknown: terms.iter().any(|term| term.holds_unknown()),
            secret: terms.iter().any(|term| term.holds_secret()),
        }
    }
}

/// Returns the same value as what a function makes of it: without inherited entries, unknown or secret as a whole
/// if a part is.
fn passed_through(expression: &Expression, value: &Shared) -> Term {
    let marks = Marks::of(&[value]);
    let mut term = Term::new(value.content.clone(), &expression.place).with_secret(marks.secret);
    if marks.unknown {
        term.unknown = Some(value.schema());
    }
    term
}

fn shared(term: Term) -> Shared {
    Rc::new(term)
}
