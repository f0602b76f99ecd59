//! A set of named templates that can call each other.

use std::rc::Rc;

use crate::gotemplate::Functions;

/// Named templates over one function table. A child sees its parent's templates and adds its own.
#[derive(Debug)]
pub struct Set {
    functions: Rc<Functions>,
    parent: Option<Rc<Set>>,
}

impl Set {
    /// Returns an empty set.
    pub fn new(functions: Rc<Functions>) -> Self {
        Self { functions, parent: None }
    }

    /// Returns a set that sees `parent`'s templates; what it defines stays its own.
    pub fn child(parent: &Rc<Self>) -> Self {
        Self { functions: Rc::clone(&parent.functions), parent: Some(Rc::clone(parent)) }
    }
}
