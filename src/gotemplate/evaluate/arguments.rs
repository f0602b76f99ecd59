//! Arguments, converted to their parameters' types.

use crate::gotemplate::evaluate::walk::{At, Evaluated, Evaluator, Held};
use crate::gotemplate::parser::{Displayed, Number, Operand};
use crate::gotemplate::{Parameter, Value, deepen};

impl<'run> Evaluator<'run> {
    /// Converts a value to a parameter's type.
    pub(super) fn checked(&self, parameter: &Parameter, value: Value) -> Evaluated<Value> {
        parameter.check(value).or_else(|mismatch| self.fail(mismatch.to_string()))
    }

    /// Evaluates an argument for a parameter. The parameter's type decides how a literal is read.
    pub(super) fn argument(
        &mut self,
        dot: &Held,
        parameter: &Parameter,
        operand: &'run Operand,
    ) -> Evaluated<Value> {
        self.at = Some(At::Operand(operand));
        let value = match operand {
            Operand::Dot(_) => dot.value.clone(),
            Operand::Nil(_) => {
                return match parameter.nil() {
                    Some(nil) => Ok(nil),
                    None => self.fail(format!("cannot assign nil to {parameter}")),
                };
            }
            Operand::Field(_, names) => self.fields(dot, dot, operand, names, &[], None)?,
            Operand::Variable(variable) => self.variable(dot, operand, variable, &[], None)?,
            Operand::Pipeline(pipeline) => deepen(|| self.pipeline(dot, pipeline))?,
            Operand::Function(name, callee) => {
                self.function(dot, *name, callee, At::Operand(operand), &[], None)?
            }
            Operand::Chain(_, start, names) => {
                let receiver = Held::plain(self.chain_start(dot, start)?);
                self.fields(dot, &receiver, operand, names, &[], None)?
            }
            Operand::Bool(..) | Operand::Number(_) | Operand::String(..) => {
                return self.literal(parameter, operand);
            }
        };
        self.checked(parameter, value)
    }

    fn literal(&self, parameter: &Parameter, operand: &Operand) -> Evaluated<Value> {
        match (parameter, operand) {
            (Parameter::Any | Parameter::Reflect | Parameter::Bool, Operand::Bool(_, truth)) => {
                Ok(Value::Bool(*truth))
            }
            (Parameter::Any | Parameter::Reflect | Parameter::String, Operand::String(_, text)) => {
                Ok(Value::String(text.clone()))
            }
            (Parameter::Any | Parameter::Reflect, Operand::Number(number)) => self.constant(number),
            (_, Operand::Number(number)) => match converted(parameter, number) {
                Some(value) => Ok(value),
                None => self.unexpected(parameter, operand),
            },
            _ => self.unexpected(parameter, operand),
        }
    }

    fn unexpected(&self, parameter: &Parameter, operand: &Operand) -> Evaluated<Value> {
        let shown = Displayed(self.template, operand);
        let wanted = match parameter {
            Parameter::Bool => "bool",
            Parameter::String => "string",
            Parameter::Float => "float",
            Parameter::Int | Parameter::Int32 | Parameter::Int64 => "integer",
            Parameter::Uint8 | Parameter::Uint64 => "unsigned integer",
            Parameter::Any
            | Parameter::Reflect
            | Parameter::Bytes
            | Parameter::Map(_)
            | Parameter::List(_)
            | Parameter::Object(_)
            | Parameter::Function => {
                return self.fail(format!("can't handle {shown} for arg of type {parameter}"));
            }
        };
        self.fail(format!("expected {wanted}; found {shown}"))
    }
}

/// Returns the number in the parameter's type, where it fits.
fn converted(parameter: &Parameter, number: &Number) -> Option<Value> {
    match parameter {
        Parameter::Float => Some(Value::Float(number.float)),
        Parameter::Int => number.signed.map(|signed| Value::Int(signed as isize)),
        Parameter::Int32 => number.signed.map(|signed| Value::Int32(signed as i32)),
        Parameter::Int64 => number.signed.map(Value::Int64),
        Parameter::Uint8 => number.unsigned.map(|unsigned| Value::Uint8(unsigned as u8)),
        Parameter::Uint64 => number.unsigned.map(Value::Uint64),
        _ => None,
    }
}
