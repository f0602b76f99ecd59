//! Go's text/template, made for Helm: the value model, the parser, the evaluator and fmt. It knows nothing of
//! charts.
//!
//! A **function library** fills a [`Functions`] table with closures over Rust types that stand for Go's
//! ([`Argument`]): `isize` is Go's `int`, `i64` is `int64`, `f64` is `float64`, [`GoString`] is `string`,
//! [`Map`] is `map[string]interface {}`, [`List`] is `[]interface {}`, [`StringList`] is `[]string`, [`Value`]
//! is `interface {}`, [`Rest`] is the variadic tail. Arity and types are checked, with Go's errors, before the
//! closure runs; a nil argument arrives as a nil map, a nil list or [`Value::Nil`].
//! ```
//! use std::cell::Cell;
//! use std::rc::Rc;
//!
//! use eggtooth::gotemplate::{
//!     Context, FunctionError, Functions, GoString, Map, MissingKey, Rest, Set, Value,
//! };
//!
//! let mut functions = Functions::new();
//! functions.add("double", |count: isize| count * 2);
//! functions.add("list", |items: Rest<Value>| items.0);
//! functions.add("set", |map: Map, key: GoString, value: Value| map.insert(key, value).map(|()| map));
//! let calls = Rc::new(Cell::new(0));
//! let counted = Rc::clone(&calls);
//! functions.add("include", move |context: &Context, name: GoString, data: Value| {
//!     counted.set(counted.get() + 1);
//!     context.execute(&name, data).map(GoString::from).map_err(FunctionError::from_cause)
//! });
//! functions.add("tpl", |context: &Context, source: GoString, data: Value| {
//!     let name = context.set().name().clone();
//!     context.execute_source(name, source, data).map(GoString::from).map_err(FunctionError::from_cause)
//! });
//!
//! let mut set = Set::new("gotpl", Rc::new(functions), MissingKey::Zero);
//! set.parse("_names.tpl", r#"{{ define "name" }}{{ .Chart.Name }}-{{ double 21 }}{{ end }}"#)?;
//! set.parse("service.yaml", r#"name: {{ include "name" . }}"#)?;
//! let data = serde_json::json!({ "Chart": { "Name": "podinfo" } });
//! let output = Rc::new(set).execute("service.yaml", Value::from(&data))?;
//! assert_eq!(output, b"name: podinfo-42");
//! assert_eq!(calls.get(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//! Values are of one thread ([`std::rc::Rc`]); two renderings on two threads have values of their own. Strings
//! are shared across threads, so a chart's files are not copied into the values.
//!
//! Objects with methods (`.Capabilities`, `semver`) implement [`Object`]; maps and lists of a named type with
//! methods (`.Values`, `.Files`, `APIVersions`) carry a [`CollectionType`].

mod builtins;
mod collection;
mod context;
mod evaluate;
pub mod format;
mod function;
pub mod functions;
mod json;
mod kind;
mod list;
mod map;
mod object;
mod parameter;
mod parser;
mod quote;
mod rune;
pub mod semver;
mod set;
mod stack;
mod string;
mod value;

pub(crate) use builtins::Builtin;
pub use collection::{CollectionType, Element, INTS, LIST, MAP, MAPS, STRING_LISTS, STRING_MAP, STRINGS};
pub use context::{Context, SourceError};
pub use evaluate::ExecError;
pub use function::{Function, FunctionError, Functions, IntoFunction, Outcome, WithContext};
pub use kind::Kind;
pub use list::List;
pub use map::Map;
pub use object::{Object, downcast};
pub use parameter::{
    Argument, Bytes, Parameter, Reflect, Rest, StringList, StringMap, TypeMismatch, object_argument,
};
pub use parser::ParseError;
pub use set::{MissingKey, Set};
pub(crate) use stack::deepen;
pub use string::GoString;
pub use value::Value;
