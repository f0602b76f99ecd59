//! Reading JSON with the errors of Go's `encoding/json`.

use std::collections::BTreeMap;

use crate::gotemplate::{GoString, List, MAP, Map, Value};

/// A text that is no JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecodeError {
    #[error("unexpected end of JSON input")]
    End,
    #[error("invalid character {character} {context}")]
    Character { character: String, context: &'static str },
    #[error("json: cannot unmarshal number {text} into Go value of type float64")]
    Number { text: String },
    #[error("exceeded max depth")]
    Depth,
    #[error("json: cannot unmarshal {kind} into Go value of type {wanted}")]
    Type { kind: &'static str, wanted: &'static str },
}

/// How deep Go reads.
const DEEPEST: usize = 10_000;

/// Reads a text that is one value. Numbers become float64.
pub(super) fn decode(text: &[u8]) -> Result<Value, DecodeError> {
    let mut decoder = Decoder { text, at: 0, depth: 0 };
    decoder.skip_space();
    let value = decoder.value()?;
    decoder.skip_space();
    match decoder.peek() {
        None => Ok(value),
        Some(_) => Err(decoder.unexpected("after top-level value")),
    }
}

/// Reads a map; null is an empty one.
pub(super) fn decode_map(text: &[u8]) -> Result<Map, DecodeError> {
    match decode(text)? {
        Value::Nil => Ok(Map::new()),
        Value::Map(map) => Ok(map),
        other => Err(DecodeError::Type { kind: kind(&other), wanted: "map[string]interface {}" }),
    }
}

/// Reads a list; null is an empty one.
pub(super) fn decode_list(text: &[u8]) -> Result<List, DecodeError> {
    match decode(text)? {
        Value::Nil => Ok(List::new(Vec::new())),
        Value::List(list) => Ok(list),
        other => Err(DecodeError::Type { kind: kind(&other), wanted: "[]interface {}" }),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Float(_) => "number",
        Value::String(_) => "string",
        Value::List(_) => "array",
        _ => "object",
    }
}

struct Decoder<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl Decoder<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Says that the next byte is wrong, or that there is none.
    fn unexpected(&self, context: &'static str) -> DecodeError {
        match self.peek() {
            None => DecodeError::End,
            Some(byte) => DecodeError::Character { character: quoted(byte), context },
        }
    }

    fn value(&mut self) -> Result<Value, DecodeError> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true", Value::Bool(true)),
            Some(b'f') => self.word(b"false", Value::Bool(false)),
            Some(b'n') => self.word(b"null", Value::Nil),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, DecodeError>) -> Result<Value, DecodeError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(DecodeError::Depth);
        }
        self.at += 1;
        let value = crate::gotemplate::deepen(|| read(self))?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, DecodeError> {
        let mut entries = BTreeMap::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(Map::new()));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.at += 1;
            self.skip_space();
            entries.insert(key, self.value()?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
        self.at += 1;
        Ok(Value::Map(Map::typed(&MAP, entries)))
    }

    fn array(&mut self) -> Result<Value, DecodeError> {
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::from(items));
        }
        loop {
            self.skip_space();
            items.push(self.value()?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("after array element")),
            }
        }
        self.at += 1;
        Ok(Value::from(items))
    }

    fn word(&mut self, word: &'static [u8], value: Value) -> Result<Value, DecodeError> {
        for (index, byte) in word.iter().enumerate() {
            if self.peek() != Some(*byte) {
                return Err(self.unexpected(literal_context(word[0], index)));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, DecodeError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
            if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.unexpected("in numeric literal"));
            }
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.unexpected("after decimal point in numeric literal"));
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.unexpected("in exponent of numeric literal"));
            }
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(DecodeError::Number { text: text.into_owned() }),
        }
    }

    fn digits(&mut self) -> usize {
        let count = self.text[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    /// Reads a string. What is not UTF-8, and half a surrogate pair, becomes U+FFFD.
    fn string(&mut self) -> Result<GoString, DecodeError> {
        let mut bytes = Vec::new();
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(DecodeError::End),
                Some(b'"') => break,
                Some(b'\\') => self.escape(&mut bytes)?,
                Some(byte) if byte < b' ' => return Err(self.unexpected("in string literal")),
                Some(byte) => {
                    bytes.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        Ok(match String::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(error) => replaced(error.as_bytes()).into(),
        })
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), DecodeError> {
        self.at += 1;
        let byte = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.unicode_escape(bytes),
            _ => return Err(self.unexpected("in string escape code")),
        };
        bytes.push(byte);
        self.at += 1;
        Ok(())
    }

    fn unicode_escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), DecodeError> {
        let first = self.code_unit()?;
        let mut units = vec![first];
        if (0xD800..0xDC00).contains(&first) && self.text[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 1;
            let second = self.code_unit()?;
            if (0xDC00..0xE000).contains(&second) {
                units.push(second);
            } else {
                self.at = before;
            }
        }
        bytes.extend_from_slice(String::from_utf16_lossy(&units).as_bytes());
        Ok(())
    }

    /// Reads `uXXXX`.
    fn code_unit(&mut self) -> Result<u16, DecodeError> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let digit = digit.ok_or_else(|| self.unexpected("in \\u hexadecimal character escape"))?;
            unit = unit << 4 | digit as u16;
            self.at += 1;
        }
        Ok(unit)
    }
}

/// Replaces each byte that is not UTF-8.
fn replaced(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '\u{FFFD}'));
    }
    text
}

/// Quotes a byte as Go's scanner does.
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        b' '..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF => format!("'{}'", char::from(byte)),
        0x80..=0xA0 | 0xAD => format!("'\\u{byte:04x}'"),
        7 => r"'\a'".to_owned(),
        8 => r"'\b'".to_owned(),
        11 => r"'\v'".to_owned(),
        12 => r"'\f'".to_owned(),
        _ => format!("'\\x{byte:02x}'"),
    }
}

fn literal_context(word: u8, index: usize) -> &'static str {
    match (word, index) {
        (b't', 1) => "in literal true (expecting 'r')",
        (b't', 2) => "in literal true (expecting 'u')",
        (b't', _) => "in literal true (expecting 'e')",
        (b'f', 1) => "in literal false (expecting 'a')",
        (b'f', 2) => "in literal false (expecting 'l')",
        (b'f', 3) => "in literal false (expecting 's')",
        (b'f', _) => "in literal false (expecting 'e')",
        (_, 1) => "in literal null (expecting 'u')",
        _ => "in literal null (expecting 'l')",
    }
}
