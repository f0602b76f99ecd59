//! A Go value as templates see it.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::gotemplate::{Function, GoString, Kind, List, Map, Object};

/// A Go value. Clones are cheap; a clone of a map is the same map.
///
/// [`Value::Nil`] and [`Value::Invalid`] differ: asking the first for a field is an error, asking the second
/// yields the second. A pipeline's result that is a nil interface turns into `Invalid`.
#[derive(Clone, Default)]
pub enum Value {
    /// reflect's zero `Value`: no value at all. Never reaches a function that takes `any`.
    #[default]
    Invalid,
    /// A nil `interface {}`.
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`.
    Int(isize),
    /// `int32`, `rune`.
    Int32(i32),
    /// `int64`.
    Int64(i64),
    /// `uint8`, `byte`.
    Uint8(u8),
    /// `uint64`.
    Uint64(u64),
    /// `float64`: every number of a chart's values.
    Float(f64),
    /// `string`.
    String(GoString),
    /// `[]uint8`.
    Bytes(GoString),
    /// Any other slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A value with fields and methods.
    Object(Rc<dyn Object>),
    /// A function.
    Function(Function),
}

impl Value {
    /// Wraps an object.
    pub fn object(object: impl Object) -> Self {
        Self::Object(Rc::new(object))
    }

    /// Returns reflect's kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Invalid => Kind::Invalid,
            Self::Nil => Kind::Interface,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Int32(_) => Kind::Int32,
            Self::Int64(_) => Kind::Int64,
            Self::Uint8(_) => Kind::Uint8,
            Self::Uint64(_) => Kind::Uint64,
            Self::Float(_) => Kind::Float64,
            Self::String(_) => Kind::String,
            Self::Bytes(_) | Self::List(_) => Kind::Slice,
            Self::Map(_) => Kind::Map,
            Self::Object(object) => object.kind(),
            Self::Function(_) => Kind::Function,
        }
    }

    /// Returns the type's name as `%T` prints it; `interface {}` for a nil interface.
    pub fn type_name(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Invalid => "<nil>",
            Self::Nil => "interface {}",
            Self::Bytes(_) => "[]uint8",
            Self::List(list) => list.collection_type().name,
            Self::Map(map) => map.collection_type().name,
            Self::Object(object) => object.type_name(),
            Self::Function(function) => return Cow::Owned(function.type_name()),
            plain => plain.kind().name(),
        })
    }

    /// Tells whether there is nothing: no value or a nil interface.
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Invalid | Self::Nil)
    }

    /// Tells whether the value is true: not the zero of its type. A struct is always true.
    pub fn truth(&self) -> bool {
        match self {
            Self::Invalid | Self::Nil => false,
            Self::Bool(truth) => *truth,
            Self::Int(number) => *number != 0,
            Self::Int32(number) => *number != 0,
            Self::Int64(number) => *number != 0,
            Self::Uint8(number) => *number != 0,
            Self::Uint64(number) => *number != 0,
            Self::Float(number) => *number != 0.0,
            Self::String(text) | Self::Bytes(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Object(object) => object.underlying().is_none_or(|value| value.truth()),
            Self::Function(_) => true,
        }
    }

    /// Returns the string, where the value is one.
    pub fn as_string(&self) -> Option<&GoString> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// Returns the map, where the value is one.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    /// Returns the list, where the value is one (bytes are not).
    pub fn as_list(&self) -> Option<&List> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    /// Returns the number of a signed integer of any size.
    pub fn as_signed(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number as i64),
            Self::Int32(number) => Some(i64::from(*number)),
            Self::Int64(number) => Some(*number),
            Self::Object(object) => object.underlying()?.as_signed(),
            _ => None,
        }
    }

    /// Returns the number of an unsigned integer of any size.
    pub fn as_unsigned(&self) -> Option<u64> {
        match self {
            Self::Uint8(number) => Some(u64::from(*number)),
            Self::Uint64(number) => Some(*number),
            Self::Object(object) => object.underlying()?.as_unsigned(),
            _ => None,
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => formatter.write_str("<invalid>"),
            Self::Nil => formatter.write_str("nil"),
            Self::Bool(truth) => fmt::Debug::fmt(truth, formatter),
            Self::Int(number) => fmt::Debug::fmt(number, formatter),
            Self::Int32(number) => write!(formatter, "int32({number})"),
            Self::Int64(number) => write!(formatter, "int64({number})"),
            Self::Uint8(number) => write!(formatter, "uint8({number})"),
            Self::Uint64(number) => write!(formatter, "uint64({number})"),
            Self::Float(number) => write!(formatter, "float64({number})"),
            Self::String(text) => fmt::Debug::fmt(text, formatter),
            Self::Bytes(bytes) => write!(formatter, "[]byte({bytes:?})"),
            Self::List(list) => fmt::Debug::fmt(list, formatter),
            Self::Map(map) => fmt::Debug::fmt(map, formatter),
            Self::Object(object) => write!(formatter, "{}{:?}", object.type_name(), object.fields()),
            Self::Function(function) => formatter.write_str(&function.type_name()),
        }
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident $(. $into:ident)?),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value $(.$into())?)
            }
        }
    )*};
}

from! {
    bool => Bool,
    isize => Int,
    i32 => Int32,
    i64 => Int64,
    u8 => Uint8,
    u64 => Uint64,
    f64 => Float,
    GoString => String,
    &str => String.into,
    String => String.into,
    Cow<'_, str> => String.into,
    Arc<str> => String.into,
    List => List,
    Map => Map,
    Function => Function,
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(List::new(items))
    }
}
