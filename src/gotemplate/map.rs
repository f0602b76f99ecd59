//! Go's `map[string]T`: shared and mutable. A clone is the same map, as in Go.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::gotemplate::{CollectionType, FunctionError, GoString, MAP, STRING_MAP, Value};

/// A shared mutable map. Keys are kept in byte order, the order in which Go's templates range over them.
#[derive(Clone)]
pub struct Map(Rc<Inner>);

struct Inner {
    of: &'static CollectionType,
    nil: bool,
    entries: RefCell<BTreeMap<GoString, Value>>,
}

impl Map {
    /// Returns an empty `map[string]interface {}`.
    pub fn new() -> Self {
        Self::typed(&MAP, BTreeMap::new())
    }

    /// Returns a `map[string]string`.
    pub fn strings<K: Into<GoString>, V: Into<GoString>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        let entries = entries.into_iter().map(|(key, text)| (key.into(), Value::String(text.into())));
        Self::typed(&STRING_MAP, entries.collect())
    }

    /// Returns a map of a named or typed kind.
    pub fn typed(of: &'static CollectionType, entries: BTreeMap<GoString, Value>) -> Self {
        Self(Rc::new(Inner { of, nil: false, entries: RefCell::new(entries) }))
    }

    /// Returns the nil map of a type: it reads as empty, and writing to it is an error.
    pub fn nil(of: &'static CollectionType) -> Self {
        Self(Rc::new(Inner { of, nil: true, entries: RefCell::default() }))
    }

    /// Tells whether this is a nil map.
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// Returns the Go type.
    pub fn collection_type(&self) -> &'static CollectionType {
        self.0.of
    }

    /// Tells whether both are the same map.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// Returns a number that tells this map from every other living one (`%p`).
    pub fn address(&self) -> usize {
        Rc::as_ptr(&self.0).addr()
    }

    /// Returns the value at `key`.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.entries.borrow().get(key.as_ref()).cloned()
    }

    /// Tells whether `key` is there.
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.0.entries.borrow().contains_key(key.as_ref())
    }

    /// Returns the value at `key`, or what Go's index expression yields without it: the element type's zero.
    pub fn get_or_zero(&self, key: impl AsRef<[u8]>) -> Value {
        self.get(key).unwrap_or_else(|| self.0.of.element.zero())
    }

    /// Puts `value` at `key`; a nil map refuses, as Go panics.
    pub fn insert(&self, key: impl Into<GoString>, value: Value) -> Result<(), FunctionError> {
        if self.0.nil {
            return Err(FunctionError::new("assignment to entry in nil map"));
        }
        self.0.entries.borrow_mut().insert(key.into(), value);
        Ok(())
    }

    /// Takes `key` out.
    pub fn remove(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.entries.borrow_mut().remove(key.as_ref())
    }

    /// Returns how many entries there are.
    pub fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    /// Tells whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Borrows the entries for reading. Nothing that could write to this map may run while the borrow lives.
    pub fn entries(&self) -> Ref<'_, BTreeMap<GoString, Value>> {
        self.0.entries.borrow()
    }

    /// Returns the entries as they are now (cheap clones), for loops whose body may write to the map.
    pub fn to_entries(&self) -> Vec<(GoString, Value)> {
        self.entries().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Returns the keys in order.
    pub fn keys(&self) -> Vec<GoString> {
        self.entries().keys().cloned().collect()
    }

    /// Returns another map of the same type with the same (shared) values.
    #[must_use]
    pub fn shallow_copy(&self) -> Self {
        Self::typed(self.0.of, self.entries().clone())
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Into<GoString>, V: Into<Value>> FromIterator<(K, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        Self::typed(&MAP, entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.entries().iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_is_the_same_map_and_a_shallow_copy_is_another() {
        let map: Map = [("b", 1isize), ("a", 2)].into_iter().collect();
        let same = map.clone();
        let copy = map.shallow_copy();
        same.insert("c", Value::Nil).unwrap();
        assert_eq!(map.keys(), ["a", "b", "c"].map(GoString::from));
        assert_eq!(copy.len(), 2);
        assert!(map.is_same(&same) && !map.is_same(&copy));
    }

    #[test]
    fn a_missing_key_is_the_zero_of_the_element() {
        assert!(matches!(Map::new().get_or_zero("x"), Value::Nil));
        let texts = Map::strings([("a", "b")]);
        assert_eq!(texts.get_or_zero("x").as_string().unwrap(), &"");
    }
}
