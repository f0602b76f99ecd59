//! `fn::open`, `fn::rotate`.

use std::rc::Rc;
use std::sync::Arc;

use crate::diagnostic::suggest;
use crate::environment::evaluator::{CallId, Mode, Opener, Request, Scope, entries, message};
use crate::environment::schema::Schema;
use crate::environment::sources::left_out;
use crate::environment::term::{Entries, Entry, Shared, Term};
use crate::esc::{Expression, Kind, quote};

impl<'d> Scope<'d, '_, '_> {
    pub(super) fn open(
        &mut self,
        expression: &'d Expression,
        name: &Arc<str>,
        inputs: &'d Expression,
    ) -> Shared {
        let source = self.session.sources().find(name).cloned();
        let (accepts, gives) = if let Some(source) = &source {
            (source.inputs(), source.output())
        } else {
            self.unknown_source(expression, name);
            (Schema::always(), Schema::always())
        };
        let (inputs, fit) = self.evaluate_typed(inputs, &accepts);
        let ready = fit && !inputs.holds_unknown();
        match source {
            Some(source) if ready => self.take(expression, &inputs, &gives, Opener::Source(source)),
            _ => Rc::new(Term::unknown(gives, &expression.place)),
        }
    }

    pub(super) fn rotate(
        &mut self,
        expression: &'d Expression,
        name: &Arc<str>,
        inputs: &'d Expression,
        state: &'d Expression,
    ) -> Shared {
        let rotator = self.session.sources().find_rotator(name).cloned();
        let (accepts, keeps, gives) = if let Some(rotator) = &rotator {
            let keeps = Schema::one_of(vec![rotator.state(), Schema::kind("null")]);
            (rotator.inputs(), keeps, rotator.output())
        } else {
            self.error(&expression.place, format!("unknown rotator {}", quote(name)));
            (Schema::always(), Schema::always(), Schema::always())
        };
        let inputs = self.rotation_inputs(inputs, &accepts);
        let inputs_fit = self.validate(&inputs, &accepts);
        let (state, state_fits) = self.evaluate_typed(state, &keeps);
        let ready = inputs_fit && state_fits && !inputs.lacks_something() && !state.holds_unknown();
        match rotator {
            Some(rotator) if ready => {
                let state = entries(&state, self.session.options());
                self.take(expression, &inputs, &gives, Opener::Rotator { rotator, state })
            }
            _ => Rc::new(Term::unknown(gives, &expression.place)),
        }
    }

    /// Evaluates inputs but for those that only a rotation reads; a check of the root looks at all.
    fn rotation_inputs(&mut self, inputs: &'d Expression, accepts: &Schema) -> Shared {
        let rotate_only = accepts.as_rules().map_or(&[][..], |rules| &rules.rotate_only);
        let checked = self.session.mode == Mode::Check && self.is_root();
        let Kind::Object(properties) = &inputs.kind else { return self.evaluate(inputs, None) };
        if checked || rotate_only.is_empty() {
            return self.evaluate(inputs, None);
        }
        let mut entries = Entries::new();
        for (name, property) in &properties.entries {
            let term = if rotate_only.contains(name) {
                let mut unobserved = Term::unknown(Schema::always(), &property.value.place);
                unobserved.unobserved = true;
                Rc::new(unobserved)
            } else {
                self.evaluate(&property.value, None)
            };
            entries.insert(Arc::clone(name), Entry { term, key: Some(Arc::clone(&property.key)) });
        }
        Rc::new(Term::object(entries, &inputs.place))
    }

    /// Returns what the call gave, or notes it down to be opened after this round.
    fn take(&mut self, expression: &'d Expression, inputs: &Shared, gives: &Schema, call: Opener) -> Shared {
        let unknown = || Rc::new(Term::unknown(gives.clone(), &expression.place));
        // While a source waits, an object that lies over what it will give has not all of its entries yet.
        let incomplete = !self.session.requests.is_empty() && inputs.lies_over_unknown();
        if self.session.mode == Mode::Check || incomplete {
            return unknown();
        }
        let id: CallId = (Arc::clone(&self.name), expression.id);
        match self.session.opened(&id) {
            Some(Ok(value)) => Scope::term(expression, &value, false),
            Some(Err(failure)) => {
                let message = self.without_secrets(message(&failure), inputs);
                self.session.failures.push(failure);
                self.error(&expression.place, message);
                unknown()
            }
            None => {
                let Some(inputs) = entries(inputs, self.session.options()) else {
                    self.error(&expression.place, "the inputs must be an object");
                    return unknown();
                };
                let names = self.session.names(&self.name);
                let place = Arc::clone(&expression.place);
                self.session.requests.push(Request { id, call, inputs, names, place });
                unknown()
            }
        }
    }

    /// In stricter mode, takes the secrets of the inputs out of a source's message.
    fn without_secrets(&self, message: String, inputs: &Shared) -> String {
        if !self.session.options().stricter {
            return message;
        }
        let mut secrets = Vec::new();
        inputs.secret_texts(false, &mut secrets);
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
            .iter()
            .fold(message, |message, secret| message.replace(&*String::from_utf8_lossy(secret), "[secret]"))
    }

    fn unknown_source(&mut self, expression: &Expression, name: &str) {
        let mut diagnostic = expression.place.error(format!("unknown provider {}", quote(name)));
        if let Some(instead) = left_out(name) {
            diagnostic = diagnostic.hint(instead);
        } else if let Some(nearest) = suggest(name, self.session.sources().names()) {
            diagnostic = diagnostic.hint(format!("did you mean `{nearest}`?"));
        }
        self.session.diagnostics.push(diagnostic);
    }
}

impl Term {
    /// Says whether an object in the value is merged over something unknown.
    fn lies_over_unknown(&self) -> bool {
        let layers = std::iter::successors(self.base.as_deref(), |layer| layer.base.as_deref());
        let mut layers = layers.filter(|layer| layer.is_unknown());
        layers.next().is_some() || self.parts().iter().any(|part| part.lies_over_unknown())
    }
}
