//! What a function's parameter takes: Go's static types, and how Rust types stand for them.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::vec::IntoIter;

use crate::gotemplate::{Element, Function, GoString, List, Map, Object, Value};

/// The static type of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// `interface {}`; no value arrives as [`Value::Nil`].
    Any,
    /// `reflect.Value`: text/template's own functions, which tell no value from a nil interface.
    Reflect,
    /// `bool`.
    Bool,
    /// `string`.
    String,
    /// `int`.
    Int,
    /// `int32`.
    Int32,
    /// `int64`.
    Int64,
    /// `uint8`.
    Uint8,
    /// `uint64`.
    Uint64,
    /// `float64`.
    Float,
    /// `[]uint8`.
    Bytes,
    /// `map[string]T`.
    Map(Element),
    /// `[]T`.
    List(Element),
    /// A type of the library's own, by its `%T` name.
    Object(&'static str),
    /// A function.
    Function,
}

impl Parameter {
    /// Returns the type's Go name.
    pub fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Any => "interface {}",
            Self::Reflect => "reflect.Value",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Int => "int",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint64 => "uint64",
            Self::Float => "float64",
            Self::Bytes => "[]uint8",
            Self::Map(element) => return Cow::Owned(format!("map[string]{}", element.name())),
            Self::List(element) => return Cow::Owned(format!("[]{}", element.name())),
            Self::Object(name) => name,
            Self::Function => "func",
        })
    }

    /// Returns what an absent value becomes, or nothing where the type has no nil.
    pub fn nil(&self) -> Option<Value> {
        match self {
            Self::Any | Self::Function => Some(Value::Nil),
            Self::Reflect => Some(Value::Invalid),
            Self::Bytes => Some(Value::Bytes(GoString::default())),
            Self::Map(element) => Some(Value::Map(Map::nil(element.map_type()))),
            Self::List(element) => Some(Value::List(List::nil(element.list_type()))),
            Self::Object(name) => name.starts_with('*').then_some(Value::Nil),
            Self::Bool
            | Self::String
            | Self::Int
            | Self::Int32
            | Self::Int64
            | Self::Uint8
            | Self::Uint64
            | Self::Float => None,
        }
    }

    /// Converts a value as text/template does before a call: it must be assignable, and no value turns into
    /// the type's nil.
    pub fn check(&self, value: Value) -> Result<Value, TypeMismatch> {
        if matches!(value, Value::Invalid) {
            return self.nil().ok_or_else(|| TypeMismatch::NoValue { expected: self.name() });
        }
        if self.takes(&value) {
            return Ok(value);
        }
        Err(TypeMismatch::WrongType { expected: self.name(), found: value.type_name().into_owned() })
    }

    fn takes(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any | Self::Reflect, _)
            | (Self::Bool, Value::Bool(_))
            | (Self::String, Value::String(_))
            | (Self::Int, Value::Int(_))
            | (Self::Int32, Value::Int32(_))
            | (Self::Int64, Value::Int64(_))
            | (Self::Uint8, Value::Uint8(_))
            | (Self::Uint64, Value::Uint64(_))
            | (Self::Float, Value::Float(_))
            | (Self::Bytes, Value::Bytes(_))
            | (Self::Function, Value::Function(_)) => true,
            (Self::Map(element), Value::Map(map)) => map.collection_type().element == *element,
            (Self::List(element), Value::List(list)) => list.collection_type().element == *element,
            (Self::Object(name), Value::Object(object)) => object.type_name() == *name,
            _ => false,
        }
    }
}

impl fmt::Display for Parameter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name())
    }
}

/// A value that a parameter does not take, in text/template's words.
#[derive(Debug, thiserror::Error)]
pub enum TypeMismatch {
    /// No value where the type has no nil.
    #[error("invalid value; expected {expected}")]
    NoValue {
        /// The parameter's type.
        expected: Cow<'static, str>,
    },
    /// A value of another type.
    #[error("wrong type for value; expected {expected}; got {found}")]
    WrongType {
        /// The parameter's type.
        expected: Cow<'static, str>,
        /// The value's type.
        found: String,
    },
}

/// A Rust type that stands for a Go parameter type. A library implements it for types of its own with
/// [`Parameter::Object`].
pub trait Argument: Sized {
    /// Tells whether it takes all arguments that are left.
    const VARIADIC: bool = false;

    /// Returns the Go type.
    fn parameter() -> Parameter;

    /// Takes the argument out of a checked value.
    fn from_value(value: Value) -> Option<Self>;

    /// Takes the argument from the checked arguments that are left. What [`Argument::from_value`] refuses after
    /// the check is a nil pointer.
    fn take(arguments: &mut IntoIter<Value>) -> Result<Self, TypeMismatch> {
        let value = arguments.next().unwrap_or_default();
        Self::from_value(value).ok_or_else(|| TypeMismatch::NoValue { expected: Self::parameter().name() })
    }
}

/// The arguments of a variadic parameter; the last one of a function.
#[derive(Clone, Debug)]
pub struct Rest<T>(pub Vec<T>);

impl<T: Argument> Argument for Rest<T> {
    const VARIADIC: bool = true;

    fn parameter() -> Parameter {
        T::parameter()
    }

    fn from_value(value: Value) -> Option<Self> {
        T::from_value(value).map(|single| Self(vec![single]))
    }

    fn take(arguments: &mut IntoIter<Value>) -> Result<Self, TypeMismatch> {
        let mut taken = Vec::with_capacity(arguments.len());
        while arguments.len() > 0 {
            taken.push(T::take(arguments)?);
        }
        Ok(Self(taken))
    }
}

/// An argument as text/template's own functions take it: no value stays no value.
#[derive(Clone, Debug)]
pub struct Reflect(pub Value);

impl Argument for Reflect {
    fn parameter() -> Parameter {
        Parameter::Reflect
    }

    fn from_value(value: Value) -> Option<Self> {
        Some(Self(value))
    }
}

/// A `[]uint8` argument.
#[derive(Clone, Debug)]
pub struct Bytes(pub GoString);

impl Argument for Value {
    fn parameter() -> Parameter {
        Parameter::Any
    }

    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

macro_rules! argument {
    ($($type:ty = $parameter:expr => $pattern:pat => $taken:expr),* $(,)?) => {$(
        impl Argument for $type {
            fn parameter() -> Parameter {
                $parameter
            }

            fn from_value(value: Value) -> Option<Self> {
                if let $pattern = value { Some($taken) } else { None }
            }
        }
    )*};
}

argument! {
    bool = Parameter::Bool => Value::Bool(truth) => truth,
    isize = Parameter::Int => Value::Int(number) => number,
    i32 = Parameter::Int32 => Value::Int32(number) => number,
    i64 = Parameter::Int64 => Value::Int64(number) => number,
    u8 = Parameter::Uint8 => Value::Uint8(number) => number,
    u64 = Parameter::Uint64 => Value::Uint64(number) => number,
    f64 = Parameter::Float => Value::Float(number) => number,
    GoString = Parameter::String => Value::String(text) => text,
    Bytes = Parameter::Bytes => Value::Bytes(bytes) => Self(bytes),
    Map = Parameter::Map(Element::Any) => Value::Map(map) => map,
    List = Parameter::List(Element::Any) => Value::List(list) => list,
    Function = Parameter::Function => Value::Function(function) => function,
}

/// A `map[string]string` argument.
#[derive(Clone, Debug)]
pub struct StringMap(pub Map);

/// A `[]string` argument.
#[derive(Clone, Debug)]
pub struct StringList(pub List);

argument! {
    StringMap = Parameter::Map(Element::String) => Value::Map(map) => Self(map),
    StringList = Parameter::List(Element::String) => Value::List(list) => Self(list),
}

/// Takes an object argument: the body of [`Argument::from_value`] for a library's own types.
pub fn object_argument(value: Value) -> Option<Rc<dyn Object>> {
    if let Value::Object(object) = value { Some(object) } else { None }
}
