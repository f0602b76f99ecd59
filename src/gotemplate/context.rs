//! What a function sees of the evaluation that called it.

use std::rc::Rc;

use crate::gotemplate::Set;

/// The evaluation that calls a function: the set whose templates it may execute, and how deep it is.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) set: Rc<Set>,
    pub(crate) depth: usize,
}

impl Context {
    /// Returns the set whose template is being executed.
    pub fn set(&self) -> &Rc<Set> {
        &self.set
    }
}
