//! One document under evaluation.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use super::Session;
use crate::environment::schema::{Schema, Validator};
use crate::environment::term::{Content, Entries, Entry, Shared, Term};
use crate::esc::{Call, Document, Expression, Kind, Part, Place, Properties};
use crate::resource::Value;

/// One document under evaluation: its expressions' values, and what it builds on.
pub(crate) struct Scope<'d, 's, 'e> {
    pub(crate) session: &'s mut Session<'e>,
    pub(crate) name: Arc<str>,
    pub(crate) document: &'d Document,
    cells: Vec<Cell>,
    /// The imports merged into one another.
    pub(crate) base: Option<Shared>,
    /// Each import by itself.
    pub(crate) imports: Shared,
    pub(crate) context: Shared,
}

/// How far the evaluation of an expression has come.
#[derive(Clone)]
enum Cell {
    Waiting,
    Evaluating,
    Done(Shared),
}

impl<'d, 's, 'e> Scope<'d, 's, 'e> {
    pub(crate) fn new(session: &'s mut Session<'e>, name: Arc<str>, document: &'d Document) -> Self {
        let nowhere = Place::nowhere();
        let context = Term::from_value(&session.context(&name), false, &nowhere);
        let imports = Rc::new(Term::object(Entries::new(), &nowhere));
        let cells = vec![Cell::Waiting; document.expressions];
        Self { session, name, document, cells, base: None, imports, context }
    }

    /// Evaluates the imports, then all values in the order of their keys.
    pub(crate) fn evaluate_document(&mut self) -> Shared {
        self.evaluate_imports();
        let values = &self.document.values;
        values.rejected(&mut self.session.diagnostics);
        let nowhere = Place::nowhere();
        let base = self.base.clone();
        self.object(&nowhere, values, base)
    }

    fn evaluate_imports(&mut self) {
        let mut imports: Entries = BTreeMap::new();
        for import in &self.document.imports {
            let Some(term) = self.session.import(&import.name, &import.place) else { continue };
            let entry = Entry { term: Rc::clone(&term), key: Some(Arc::clone(&import.place)) };
            imports.insert(Arc::clone(&import.name), entry);
            if !import.merge {
                continue;
            }
            let mut steps = 0;
            let merged = match &self.base {
                Some(base) => term.over(base, &mut steps),
                None => term,
            };
            if self.session.admit(&merged, steps, &import.place) {
                self.base = Some(merged);
            }
        }
        self.imports = Rc::new(Term::object(imports, &Place::nowhere()));
    }

    /// Returns the value of an expression that is merged over `base`; each expression is evaluated once.
    pub(crate) fn evaluate(&mut self, expression: &'d Expression, base: Option<&Shared>) -> Shared {
        match &self.cells[expression.id] {
            Cell::Done(term) => return Rc::clone(term),
            Cell::Evaluating => {
                self.error(&expression.place, format!("cyclic reference to {}", expression.name()));
                return unknown(&expression.place);
            }
            Cell::Waiting => {}
        }
        if !self.session.enter(&expression.place) {
            return unknown(&expression.place);
        }
        self.cells[expression.id] = Cell::Evaluating;
        let term = self.define(expression, base);
        self.cells[expression.id] = Cell::Done(Rc::clone(&term));
        self.session.leave();
        term
    }

    fn define(&mut self, expression: &'d Expression, base: Option<&Shared>) -> Shared {
        if let Some(base) = base.filter(|base| base.is_final) {
            self.session.diagnostics.push(expression.place.warning("cannot override final value"));
            return Rc::clone(base);
        }
        let place = &expression.place;
        let own = match &expression.kind {
            Kind::Object(properties) => return self.object(place, properties, base.cloned()),
            Kind::Null => Rc::new(Term::new(Content::Null, place)),
            Kind::Bool(value) => Rc::new(Term::new(Content::Bool(*value), place)),
            Kind::Number(number) => Rc::new(Term::new(Content::Number(number.clone()), place)),
            Kind::Text(text) => Rc::new(Term::text(text, place)),
            Kind::Interpolation(parts) => Rc::new(self.interpolate(expression, parts)),
            Kind::Symbol(accessors) => self.access(expression, accessors),
            Kind::List(items) => {
                let items = items.iter().map(|item| self.evaluate(item, None)).collect();
                Rc::new(Term::list(items, place))
            }
            Kind::Call(call) => self.call(expression, call),
        };
        let mut steps = 0;
        let merged = match (base, &expression.kind) {
            (Some(base), Kind::Call(call)) => self.merge_call(call, own, base, &mut steps),
            (Some(base), _) => own.over(base, &mut steps),
            (None, _) => own,
        };
        self.admit(merged, steps, place)
    }

    /// Returns what a call gave, merged over `base`.
    fn merge_call(&mut self, call: &Call, own: Shared, base: &Shared, steps: &mut u64) -> Shared {
        let merged = own.over(base, steps);
        if !matches!(call, Call::Final(_) | Call::Validate { .. }) || Rc::ptr_eq(&merged, &own) {
            return merged;
        }
        self.session.has_shown = true;
        let mut merged = Rc::unwrap_or_clone(merged);
        merged.shown = Some(own);
        Rc::new(merged)
    }

    fn object(&mut self, place: &Arc<Place>, properties: &'d Properties, base: Option<Shared>) -> Shared {
        let entries = properties.entries.iter().map(|(name, property)| {
            let below = base.as_ref().and_then(|base| base.property(name));
            let term = self.evaluate(&property.value, below.as_ref());
            (Arc::clone(name), Entry { term, key: Some(Arc::clone(&property.key)) })
        });
        let entries: Entries = entries.collect();
        self.admit(Rc::new(Term::object(entries, place).with_base(base)), 0, place)
    }

    fn admit(&mut self, term: Shared, steps: u64, place: &Arc<Place>) -> Shared {
        if self.session.admit(&term, steps, place) { term } else { unknown(place) }
    }

    fn interpolate(&mut self, expression: &'d Expression, parts: &'d [Part]) -> Term {
        let mut text = Vec::new();
        let (mut is_unknown, mut secret) = (false, false);
        for part in parts {
            text.extend_from_slice(part.text.as_bytes());
            let Some(accessors) = &part.access else { continue };
            let term = self.access(expression, accessors);
            let Some(rendered) = self.render(&term, &expression.place) else {
                is_unknown = true;
                continue;
            };
            is_unknown |= rendered.unknown;
            secret |= rendered.secret;
            text.extend_from_slice(&rendered.text);
        }
        text_or_unknown(text, is_unknown, &expression.place).with_secret(secret)
    }

    /// Returns a value as text, with its marks; `None`, and a diagnostic, if it is too long.
    pub(crate) fn render(
        &mut self,
        term: &Term,
        place: &Place,
    ) -> Option<crate::environment::term::Rendered> {
        let Ok(mut rendered) = term.render() else {
            self.error(place, "the text is too long");
            return None;
        };
        rendered.secret |= self.session.options().stricter && term.holds_secret();
        Some(rendered)
    }

    /// Evaluates an argument and says whether it fulfils the schema.
    pub(crate) fn evaluate_typed(&mut self, expression: &'d Expression, schema: &Schema) -> (Shared, bool) {
        let term = self.evaluate(expression, None);
        let fits = self.validate(&term, schema);
        (term, fits)
    }

    pub(crate) fn validate(&mut self, term: &Shared, schema: &Schema) -> bool {
        let mut validator = Validator::new(self.session.options().stricter);
        let fits = validator.check(term, schema);
        self.session.diagnostics.append(&mut validator.diagnostics);
        fits
    }

    /// Says whether this document is the one that is evaluated, and no import.
    pub(crate) fn is_root(&self) -> bool {
        self.session.names(&self.name).root == self.name
    }

    pub(crate) fn error(&mut self, place: &Place, message: impl Into<String>) {
        self.session.diagnostics.push(place.error(message));
    }

    /// Returns the term of what a source or a text gave, defined by the expression that asked for it.
    pub(crate) fn term(expression: &Expression, value: &Value, secret: bool) -> Shared {
        Term::from_value(value, secret, &expression.place)
    }
}

/// Returns a value of which nothing is known.
pub(crate) fn unknown(place: &Arc<Place>) -> Shared {
    Rc::new(Term::unknown(Schema::always(), place))
}

/// Returns a text, or what is known of it: that it would be one.
pub(crate) fn text_or_unknown(text: Vec<u8>, is_unknown: bool, place: &Arc<Place>) -> Term {
    if is_unknown { Term::unknown(Schema::kind("string"), place) } else { Term::text(text, place) }
}
