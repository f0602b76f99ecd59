//! Go's slices. No template function writes into one, so a list is shared and immutable; its elements may be
//! shared maps.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use crate::gotemplate::{CollectionType, GoString, INTS, LIST, STRINGS, Value};

/// A Go slice of any element type but `uint8` (that one is [`Value::Bytes`]).
#[derive(Clone)]
pub struct List(Rc<Inner>);

struct Inner {
    of: &'static CollectionType,
    nil: bool,
    items: Vec<Value>,
}

impl List {
    /// Returns a `[]interface {}`.
    pub fn new(items: Vec<Value>) -> Self {
        Self::typed(&LIST, items)
    }

    /// Returns a `[]string`.
    pub fn strings<T: Into<GoString>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::typed(&STRINGS, items.into_iter().map(|item| Value::String(item.into())).collect())
    }

    /// Returns a `[]int`.
    pub fn ints(items: impl IntoIterator<Item = isize>) -> Self {
        Self::typed(&INTS, items.into_iter().map(Value::from).collect())
    }

    /// Returns a list of a named or typed kind.
    pub fn typed(of: &'static CollectionType, items: Vec<Value>) -> Self {
        Self(Rc::new(Inner { of, nil: false, items }))
    }

    /// Returns the nil slice of a type: empty, but `null` in JSON.
    pub fn nil(of: &'static CollectionType) -> Self {
        Self(Rc::new(Inner { of, nil: true, items: Vec::new() }))
    }

    /// Tells whether this is a nil slice.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// Returns the Go type.
    pub fn collection_type(&self) -> &'static CollectionType {
        self.0.of
    }

    /// Returns a number that tells this list from every other living one (`%p`).
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// Tells whether both are the same list.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for List {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.0.items
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self::new(items.into_iter().collect())
    }
}

impl fmt::Debug for List {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}
