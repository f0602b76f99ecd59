//! One round: what all documents of an evaluation share.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
    sync::Arc,
};

use super::{
    EvaluateError, Evaluator, Mode, Options, Progress, Scope,
    opening::{CallId, Request},
};
use crate::diagnostic::Diagnostic;
use crate::environment::term::{Shared, Term};
use crate::environment::{Decrypter, Evaluation, Failure, LoadError, Names, Sources};
use crate::esc::{self, Parsed, Place};
use crate::resource::Value;

/// What a source gave, or its error.
pub(crate) type Opened = Result<Value, Failure>;

/// One round of an evaluation.
pub(crate) struct Session<'e> {
    evaluator: &'e Evaluator,
    progress: &'e mut Progress,
    pub(crate) mode: Mode,
    root: Arc<str>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) requests: Vec<Request>,
    pub(crate) failures: Vec<Failure>,
    imports: HashMap<Arc<str>, Imported>,
    /// Whether a value is shown as another than what it is; see [`Term::exported`].
    pub(crate) has_shown: bool,
    /// How many expressions are being evaluated, one inside another.
    depth: u32,
    /// How much the values so far hold, in bytes; see [`Term::size`].
    size: u64,
}

enum Imported {
    Evaluating,
    Done(Shared),
}

/// No document that a person wrote comes near these.
const DEEPEST_EXPRESSION: u32 = 2000;
const DEEPEST_VALUE: u32 = 600;
const LARGEST: u64 = 64 << 20;
const MOST_LAYERS: usize = 250;

impl<'e> Session<'e> {
    pub(crate) fn new(evaluator: &'e Evaluator, mode: Mode, root: &str, progress: &'e mut Progress) -> Self {
        Self {
            evaluator,
            progress,
            mode,
            root: root.into(),
            diagnostics: Vec::new(),
            requests: Vec::new(),
            failures: Vec::new(),
            imports: HashMap::new(),
            has_shown: false,
            depth: 0,
            size: 0,
        }
    }

    /// Evaluates the root environment.
    pub(crate) fn run(&mut self) -> Result<Evaluation, EvaluateError> {
        let root = Arc::clone(&self.root);
        let parsed = self.load(&root)?;
        self.diagnostics.extend(parsed.diagnostics.iter().cloned());
        let Some(document) = &parsed.document else {
            return Ok(Evaluation::not_loaded(std::mem::take(&mut self.diagnostics)));
        };
        let nothing = document.imports.is_empty() && document.is_empty();
        let term = if nothing { None } else { Some(self.evaluate(&root, document)) };
        let term = term.map(|term| if self.has_shown { term.exported() } else { term });
        let mut evaluation =
            Evaluation::new(term.as_deref(), self.options(), std::mem::take(&mut self.diagnostics));
        evaluation.failures = std::mem::take(&mut self.failures);
        Ok(evaluation)
    }

    fn evaluate(&mut self, name: &Arc<str>, document: &esc::Document) -> Shared {
        self.imports.insert(Arc::clone(name), Imported::Evaluating);
        let term = Scope::new(self, Arc::clone(name), document).evaluate_document();
        self.imports.insert(Arc::clone(name), Imported::Done(Rc::clone(&term)));
        term
    }

    /// Returns an environment's value by itself; each is evaluated once. Faults are reported at `place`.
    pub(crate) fn import(&mut self, name: &Arc<str>, place: &Place) -> Option<Shared> {
        match self.imports.get(name) {
            Some(Imported::Done(term)) => return Some(Rc::clone(term)),
            Some(Imported::Evaluating) => {
                self.diagnostics.push(place.error(format!("cyclic import of {name}")));
                return None;
            }
            None => {}
        }
        let parsed = match self.load(name) {
            Ok(parsed) => parsed,
            Err(error) => {
                self.diagnostics.push(place.error(error.to_string()));
                return None;
            }
        };
        self.diagnostics.extend(parsed.diagnostics.iter().cloned());
        let document = parsed.document.as_ref()?;
        if !self.enter(place) {
            return None;
        }
        let term = self.evaluate(name, document);
        self.leave();
        Some(term)
    }

    fn load(&mut self, name: &str) -> Result<Arc<Parsed>, LoadError> {
        if let Some(parsed) = self.progress.documents.get(name) {
            return Ok(Arc::clone(parsed));
        }
        let source = self.evaluator.loader.load(name)?;
        let parsed = Arc::new(esc::parse(&source.name, &source.text));
        self.progress.sources.push(source);
        self.progress.documents.insert(name.to_owned(), Arc::clone(&parsed));
        Ok(parsed)
    }

    /// Goes one expression deeper; says whether that is still allowed. [`Self::leave`] comes back.
    pub(crate) fn enter(&mut self, place: &Place) -> bool {
        let allowed = self.depth < DEEPEST_EXPRESSION && self.size <= LARGEST;
        if allowed {
            self.depth += 1;
        } else if self.size <= LARGEST {
            self.diagnostics.push(place.error("expressions refer to one another too deeply"));
        }
        allowed
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Accounts for a value; says whether it may be as it is.
    pub(crate) fn admit(&mut self, term: &Term, steps: u64, place: &Place) -> bool {
        let before = self.size;
        self.size = self.size.saturating_add(term.size()).saturating_add(steps);
        if before > LARGEST {
            return false;
        }
        let fault = if self.size > LARGEST {
            "the environment's values are too large"
        } else if term.depth() > DEEPEST_VALUE {
            "the value is nested too deeply"
        } else if term.layers() > MOST_LAYERS {
            "the value is merged of too many layers"
        } else {
            return true;
        };
        self.diagnostics.push(place.error(fault));
        false
    }

    /// Returns what a call gave; a call that was not opened yet is noted down.
    pub(crate) fn opened(&self, id: &CallId) -> Option<Opened> {
        self.progress.opened.get(id).cloned()
    }

    pub(crate) fn options(&self) -> Options {
        self.evaluator.options
    }

    pub(crate) fn sources(&self) -> &'e Sources {
        &self.evaluator.sources
    }

    pub(crate) fn decrypter(&self) -> Option<&'e Arc<dyn Decrypter>> {
        self.evaluator.sources.find_decrypter()
    }

    pub(crate) fn names(&self, current: &Arc<str>) -> Names {
        Names { root: Arc::clone(&self.root), current: Arc::clone(current) }
    }

    /// Returns what `${context}` is in an environment.
    pub(crate) fn context(&self, current: &Arc<str>) -> Value {
        let name = |name: &Arc<str>| Value::map([("name", Value::String(Arc::clone(name)))]);
        let mut entries: BTreeMap<Arc<str>, Value> = self.evaluator.context.clone();
        entries.insert("currentEnvironment".into(), name(current));
        entries.insert("rootEnvironment".into(), name(&self.root));
        Value::Map(Arc::new(entries))
    }
}
