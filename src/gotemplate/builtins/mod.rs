//! text/template's own functions. A table's function of the same name goes before them.

mod compare;
mod escape;
mod index;

use crate::gotemplate::builtins::compare::{equal, less, less_or_equal};
use crate::gotemplate::builtins::escape::{escape_html, escape_javascript, escape_query};
use crate::gotemplate::builtins::index::{index, length, slice};
use crate::gotemplate::format::{print, print_followed, printf, println};
use crate::gotemplate::{Context, FunctionError, Parameter, Value};

/// One of text/template's own functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Builtin {
    And,
    Or,
    Not,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Len,
    Index,
    Slice,
    Call,
    Print,
    Printf,
    Println,
    Html,
    Js,
    Urlquery,
}

static ONE: [Parameter; 1] = [Parameter::Reflect];
static TWO: [Parameter; 2] = [Parameter::Reflect, Parameter::Reflect];
static ANY: [Parameter; 1] = [Parameter::Any];
static FORMAT: [Parameter; 2] = [Parameter::String, Parameter::Any];

impl Builtin {
    /// Returns the function of that name.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"and" => Self::And,
            b"or" => Self::Or,
            b"not" => Self::Not,
            b"eq" => Self::Eq,
            b"ne" => Self::Ne,
            b"lt" => Self::Lt,
            b"le" => Self::Le,
            b"gt" => Self::Gt,
            b"ge" => Self::Ge,
            b"len" => Self::Len,
            b"index" => Self::Index,
            b"slice" => Self::Slice,
            b"call" => Self::Call,
            b"print" => Self::Print,
            b"printf" => Self::Printf,
            b"println" => Self::Println,
            b"html" => Self::Html,
            b"js" => Self::Js,
            b"urlquery" => Self::Urlquery,
            _ => return None,
        })
    }

    pub(crate) fn parameters(self) -> &'static [Parameter] {
        match self {
            Self::Not | Self::Len => &ONE,
            Self::And
            | Self::Or
            | Self::Eq
            | Self::Ne
            | Self::Lt
            | Self::Le
            | Self::Gt
            | Self::Ge
            | Self::Index
            | Self::Slice
            | Self::Call => &TWO,
            Self::Print | Self::Println | Self::Html | Self::Js | Self::Urlquery => &ANY,
            Self::Printf => &FORMAT,
        }
    }

    pub(crate) fn is_variadic(self) -> bool {
        match self {
            Self::Not | Self::Len | Self::Ne | Self::Lt | Self::Le | Self::Gt | Self::Ge => false,
            Self::And
            | Self::Or
            | Self::Eq
            | Self::Index
            | Self::Slice
            | Self::Call
            | Self::Print
            | Self::Println
            | Self::Printf
            | Self::Html
            | Self::Js
            | Self::Urlquery => true,
        }
    }

    /// Calls it with checked arguments. `and`, `or` and `call` are the evaluator's.
    pub(crate) fn call(self, values: &[Value]) -> Result<Value, FunctionError> {
        let Some((first, rest)) = values.split_first() else {
            return Ok(self.without_arguments());
        };
        let second = rest.first().unwrap_or(&Value::Invalid);
        Ok(match self {
            Self::And | Self::Or | Self::Call => Value::Invalid,
            Self::Not => Value::Bool(!first.truth()),
            Self::Eq => Value::Bool(equal(first, rest)?),
            Self::Ne => Value::Bool(!equal(first, rest)?),
            Self::Lt => Value::Bool(less(first, second)?),
            Self::Le => Value::Bool(less_or_equal(first, second)?),
            Self::Gt => Value::Bool(!less_or_equal(first, second)?),
            Self::Ge => Value::Bool(!less(first, second)?),
            Self::Len => Value::Int(length(first)?),
            Self::Index => index(first, rest)?,
            Self::Slice => slice(first, rest)?,
            Self::Print => text(print(values)),
            Self::Println => text(println(values)),
            Self::Printf => match first {
                Value::String(format) => text(printf(format, rest)),
                _ => Value::Invalid,
            },
            Self::Html => text(escape_html(&printed(values))),
            Self::Js => text(escape_javascript(&printed(values))),
            Self::Urlquery => text(escape_query(&printed(values))),
        })
    }

    fn without_arguments(self) -> Value {
        match self {
            Self::Println => Value::from("\n"),
            _ => Value::from(""),
        }
    }

    /// `call`: calls the function that is the first value.
    pub(crate) fn call_function(
        context: &Context,
        name: &str,
        values: Vec<Value>,
    ) -> Result<Value, FunctionError> {
        let mut values = values.into_iter();
        let function = match values.next().unwrap_or_default() {
            Value::Function(function) => function,
            callee if callee.is_nil() => return Err("call of nil".into()),
            callee => return Err(format!("non-function {name} of type {}", callee.type_name()).into()),
        };
        let (given, wanted) = (values.len(), function.parameters().len());
        if function.is_variadic() && given + 1 < wanted {
            let least = wanted - 1;
            return Err(format!("wrong number of args for {name}: got {given} want at least {least}").into());
        }
        if !function.is_variadic() && given != wanted {
            return Err(format!("wrong number of args for {name}: got {given} want {wanted}").into());
        }
        let mut arguments = Vec::with_capacity(given);
        for (index, value) in values.enumerate() {
            let parameter = &function.parameters()[index.min(wanted - 1)];
            let prepared =
                prepare(value, parameter).map_err(|error| error.within(&format!("arg {index}")))?;
            arguments.push(prepared);
        }
        function.call_checked(context, arguments)
    }
}

/// Converts an argument of `call`: integers of any type fit integers of any other.
fn prepare(value: Value, parameter: &Parameter) -> Result<Value, FunctionError> {
    if value.is_nil() {
        let named = format!("value is nil; should be of type {parameter}");
        return parameter.nil().ok_or_else(|| FunctionError::new(named));
    }
    let number = value.as_signed().or_else(|| value.as_unsigned().map(|number| number as i64));
    match (parameter, number) {
        (Parameter::Int, Some(number)) => return Ok(Value::Int(number as isize)),
        (Parameter::Int32, Some(number)) => return Ok(Value::Int32(number as i32)),
        (Parameter::Int64, Some(number)) => return Ok(Value::Int64(number)),
        (Parameter::Uint8, Some(number)) => return Ok(Value::Uint8(number as u8)),
        (Parameter::Uint64, Some(number)) => return Ok(Value::Uint64(number as u64)),
        _ => {}
    }
    let found = value.type_name().into_owned();
    let mismatch = |_| FunctionError::new(format!("value has type {found}; should be {parameter}"));
    parameter.check(value).map_err(mismatch)
}

fn text(bytes: Vec<u8>) -> Value {
    Value::String(bytes.into())
}

/// Prints arguments as the escaping functions see them: the same as the template would.
fn printed(values: &[Value]) -> Vec<u8> {
    if let [Value::String(only)] = values {
        return only.to_vec();
    }
    // An absent value is text here, as it is in a template's output.
    let shown =
        values.iter().map(|value| if value.is_nil() { Value::from("<no value>") } else { value.clone() });
    print_followed(&shown.collect::<Vec<_>>())
}
