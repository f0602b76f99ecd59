//! Writing TOML: plain keys before tables, each level indented by two spaces.

use crate::gotemplate::format::format_float;
use crate::gotemplate::functions::reflection::kind_of;
use crate::gotemplate::{GoString, List, Map, Value};

/// A value that TOML cannot hold, in `BurntSushi`'s words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EncodeError {
    #[error("toml: cannot encode array with nil element")]
    NilElement,
    #[error("toml: top-level values must be Go maps or structs")]
    NoKey,
    #[error("unsupported type: {0}")]
    Type(&'static str),
    #[error("reflect: call of reflect.Value.Type on zero Value")]
    Nil,
    #[error("maps are nested too deeply")]
    Depth,
}

/// How deep tables may nest; only a map that holds itself gets there.
const DEEPEST: usize = 500;

/// Writes a document.
pub(super) fn encode(value: &Value) -> Result<String, EncodeError> {
    let mut encoder = Encoder { output: String::new(), written: false };
    if value.is_nil() {
        return Err(EncodeError::Nil);
    }
    encoder.encode(&[], value)?;
    Ok(encoder.output)
}

struct Encoder {
    output: String,
    /// Whether anything stands before, so that a table begins behind an empty line.
    written: bool,
}

type Path<'a> = &'a [GoString];

impl Encoder {
    fn encode(&mut self, path: Path<'_>, value: &Value) -> Result<(), EncodeError> {
        if path.len() > DEEPEST {
            return Err(EncodeError::Depth);
        }
        match value {
            Value::Invalid | Value::Nil => Ok(()),
            Value::Map(map) if map.is_nil() => Ok(()),
            Value::Map(map) => self.table(path, map),
            Value::List(list) if is_array_of_tables(list)? => self.array_of_tables(path, list),
            other => self.key_value(path, other, false),
        }
    }

    fn table(&mut self, path: Path<'_>, map: &Map) -> Result<(), EncodeError> {
        if path.len() == 1 {
            self.new_line();
        }
        if !path.is_empty() {
            self.write(&format!("{}[{}]", indentation(path), dotted(path)));
            self.new_line();
        }
        self.entries(path, map)
    }

    fn array_of_tables(&mut self, path: Path<'_>, list: &List) -> Result<(), EncodeError> {
        if path.is_empty() {
            return Err(EncodeError::NoKey);
        }
        for item in list.iter() {
            let Value::Map(map) = item else { continue };
            self.new_line();
            self.write(&format!("{}[[{}]]", indentation(path), dotted(path)));
            self.new_line();
            self.entries(path, map)?;
        }
        Ok(())
    }

    /// Writes a table's plain keys, then its tables.
    fn entries(&mut self, path: Path<'_>, map: &Map) -> Result<(), EncodeError> {
        let (plain, tables) = split(map)?;
        for (key, value) in plain.iter().chain(&tables) {
            self.encode(&[path, std::slice::from_ref(key)].concat(), value)?;
        }
        Ok(())
    }

    fn key_value(&mut self, path: Path<'_>, value: &Value, inline: bool) -> Result<(), EncodeError> {
        let Some(key) = path.last() else { return self.element(value) };
        self.write(&format!("{}{} = ", indentation(path), bare_or_quoted(key)));
        self.element(value)?;
        if !inline {
            self.new_line();
        }
        Ok(())
    }

    fn element(&mut self, value: &Value) -> Result<(), EncodeError> {
        let text = match value {
            Value::Bool(truth) => truth.to_string(),
            Value::Int(_) | Value::Int32(_) | Value::Int64(_) => {
                value.as_signed().unwrap_or_default().to_string()
            }
            Value::Uint8(_) | Value::Uint64(_) => value.as_unsigned().unwrap_or_default().to_string(),
            Value::Float(number) => float(*number),
            Value::String(text) => quoted(text),
            Value::Bytes(bytes) => {
                let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
                format!("[{}]", numbers.join(", "))
            }
            Value::List(list) => return self.array(list),
            Value::Map(map) => return self.inline_table(map),
            Value::Object(object) => match object.type_name() {
                "time.Time" => object.to_json().as_str().unwrap_or_default().to_owned(),
                _ => quoted(object.text().unwrap_or_default().as_bytes()),
            },
            Value::Invalid | Value::Nil => return Err(EncodeError::NilElement),
            Value::Function(_) => return Err(EncodeError::Type(kind_of(value))),
        };
        self.write(&text);
        Ok(())
    }

    fn array(&mut self, list: &List) -> Result<(), EncodeError> {
        self.write("[");
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.write(", ");
            }
            self.element(item)?;
        }
        self.write("]");
        Ok(())
    }

    /// Keeps the comma that `BurntSushi` writes behind the last key when nothing but nil follows.
    fn inline_table(&mut self, map: &Map) -> Result<(), EncodeError> {
        let (plain, tables) = split(map)?;
        self.write("{");
        for (group, comma_at_end) in [(&plain, !tables.is_empty()), (&tables, false)] {
            for (index, (key, value)) in group.iter().enumerate() {
                if is_nil(value) {
                    continue;
                }
                self.key_value(std::slice::from_ref(key), value, true)?;
                if comma_at_end || index + 1 < group.len() {
                    self.write(", ");
                }
            }
        }
        self.write("}");
        Ok(())
    }

    fn new_line(&mut self) {
        if self.written {
            self.output.push('\n');
        }
    }

    fn write(&mut self, text: &str) {
        self.output.push_str(text);
        self.written = true;
    }
}

type Entries = Vec<(GoString, Value)>;

/// Separates plain entries from tables and arrays of tables.
fn split(map: &Map) -> Result<(Entries, Entries), EncodeError> {
    let (mut plain, mut tables) = (Vec::new(), Vec::new());
    for (key, value) in map.to_entries() {
        let is_table = match &value {
            Value::Map(inner) => !inner.is_nil(),
            Value::List(list) => is_array_of_tables(list)?,
            Value::Function(_) => return Err(EncodeError::Type(kind_of(&value))),
            _ => false,
        };
        if is_table { &mut tables } else { &mut plain }.push((key, value));
    }
    Ok((plain, tables))
}

fn is_array_of_tables(list: &List) -> Result<bool, EncodeError> {
    if list.iter().any(is_nil) {
        return Err(EncodeError::NilElement);
    }
    Ok(!list.is_empty() && list.iter().all(|item| matches!(item, Value::Map(_))))
}

fn is_nil(value: &Value) -> bool {
    match value {
        Value::Invalid | Value::Nil => true,
        Value::Map(map) => map.is_nil(),
        Value::List(list) => list.is_nil(),
        _ => false,
    }
}

fn indentation(path: Path<'_>) -> String {
    "  ".repeat(path.len().saturating_sub(1))
}

fn dotted(path: Path<'_>) -> String {
    let keys: Vec<String> = path.iter().map(bare_or_quoted).collect();
    keys.join(".")
}

fn bare_or_quoted(key: &GoString) -> String {
    let bare = !key.is_empty() && key.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
    if bare { key.to_string() } else { quoted(key) }
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return if number.is_sign_negative() { "-nan" } else { "nan" }.to_owned();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let text = format_float(number, 'g', None);
    if text.contains(['e', '.']) { text } else { text + ".0" }
}

fn quoted(text: &[u8]) -> String {
    let mut output = String::from('"');
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '"' => output.push_str("\\\""),
            '\\' => output.push_str("\\\\"),
            '\u{8}' => output.push_str("\\b"),
            '\t' => output.push_str("\\t"),
            '\n' => output.push_str("\\n"),
            '\u{C}' => output.push_str("\\f"),
            '\r' => output.push_str("\\r"),
            '\0'..'\u{20}' | '\u{7F}' => output.extend(["\\u", &format!("{:04x}", u32::from(character))]),
            _ => output.push(character),
        }
    }
    output.push('"');
    output
}
