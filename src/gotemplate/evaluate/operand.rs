//! Commands and the operands that begin them.

use crate::gotemplate::evaluate::walk::{At, Evaluated, Evaluator, Held};
use crate::gotemplate::parser::{Command, Displayed, Number, Operand, Variable};
use crate::gotemplate::{Value, deepen};

impl<'run> Evaluator<'run> {
    /// Evaluates a command; `last` is the result of the one before it in the pipeline.
    pub(super) fn command(
        &mut self,
        dot: &Held,
        command: &'run Command,
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let Some((first, arguments)) = command.operands.split_first() else {
            return self.fail("empty command");
        };
        match first {
            Operand::Field(_, names) => {
                self.at = Some(At::Operand(first));
                self.fields(dot, dot, first, names, arguments, last)
            }
            Operand::Chain(_, operand, names) => {
                self.at = Some(At::Operand(first));
                let receiver = Held::plain(self.chain_start(dot, operand)?);
                self.fields(dot, &receiver, first, names, arguments, last)
            }
            Operand::Function(name, callee) => {
                self.at = Some(At::Operand(first));
                self.function(dot, *name, callee, At::Command(command), arguments, last)
            }
            Operand::Pipeline(pipeline) => {
                self.expect_no_arguments(first, arguments, last.is_some())?;
                deepen(|| self.pipeline(dot, pipeline))
            }
            Operand::Variable(variable) => {
                self.at = Some(At::Operand(first));
                self.variable(dot, first, variable, arguments, last)
            }
            Operand::Bool(..)
            | Operand::Dot(_)
            | Operand::Nil(_)
            | Operand::Number(_)
            | Operand::String(..) => {
                self.at = Some(At::Operand(first));
                self.expect_no_arguments(first, arguments, last.is_some())?;
                self.plain(dot, first)
            }
        }
    }

    /// Evaluates a literal or the dot as a command.
    fn plain(&mut self, dot: &Held, operand: &'run Operand) -> Evaluated<Value> {
        match operand {
            Operand::Bool(_, truth) => Ok(Value::Bool(*truth)),
            Operand::Dot(_) => Ok(dot.value.clone()),
            Operand::Number(number) => self.constant(number),
            Operand::String(_, text) => Ok(Value::String(text.clone())),
            _ => self.fail("nil is not a command"),
        }
    }

    /// Returns a number whose type only its syntax tells.
    pub(super) fn constant(&self, number: &Number) -> Evaluated<Value> {
        match number.signed {
            _ if number.is_float => Ok(Value::Float(number.float)),
            Some(signed) => Ok(Value::Int(signed as isize)),
            None => {
                let text = String::from_utf8_lossy(self.template.text(number.span));
                self.fail(format!("{text} overflows int"))
            }
        }
    }

    /// Evaluates what a chain of fields begins with.
    pub(super) fn chain_start(&mut self, dot: &Held, operand: &'run Operand) -> Evaluated<Value> {
        self.at = Some(At::Operand(operand));
        match operand {
            Operand::Pipeline(pipeline) => deepen(|| self.pipeline(dot, pipeline)),
            Operand::Function(name, callee) => {
                self.function(dot, *name, callee, At::Operand(operand), &[], None)
            }
            _ => self.fail(format!("can't evaluate command {}", Displayed(self.template, operand))),
        }
    }

    pub(super) fn variable(
        &mut self,
        dot: &Held,
        operand: &'run Operand,
        variable: &'run Variable,
        arguments: &'run [Operand],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let name = self.template.text(variable.name);
        let Some((_, held)) = self.variables.iter().rev().find(|(known, _)| *known == name) else {
            return self.fail(format!("undefined variable: {}", String::from_utf8_lossy(name)));
        };
        if variable.fields.is_empty() {
            let value = held.value.clone();
            self.expect_no_arguments(operand, arguments, last.is_some())?;
            return Ok(value);
        }
        let held = held.clone();
        self.fields(dot, &held, operand, &variable.fields, arguments, last)
    }

    fn expect_no_arguments(&self, first: &Operand, arguments: &[Operand], piped: bool) -> Evaluated<()> {
        if arguments.is_empty() && !piped {
            return Ok(());
        }
        self.fail(format!("can't give argument to non-function {}", Displayed(self.template, first)))
    }
}
