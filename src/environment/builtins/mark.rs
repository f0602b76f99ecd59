//! `fn::final`.

use super::{passed_through, shared};
use crate::environment::evaluator::Scope;
use crate::environment::term::Shared;
use crate::esc::Expression;

impl<'d> Scope<'d, '_, '_> {
    pub(super) fn make_final(&mut self, expression: &'d Expression, value: &'d Expression) -> Shared {
        let value = self.evaluate(value, None);
        let mut term = passed_through(expression, &value);
        term.is_final = true;
        shared(term)
    }
}
