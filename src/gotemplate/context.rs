//! What a function sees of the evaluation that called it.

use std::rc::Rc;

use crate::gotemplate::evaluate::{DEPTH_LIMIT, Evaluator};
use crate::gotemplate::parser::{ParseError, Template};
use crate::gotemplate::{ExecError, GoString, Set, Value};

/// The evaluation that calls a function: the set whose templates it may execute, and how deep it is.
#[derive(Clone, Debug)]
pub struct Context {
    set: Rc<Set>,
    depth: usize,
}

/// Why a source given at execution time did not yield text.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// It cannot be parsed.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Its execution failed.
    #[error(transparent)]
    Exec(#[from] ExecError),
}

impl Context {
    /// Returns the context of an execution that nothing has called: for calling a function from Rust.
    pub fn new(set: Rc<Set>) -> Self {
        Self { set, depth: 0 }
    }

    /// Returns the set whose template is being executed: the caller's, with what `tpl` added.
    pub fn set(&self) -> &Rc<Set> {
        &self.set
    }

    /// Returns how many templates are being executed, one inside the other.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the context one level deeper.
    pub(crate) fn deeper(&self) -> Self {
        Self { set: Rc::clone(&self.set), depth: self.depth + 1 }
    }

    /// Executes a template of the set, as `include` does.
    pub fn execute(&self, name: impl AsRef<[u8]>, data: Value) -> Result<Vec<u8>, ExecError> {
        match self.set.template(name.as_ref()) {
            Some(template) => self.execute_template(template, data),
            None => Err(ExecError::undefined(name.as_ref(), self.set.name())),
        }
    }

    /// Parses a source under `name` and executes it, as `tpl` does: it sees the set's templates, and what it
    /// defines is seen by nothing else.
    pub fn execute_source(
        &self,
        name: impl Into<GoString>,
        source: impl Into<GoString>,
        data: Value,
    ) -> Result<Vec<u8>, SourceError> {
        let mut own = Set::child(&self.set);
        let body = own.parse_body(&name.into(), &source.into())?;
        let inside = Self { set: Rc::new(own), depth: self.depth };
        Ok(body.map_or_else(|| Ok(Vec::new()), |body| inside.execute_template(&body, data))?)
    }

    fn execute_template(&self, template: &Template, data: Value) -> Result<Vec<u8>, ExecError> {
        if self.depth >= DEPTH_LIMIT {
            return Err(ExecError::TooDeep { template: template.name.clone(), limit: DEPTH_LIMIT });
        }
        // Go reads the data out of an `any`, and of a nil one nothing is left.
        let data = if data.is_nil() { Value::Invalid } else { data };
        let mut output = Vec::new();
        Evaluator::new(template, &self.deeper(), &mut output, data).run()?;
        Ok(output)
    }
}
