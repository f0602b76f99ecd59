//! Calls of functions and methods.

use crate::gotemplate::evaluate::walk::{At, Evaluated, Evaluator, Held};
use crate::gotemplate::parser::{Callee, Displayed, Operand, Span};
use crate::gotemplate::{Builtin, Function, Parameter, Value};

/// What a callee takes.
#[derive(Clone, Copy)]
struct Signature<'a> {
    name: &'a [u8],
    parameters: &'a [Parameter],
    variadic: bool,
}

impl<'run> Evaluator<'run> {
    /// Calls a function by its name in the template; `node` is what a failure names.
    pub(super) fn function(
        &mut self,
        dot: &Held,
        span: Span,
        callee: &'run Callee,
        node: At<'run>,
        arguments: &'run [Operand],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let name = self.template.text(span);
        match callee {
            Callee::Function(function) => self.call(dot, function, name, node, arguments, last),
            Callee::Builtin(builtin) => self.builtin(dot, *builtin, name, node, arguments, last),
        }
    }

    /// Calls a function or method.
    pub(super) fn call(
        &mut self,
        dot: &Held,
        function: &Function,
        name: &[u8],
        node: At<'run>,
        arguments: &'run [Operand],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let signature =
            Signature { name, parameters: function.parameters(), variadic: function.is_variadic() };
        self.check_count(signature, arguments, last.is_some())?;
        let values = self.arguments(dot, signature, arguments, last)?;
        function.call_checked(self.context, values).or_else(|error| {
            self.at = Some(node);
            self.call_failed(name, error)
        })
    }

    fn builtin(
        &mut self,
        dot: &Held,
        builtin: Builtin,
        name: &[u8],
        node: At<'run>,
        arguments: &'run [Operand],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let signature = Signature { name, parameters: builtin.parameters(), variadic: builtin.is_variadic() };
        self.check_count(signature, arguments, last.is_some())?;
        if let Builtin::And | Builtin::Or = builtin {
            return self.short_circuit(dot, builtin == Builtin::Or, arguments, last);
        }
        let values = self.arguments(dot, signature, arguments, last)?;
        let result = match builtin {
            Builtin::Call => {
                let callee = self.callee_name(arguments, &values);
                Builtin::call_function(self.context, &callee, values)
            }
            _ => builtin.call(&values),
        };
        result.or_else(|error| {
            self.at = Some(node);
            self.call_failed(name, error)
        })
    }

    /// Returns how Go names what `call` calls: by the first argument's text, or by what came through the pipe.
    fn callee_name(&self, arguments: &[Operand], values: &[Value]) -> String {
        match (arguments.first(), values.first()) {
            (Some(operand), _) => Displayed(self.template, operand).to_string(),
            (None, Some(Value::String(text))) => text.to_string(),
            (None, Some(Value::Invalid) | None) => "<invalid Value>".to_owned(),
            (None, Some(value)) => format!("<{} Value>", value.type_name()),
        }
    }

    /// `and` stops at the first false argument, `or` at the first true one.
    fn short_circuit(
        &mut self,
        dot: &Held,
        stop: bool,
        arguments: &'run [Operand],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let mut value = Value::Invalid;
        for argument in arguments {
            value = self.argument(dot, &Parameter::Reflect, argument)?;
            if value.truth() == stop {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    fn check_count(&self, signature: Signature<'_>, arguments: &[Operand], piped: bool) -> Evaluated<()> {
        let given = arguments.len() + usize::from(piped);
        let wanted = signature.parameters.len();
        let name = || String::from_utf8_lossy(signature.name);
        if signature.variadic && given < wanted - 1 {
            let least = wanted - 1;
            // Go counts only the written arguments here.
            let written = arguments.len();
            return self
                .fail(format!("wrong number of args for {}: want at least {least} got {written}", name()));
        }
        if !signature.variadic && given != wanted {
            return self.fail(format!("wrong number of args for {}: want {wanted} got {given}", name()));
        }
        Ok(())
    }

    fn arguments(
        &mut self,
        dot: &Held,
        signature: Signature<'_>,
        arguments: &'run [Operand],
        last: Option<Value>,
    ) -> Evaluated<Vec<Value>> {
        let parameter = |index: usize| &signature.parameters[index.min(signature.parameters.len() - 1)];
        let mut values = Vec::with_capacity(arguments.len() + usize::from(last.is_some()));
        for (index, argument) in arguments.iter().enumerate() {
            values.push(self.argument(dot, parameter(index), argument)?);
        }
        if let Some(last) = last {
            values.push(self.checked(parameter(arguments.len()), last)?);
        }
        Ok(values)
    }
}
