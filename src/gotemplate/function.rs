//! Functions and the table of them that a template set calls into.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::rc::Rc;
use std::vec::IntoIter;

use crate::gotemplate::{Argument, Context, GoString, List, Map, Parameter, TypeMismatch, Value};

/// A function that templates can call, with its Go signature. Clones share it.
#[derive(Clone)]
pub struct Function(Rc<Inner>);

struct Inner {
    parameters: Vec<Parameter>,
    variadic: bool,
    body: Box<Body>,
}

type Body = dyn Fn(&Context, IntoIter<Value>) -> Result<Value, FunctionError>;

impl Function {
    /// Makes a function of a closure: `|text: GoString, count: isize| …`, with `&Context` first where it needs
    /// to evaluate templates, and [`crate::gotemplate::Rest`] last where it is variadic. It returns anything
    /// that is [`Outcome`].
    pub fn new<Signature>(body: impl IntoFunction<Signature>) -> Self {
        body.into_function()
    }

    /// Returns the parameters' types; of a variadic one, the element's.
    pub fn parameters(&self) -> &[Parameter] {
        &self.0.parameters
    }

    /// Tells whether the last parameter takes any number of arguments.
    pub fn is_variadic(&self) -> bool {
        self.0.variadic
    }

    /// Calls the function after a check of the arguments' number and types.
    pub fn call(&self, context: &Context, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let (given, wanted) = (arguments.len(), self.0.parameters.len());
        if given + usize::from(self.0.variadic) < wanted || (given > wanted && !self.0.variadic) {
            return Err(FunctionError::new(format!("wrong number of args: want {wanted} got {given}")));
        }
        let last = wanted.saturating_sub(1);
        let arguments = arguments.into_iter().enumerate();
        let checked = arguments.map(|(index, value)| self.0.parameters[index.min(last)].check(value));
        self.call_checked(context, checked.collect::<Result<_, _>>()?)
    }

    /// Calls the function with arguments that are known to fit.
    pub(crate) fn call_checked(
        &self,
        context: &Context,
        arguments: Vec<Value>,
    ) -> Result<Value, FunctionError> {
        (self.0.body)(context, arguments.into_iter())
    }

    /// Returns a number that tells this function from every other living one (`%p`).
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// Returns the Go type's text. Results are not part of our signatures, so they are not part of the text.
    pub fn type_name(&self) -> String {
        let last = self.0.parameters.len().saturating_sub(1);
        let parameters: Vec<String> = (self.0.parameters.iter().enumerate())
            .map(|(index, parameter)| {
                if self.0.variadic && index == last {
                    format!("...{parameter}")
                } else {
                    parameter.to_string()
                }
            })
            .collect();
        format!("func({})", parameters.join(", "))
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.type_name())
    }
}

/// Why a function failed, in the function's own words. Printed behind `error calling NAME: `.
#[derive(Debug)]
pub struct FunctionError {
    message: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl FunctionError {
    /// Returns an error that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), cause: None }
    }

    /// Returns an error that says what `cause` says and keeps it for [`FunctionError::wrapped`].
    pub fn from_cause(cause: impl Error + Send + Sync + 'static) -> Self {
        Self { message: cause.to_string(), cause: Some(Box::new(cause)) }
    }

    /// Puts `prefix` before the text, as `fmt.Errorf("…: %w", err)` does.
    #[must_use]
    pub fn within(self, prefix: &str) -> Self {
        Self { message: format!("{prefix}: {}", self.message), cause: self.cause }
    }

    /// Returns the error whose text this one repeats (an included template's error).
    pub fn wrapped(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

// The text already holds the cause's, as Go's wrapped errors do, so `source` does not give it again.
impl Error for FunctionError {}

impl From<&str> for FunctionError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for FunctionError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

/// What a function may return.
pub trait Outcome {
    /// Returns the result as a value.
    fn outcome(self) -> Result<Value, FunctionError>;
}

macro_rules! outcome {
    ($($type:ty),* $(,)?) => {$(
        impl Outcome for $type {
            fn outcome(self) -> Result<Value, FunctionError> {
                Ok(Value::from(self))
            }
        }
    )*};
}

outcome!(Value, bool, isize, i32, i64, u8, u64, f64, GoString, &str, String, List, Map, Vec<Value>, Function);

impl<T: Outcome, E: Into<FunctionError>> Outcome for Result<T, E> {
    fn outcome(self) -> Result<Value, FunctionError> {
        self.map_err(Into::into)?.outcome()
    }
}

/// A closure that can be a [`Function`].
pub trait IntoFunction<Signature> {
    /// Returns the function.
    fn into_function(self) -> Function;
}

/// Marks a signature whose first parameter is the [`Context`].
pub struct WithContext<Signature>(std::marker::PhantomData<Signature>);

macro_rules! into_function {
    ($($argument:ident $name:ident),*) => {
        impl<Body, Returned, $($argument,)*> IntoFunction<($($argument,)*)> for Body
        where
            Body: Fn($($argument),*) -> Returned + 'static,
            Returned: Outcome,
            $($argument: Argument,)*
        {
            fn into_function(self) -> Function {
                Function(Rc::new(Inner {
                    parameters: vec![$($argument::parameter()),*],
                    variadic: false $(|| $argument::VARIADIC)*,
                    body: Box::new(move |_, mut _arguments| {
                        $(let $name = $argument::take(&mut _arguments)?;)*
                        self($($name),*).outcome()
                    }),
                }))
            }
        }

        impl<Body, Returned, $($argument,)*> IntoFunction<WithContext<($($argument,)*)>> for Body
        where
            Body: Fn(&Context, $($argument),*) -> Returned + 'static,
            Returned: Outcome,
            $($argument: Argument,)*
        {
            fn into_function(self) -> Function {
                Function(Rc::new(Inner {
                    parameters: vec![$($argument::parameter()),*],
                    variadic: false $(|| $argument::VARIADIC)*,
                    body: Box::new(move |context, mut _arguments| {
                        $(let $name = $argument::take(&mut _arguments)?;)*
                        self(context, $($name),*).outcome()
                    }),
                }))
            }
        }
    };
}

into_function!();
into_function!(A a);
into_function!(A a, B b);
into_function!(A a, B b, C c);
into_function!(A a, B b, C c, D d);
into_function!(A a, B b, C c, D d, E e);
into_function!(A a, B b, C c, D d, E e, F f);

impl From<TypeMismatch> for FunctionError {
    fn from(mismatch: TypeMismatch) -> Self {
        Self::new(mismatch.to_string())
    }
}

/// The functions that templates can name, beside text/template's own. A later one replaces an earlier one.
#[derive(Clone, Debug, Default)]
pub struct Functions {
    table: HashMap<GoString, Function>,
}

impl Functions {
    /// Returns an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a function into the table: `functions.add("trunc", |count: isize, text: GoString| …)`.
    pub fn add<Signature>(&mut self, name: &str, body: impl IntoFunction<Signature>) {
        self.table.insert(name.into(), body.into_function());
    }

    /// Takes a function out of the table.
    pub fn remove(&mut self, name: &str) {
        self.table.remove(name.as_bytes());
    }

    /// Returns the function of that name.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&Function> {
        self.table.get(name.as_ref())
    }

    /// Returns all names, sorted.
    pub fn names(&self) -> Vec<&GoString> {
        let mut names: Vec<_> = self.table.keys().collect();
        names.sort();
        names
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::gotemplate::{MissingKey, Rest, Set};

    fn call(function: &Function, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let set = Set::new("test", Rc::new(Functions::new()), MissingKey::Zero);
        function.call(&Context::new(Rc::new(set)), arguments)
    }

    #[test]
    fn closures_of_every_shape_become_functions() {
        let mut functions = Functions::new();
        let calls = Rc::new(Cell::new(0));
        let seen = Rc::clone(&calls);
        functions.add("repeat", |count: isize, text: GoString| {
            text.repeat(count.max(0).unsigned_abs()).into_text()
        });
        functions.add("list", |items: Rest<Value>| items.0);
        functions.add("set", |map: Map, key: GoString, value: Value| map.insert(key, value).map(|()| map));
        functions.add("depth", move |context: &Context, _name: GoString| {
            seen.set(seen.get() + 1);
            context.depth() as i64
        });
        let repeated = call(functions.get("repeat").unwrap(), vec![Value::Int(2), "ab".into()]).unwrap();
        assert_eq!(repeated.as_string().unwrap(), &"abab");
        assert_eq!(functions.get("list").unwrap().type_name(), "func(...interface {})");
        assert!(functions.get("set").unwrap().parameters().len() == 3);
        call(functions.get("depth").unwrap(), vec!["x".into()]).unwrap();
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn a_nil_map_argument_reads_as_empty_and_refuses_writes() {
        let set = Function::new(|map: Map, key: GoString, value: Value| map.insert(key, value).map(|()| map));
        let error = call(&set, vec![Value::Invalid, "key".into(), Value::Int(1)]).unwrap_err();
        assert_eq!(error.to_string(), "assignment to entry in nil map");
    }

    #[test]
    fn a_wrong_type_is_named_as_go_names_it() {
        let trunc = Function::new(|count: isize, _text: GoString| count);
        let error = call(&trunc, vec![Value::Float(5.0), "text".into()]).unwrap_err();
        assert_eq!(error.to_string(), "wrong type for value; expected int; got float64");
        let error = call(&trunc, vec![Value::Int(5), Value::Invalid]).unwrap_err();
        assert_eq!(error.to_string(), "invalid value; expected string");
    }

    trait IntoText {
        fn into_text(self) -> GoString;
    }

    impl IntoText for Vec<u8> {
        fn into_text(self) -> GoString {
            self.into()
        }
    }
}
