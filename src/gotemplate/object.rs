//! Go values with fields and methods: what a chart sees that is neither a map, a list nor a scalar.

use std::any::Any;
use std::rc::Rc;

use crate::gotemplate::{Function, Kind, Value};

/// A struct, a pointer to one, or a named scalar with methods (`*semver.Version`, `time.Time`, `time.Duration`).
///
/// Names are as in Go, exported fields and methods only. A method gets its receiver by the closure:
/// `Some(Function::new(move || self.major))`.
pub trait Object: Any {
    /// Returns the name under `%T`, with a leading `*` for a pointer.
    fn type_name(&self) -> &str;

    /// Returns reflect's kind.
    fn kind(&self) -> Kind {
        if self.type_name().starts_with('*') { Kind::Pointer } else { Kind::Struct }
    }

    /// Returns the exported fields in the order of declaration; used for access, `%v`, `%#v` and equality.
    fn fields(&self) -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// Returns a field. Override it where [`Object::fields`] is dear.
    fn field(&self, name: &[u8]) -> Option<Value> {
        let found = self.fields().into_iter().find(|(field, _)| field.as_bytes() == name);
        found.map(|(_, value)| value)
    }

    /// Returns a method bound to this object.
    fn method(self: Rc<Self>, _name: &[u8]) -> Option<Function> {
        None
    }

    /// Returns what the type's `String()` or `Error()` says, where it has one; printing prefers it.
    fn text(&self) -> Option<String> {
        None
    }

    /// Returns the plain value beneath: the number of a named scalar. Arithmetic, comparison and truth use it.
    fn underlying(&self) -> Option<Value> {
        None
    }

    /// Returns what `encoding/json` would make of it: its `MarshalJSON`, or the fields under their tags.
    fn to_json(&self) -> serde_json::Value {
        let fields = self.fields().into_iter().map(|(name, value)| (name.to_owned(), value.to_json()));
        serde_json::Value::Object(fields.collect())
    }
}

/// Returns the object as its Rust type.
pub fn downcast<T: Object>(object: &Rc<dyn Object>) -> Option<&T> {
    let object: &dyn Any = object.as_ref();
    object.downcast_ref()
}
