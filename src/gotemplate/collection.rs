//! The Go type of a map or list: its name under `%T`, its elements and its methods.

use std::fmt;

use crate::gotemplate::{Function, GoString, List, Map, Value};

/// What a collection's elements are declared to be in Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// `interface {}`.
    Any,
    /// `string`.
    String,
    /// `int`.
    Int,
    /// `float64`.
    Float,
    /// `[]uint8`.
    Bytes,
    /// `[]string`.
    Strings,
    /// `map[string]interface {}`.
    Map,
}

impl Element {
    /// Returns the Go name of the element's type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "interface {}",
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float64",
            Self::Bytes => "[]uint8",
            Self::Strings => "[]string",
            Self::Map => "map[string]interface {}",
        }
    }

    /// Returns Go's zero value of the type: what a missing key of such a map yields.
    pub fn zero(self) -> Value {
        match self {
            Self::Any => Value::Nil,
            Self::String => Value::from(""),
            Self::Int => Value::Int(0),
            Self::Float => Value::Float(0.0),
            Self::Bytes => Value::Bytes(GoString::default()),
            Self::Strings => Value::List(List::nil(&STRINGS)),
            Self::Map => Value::Map(Map::nil(&MAP)),
        }
    }

    /// Returns the unnamed type of maps with such elements.
    pub fn map_type(self) -> &'static CollectionType {
        match self {
            Self::Any => &MAP,
            Self::String => &STRING_MAP,
            Self::Int => &INT_MAP,
            Self::Float => &FLOAT_MAP,
            Self::Bytes => &BYTES_MAP,
            Self::Strings => &STRINGS_MAP,
            Self::Map => &MAP_MAP,
        }
    }

    /// Returns the unnamed type of lists with such elements.
    pub fn list_type(self) -> &'static CollectionType {
        match self {
            Self::Any => &LIST,
            Self::String => &STRINGS,
            Self::Int => &INTS,
            Self::Float => &FLOATS,
            Self::Bytes => &BYTE_LISTS,
            Self::Strings => &STRING_LISTS,
            Self::Map => &MAPS,
        }
    }
}

/// The Go type of a map or a list. Charts' own types (`common.Values`, `common.VersionSet`) are statics of this.
pub struct CollectionType {
    /// The name under `%T`.
    pub name: &'static str,
    /// The elements' type.
    pub element: Element,
    /// Looks a method of the type up, bound to the receiver.
    pub method: fn(receiver: &Value, name: &[u8]) -> Option<Function>,
}

impl CollectionType {
    /// Returns a type without methods.
    pub const fn plain(name: &'static str, element: Element) -> Self {
        Self { name, element, method: no_method }
    }
}

fn no_method(_receiver: &Value, _name: &[u8]) -> Option<Function> {
    None
}

impl fmt::Debug for CollectionType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

/// `map[string]interface {}`.
pub static MAP: CollectionType = CollectionType::plain("map[string]interface {}", Element::Any);
/// `map[string]string`.
pub static STRING_MAP: CollectionType = CollectionType::plain("map[string]string", Element::String);
/// `[]interface {}`.
pub static LIST: CollectionType = CollectionType::plain("[]interface {}", Element::Any);
/// `[]string`.
pub static STRINGS: CollectionType = CollectionType::plain("[]string", Element::String);
/// `[]int`.
pub static INTS: CollectionType = CollectionType::plain("[]int", Element::Int);
/// `[][]string`.
pub static STRING_LISTS: CollectionType = CollectionType::plain("[][]string", Element::Strings);
/// `[]map[string]interface {}`.
pub static MAPS: CollectionType = CollectionType::plain("[]map[string]interface {}", Element::Map);

static INT_MAP: CollectionType = CollectionType::plain("map[string]int", Element::Int);
static FLOAT_MAP: CollectionType = CollectionType::plain("map[string]float64", Element::Float);
static BYTES_MAP: CollectionType = CollectionType::plain("map[string][]uint8", Element::Bytes);
static STRINGS_MAP: CollectionType = CollectionType::plain("map[string][]string", Element::Strings);
static MAP_MAP: CollectionType = CollectionType::plain("map[string]map[string]interface {}", Element::Map);
static FLOATS: CollectionType = CollectionType::plain("[]float64", Element::Float);
static BYTE_LISTS: CollectionType = CollectionType::plain("[][]uint8", Element::Bytes);
