//! Fields, keys and methods.

use crate::gotemplate::evaluate::walk::{At, Evaluated, Evaluator, Held};
use crate::gotemplate::parser::{Operand, Span};
use crate::gotemplate::quote::quote;
use crate::gotemplate::{Element, Function, Map, MissingKey, Value};

impl<'run> Evaluator<'run> {
    /// Follows `.a.b.c` from a receiver; arguments go to the last one, which then must be a method.
    pub(super) fn fields(
        &mut self,
        dot: &Held,
        receiver: &Held,
        node: &'run Operand,
        names: &'run [Span],
        arguments: &'run [Operand],
        last: Option<Value>,
    ) -> Evaluated<Value> {
        let Some((final_name, path)) = names.split_last() else {
            return Ok(receiver.value.clone());
        };
        let Some((first, path)) = path.split_first() else {
            return Ok(self.field(dot, receiver, node, *final_name, arguments, last)?.value);
        };
        let mut held = self.field(dot, receiver, node, *first, &[], None)?;
        for name in path {
            held = self.field(dot, &held, node, *name, &[], None)?;
        }
        Ok(self.field(dot, &held, node, *final_name, arguments, last)?.value)
    }

    fn field(
        &mut self,
        dot: &Held,
        receiver: &Held,
        node: &'run Operand,
        span: Span,
        arguments: &'run [Operand],
        last: Option<Value>,
    ) -> Evaluated<Held> {
        let name = self.template.text(span);
        let shown = || String::from_utf8_lossy(name);
        match &receiver.value {
            Value::Invalid => {
                if self.context.set().missing_key() == MissingKey::Error {
                    return self.fail(format!("nil data; no entry for key {}", quote(name)));
                }
                return Ok(Held::plain(Value::Invalid));
            }
            Value::Nil => return self.fail(format!("nil pointer evaluating interface {{}}.{}", shown())),
            _ => {}
        }
        if let Some(method) = method(&receiver.value, name) {
            let called = self.call(dot, &method, name, At::Operand(node), arguments, last)?;
            return Ok(Held::plain(called));
        }
        let has_arguments = !arguments.is_empty() || last.is_some();
        match &receiver.value {
            Value::Object(object) => {
                if let Some(value) = object.field(name) {
                    if has_arguments {
                        return self
                            .fail(format!("{} has arguments but cannot be invoked as function", shown()));
                    }
                    return Ok(Held::plain(value));
                }
            }
            Value::Map(_) if has_arguments => {
                return self.fail(format!("{} is not a method but has arguments", shown()));
            }
            Value::Map(map) => return self.key(map, name),
            _ => {}
        }
        let type_name = if receiver.boxed { "interface {}".into() } else { receiver.value.type_name() };
        self.fail(format!("can't evaluate field {} in type {type_name}", shown()))
    }

    fn key(&self, map: &Map, name: &[u8]) -> Evaluated<Held> {
        let element = map.collection_type().element;
        let value = match (map.get(name), self.context.set().missing_key()) {
            (Some(value), _) => value,
            (None, MissingKey::Invalid) => Value::Invalid,
            (None, MissingKey::Zero) => element.zero(),
            (None, MissingKey::Error) => {
                return self.fail(format!("map has no entry for key {}", quote(name)));
            }
        };
        Ok(Held { value, boxed: element == Element::Any })
    }
}

/// Returns a method of the value, bound to it.
fn method(receiver: &Value, name: &[u8]) -> Option<Function> {
    match receiver {
        Value::Object(object) => std::rc::Rc::clone(object).method(name),
        Value::Map(map) => (map.collection_type().method)(receiver, name),
        Value::List(list) => (list.collection_type().method)(receiver, name),
        _ => None,
    }
}
