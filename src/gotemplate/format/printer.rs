//! Values under a verb.

use std::rc::Rc;

use crate::gotemplate::format::flags::Flags;
use crate::gotemplate::format::float::write_float;
use crate::gotemplate::format::integer::{Integer, write_hexadecimal, write_integer};
use crate::gotemplate::format::text::write_text;
use crate::gotemplate::{GoString, Kind, List, Map, Object, Value, deepen};

/// How deep a value is printed. Go overflows its stack on a map that holds itself; here the text ends.
const DEPTH_LIMIT: usize = 1000;

/// Prints the values as `fmt.Sprint` does: spaces between operands when neither side is a string.
pub fn print(values: &[Value]) -> Vec<u8> {
    print_operands(values, |printer, value| printer.argument(value, 'v'))
}

/// Prints as [`print()`] does what a template would print for each: pointers are followed.
pub fn print_followed(values: &[Value]) -> Vec<u8> {
    print_operands(values, Printer::followed)
}

fn print_operands(values: &[Value], operand: impl Fn(&mut Printer, &Value)) -> Vec<u8> {
    let mut printer = Printer::default();
    let mut after_string = false;
    for (index, value) in values.iter().enumerate() {
        let string = value.kind() == Kind::String;
        if index > 0 && !string && !after_string {
            printer.output.push(b' ');
        }
        operand(&mut printer, value);
        after_string = string;
    }
    printer.output
}

/// Prints the values as `fmt.Sprintln` does.
pub fn println(values: &[Value]) -> Vec<u8> {
    let mut printer = Printer::default();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            printer.output.push(b' ');
        }
        printer.argument(value, 'v');
    }
    printer.output.push(b'\n');
    printer.output
}

/// Appends what a template prints for a value; no value is `<no value>`.
pub fn print_value(output: &mut Vec<u8>, value: &Value) {
    match value {
        Value::String(text) => output.extend_from_slice(text),
        Value::Invalid => output.extend_from_slice(b"<no value>"),
        _ => {
            let mut printer = Printer { output: std::mem::take(output), ..Printer::default() };
            printer.followed(value);
            *output = printer.output;
        }
    }
}

/// Where text is written, under which flags.
#[derive(Default)]
pub(super) struct Printer {
    pub(super) output: Vec<u8>,
    pub(super) flags: Flags,
}

impl Printer {
    /// Writes an operand under a verb.
    pub(super) fn argument(&mut self, value: &Value, verb: char) {
        match (value, verb) {
            (Value::Invalid | Value::Nil, 'T' | 'v') => self.flags.pad(&mut self.output, b"<nil>"),
            (Value::Invalid | Value::Nil, _) => self.bad_verb(value, verb),
            (_, 'T') => {
                let name = value.type_name().into_owned();
                write_text(&mut self.output, self.flags, name.as_bytes(), 's');
            }
            (_, 'p') => self.pointer(value, verb),
            _ => self.value(value, verb, 0),
        }
    }

    /// Writes an operand as templates do: a pointer is followed, unless it says its own text.
    fn followed(&mut self, value: &Value) {
        match value {
            Value::Object(object) if object.kind() == Kind::Pointer && object.text().is_none() => {
                self.fields(object, object.type_name(), 'v', 0);
            }
            _ => self.argument(value, 'v'),
        }
    }

    fn value(&mut self, value: &Value, verb: char, depth: usize) {
        if depth > DEPTH_LIMIT {
            return self.output.extend_from_slice(b"...");
        }
        let fits = match value {
            Value::Invalid | Value::Nil => {
                let text: &[u8] = if self.flags.sharp_value { b"interface {}(nil)" } else { b"<nil>" };
                self.output.extend_from_slice(text);
                true
            }
            Value::Bool(truth) => self.boolean(*truth, verb),
            Value::Int(number) => self.integer(Integer::signed(*number as i64), verb),
            Value::Int32(number) => self.integer(Integer::signed(i64::from(*number)), verb),
            Value::Int64(number) => self.integer(Integer::signed(*number), verb),
            Value::Uint8(number) => self.integer(Integer::unsigned(u64::from(*number)), verb),
            Value::Uint64(number) => self.integer(Integer::unsigned(*number), verb),
            Value::Float(number) => write_float(&mut self.output, self.flags, *number, verb),
            Value::String(text) => write_text(&mut self.output, self.flags, text, verb),
            Value::Bytes(bytes) => self.bytes(bytes, verb, depth),
            Value::List(list) => deepen(|| self.list(list, verb, depth)),
            Value::Map(map) => deepen(|| self.map(map, verb, depth)),
            Value::Object(object) => deepen(|| self.object(object, verb, depth)),
            Value::Function(_) => {
                self.pointer(value, verb);
                true
            }
        };
        if !fits {
            self.bad_verb(value, verb);
        }
    }

    fn boolean(&mut self, truth: bool, verb: char) -> bool {
        let fits = matches!(verb, 't' | 'v');
        if fits {
            self.flags.pad(&mut self.output, if truth { b"true" } else { b"false" });
        }
        fits
    }

    fn integer(&mut self, integer: Integer, verb: char) -> bool {
        write_integer(&mut self.output, self.flags, integer, verb)
    }

    fn bytes(&mut self, bytes: &GoString, verb: char, depth: usize) -> bool {
        match verb {
            's' | 'q' | 'x' | 'X' => return write_text(&mut self.output, self.flags, bytes, verb),
            'v' if self.flags.sharp_value => {
                self.output.extend_from_slice(if depth == 0 { b"[]byte{" } else { b"[]uint8{" });
                for (index, byte) in bytes.iter().enumerate() {
                    self.separate(index);
                    write_hexadecimal(&mut self.output, self.flags, u64::from(*byte), true);
                }
                self.output.push(b'}');
            }
            _ => {
                self.output.push(b'[');
                for (index, byte) in bytes.iter().enumerate() {
                    self.separate(index);
                    self.value(&Value::Uint8(*byte), verb, depth + 1);
                }
                self.output.push(b']');
            }
        }
        true
    }

    fn list(&mut self, list: &List, verb: char, depth: usize) -> bool {
        if self.opened(list.collection_type().name, "[", list.is_nil()) {
            for (index, item) in list.iter().enumerate() {
                self.separate(index);
                self.value(item, verb, depth + 1);
            }
            self.close(b']');
        }
        true
    }

    fn map(&mut self, map: &Map, verb: char, depth: usize) -> bool {
        if self.opened(map.collection_type().name, "map[", map.is_nil()) {
            for (index, (key, value)) in map.entries().iter().enumerate() {
                self.separate(index);
                if !write_text(&mut self.output, self.flags, key, verb) {
                    self.bad_verb(&Value::String(key.clone()), verb);
                }
                self.output.push(b':');
                self.value(value, verb, depth + 1);
            }
            self.close(b']');
        }
        true
    }

    /// Opens a collection; false where it is nil and already written.
    fn opened(&mut self, type_name: &str, bracket: &str, nil: bool) -> bool {
        if !self.flags.sharp_value {
            self.output.extend_from_slice(bracket.as_bytes());
            return true;
        }
        self.output.extend_from_slice(type_name.as_bytes());
        self.output.extend_from_slice(if nil { b"(nil)" } else { b"{" });
        !nil
    }

    fn close(&mut self, bracket: u8) {
        self.output.push(if self.flags.sharp_value { b'}' } else { bracket });
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.output.extend_from_slice(if self.flags.sharp_value { b", " } else { b" " });
        }
    }

    fn object(&mut self, object: &Rc<dyn Object>, verb: char, depth: usize) -> bool {
        if matches!(verb, 'v' | 's' | 'x' | 'X' | 'q')
            && !self.flags.sharp_value
            && let Some(text) = object.text()
        {
            return write_text(&mut self.output, self.flags, text.as_bytes(), verb);
        }
        if let Some(underlying) = object.underlying() {
            self.value(&underlying, verb, depth);
            return true;
        }
        let pointed = object.type_name().strip_prefix('*');
        if let Some(name) = pointed {
            if depth > 0 {
                self.pointer(&Value::Object(Rc::clone(object)), verb);
                return true;
            }
            self.output.push(b'&');
            self.fields(object, name, verb, depth + 1);
        } else {
            self.fields(object, object.type_name(), verb, depth);
        }
        true
    }

    fn fields(&mut self, object: &Rc<dyn Object>, name: &str, verb: char, depth: usize) {
        if self.flags.sharp_value {
            self.output.extend_from_slice(name.as_bytes());
        }
        self.output.push(b'{');
        for (index, (field, value)) in object.fields().into_iter().enumerate() {
            self.separate(index);
            if self.flags.plus_value || self.flags.sharp_value {
                self.output.extend_from_slice(field.as_bytes());
                self.output.push(b':');
            }
            self.value(&value, verb, depth + 1);
        }
        self.output.push(b'}');
    }

    fn pointer(&mut self, value: &Value, verb: char) {
        let address = match value {
            Value::List(list) => list.address(),
            Value::Map(map) => map.address(),
            Value::Bytes(bytes) => bytes.as_ptr().addr(),
            Value::Object(object) if object.kind() == Kind::Pointer => Rc::as_ptr(object).cast::<()>().addr(),
            Value::Function(function) => function.address(),
            _ => return self.bad_verb(value, verb),
        } as u64;
        match verb {
            'v' if self.flags.sharp_value => {
                self.output.extend_from_slice(format!("({})(0x{address:x})", value.type_name()).as_bytes());
            }
            'v' | 'p' => write_hexadecimal(&mut self.output, self.flags, address, !self.flags.sharp),
            'b' | 'o' | 'd' | 'x' | 'X' => {
                self.integer(Integer::unsigned(address), verb);
            }
            _ => self.bad_verb(value, verb),
        }
    }

    /// Writes `%!d(string=text)`.
    fn bad_verb(&mut self, value: &Value, verb: char) {
        self.output.extend_from_slice(format!("%!{verb}(").as_bytes());
        if value.is_nil() {
            self.output.extend_from_slice(b"<nil>");
        } else {
            self.output.extend_from_slice(value.type_name().as_bytes());
            self.output.push(b'=');
            self.value(value, 'v', 0);
        }
        self.output.push(b')');
    }
}
