//! `fn::toJSON`, `fn::fromJSON`, `fn::toYAML`, `fn::toString`.

use super::{Marks, shared, yaml};
use crate::environment::evaluator::{Scope, text_or_unknown};
use crate::environment::json;
use crate::environment::schema::Schema;
use crate::environment::term::{Shared, Term};
use crate::esc::Expression;

impl<'d> Scope<'d, '_, '_> {
    pub(super) fn encode_json(&mut self, expression: &'d Expression, value: &'d Expression) -> Shared {
        let value = self.evaluate(value, None);
        let marks = Marks::of(&[&value]);
        let text = if marks.unknown { Ok(String::new()) } else { json::write(&value.reveal()) };
        match text {
            Ok(text) => {
                let text = text_or_unknown(text.into_bytes(), marks.unknown, &expression.place);
                shared(text.with_secret(marks.secret))
            }
            Err(error) => {
                self.error(&expression.place, format!("failed to encode JSON: {error}"));
                shared(Term::unknown(Schema::kind("string"), &expression.place).with_secret(marks.secret))
            }
        }
    }

    pub(super) fn decode_json(&mut self, expression: &'d Expression, text: &'d Expression) -> Shared {
        let (text, fits) = self.evaluate_typed(text, &Schema::kind("string"));
        let marks = Marks::of(&[&text]);
        let unknown =
            || shared(Term::unknown(Schema::always(), &expression.place).with_secret(fits && marks.secret));
        let (true, false, Some(text)) = (fits, marks.unknown, text.as_text()) else { return unknown() };
        match json::read_json(text) {
            Ok(value) => Term::from_value(&value, marks.secret, &expression.place),
            Err(error) => {
                let hidden = marks.secret && self.session.options().stricter;
                let message = if hidden { "the secret is not JSON".to_owned() } else { error.to_string() };
                self.error(&expression.place, format!("decoding JSON string: {message}"));
                unknown()
            }
        }
    }

    pub(super) fn encode_yaml(&mut self, expression: &'d Expression, value: &'d Expression) -> Shared {
        let value = self.evaluate(value, None);
        let marks = Marks::of(&[&value]);
        let text = if marks.unknown { String::new() } else { yaml::write(&value.reveal()) };
        shared(text_or_unknown(text.into_bytes(), marks.unknown, &expression.place).with_secret(marks.secret))
    }

    pub(super) fn stringify(&mut self, expression: &'d Expression, value: &'d Expression) -> Shared {
        let value = self.evaluate(value, None);
        let term = match self.render(&value, &expression.place) {
            Some(rendered) => {
                let secret = rendered.secret;
                text_or_unknown(rendered.text, rendered.unknown, &expression.place).with_secret(secret)
            }
            None => {
                Term::unknown(Schema::kind("string"), &expression.place).with_secret(value.holds_secret())
            }
        };
        shared(term)
    }
}
