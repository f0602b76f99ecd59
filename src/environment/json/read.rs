//! Reading JSON.

use std::sync::Arc;

use crate::esc::quote;
use crate::resource::{Map, Number, Value};

/// Why a text is not JSON, in the words of Go's encoding/json.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// There is no value.
    #[error("EOF")]
    Empty,
    /// The text ends inside a value.
    #[error("unexpected EOF")]
    End,
    /// A character is in the wrong place.
    #[error("invalid character {} {place}", character(*.byte))]
    Character {
        /// The character's first byte.
        byte: u8,
        /// Where it is.
        place: String,
    },
    /// There are too many values inside one another.
    #[error("exceeded max depth")]
    Depth,
}

fn character(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = quote(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

/// Values may be this deep.
const DEEPEST: usize = 256;

/// Reads the first JSON value of a text; what follows it is ignored. Of equal keys the last wins.
pub fn read_json(text: &[u8]) -> Result<Value, JsonError> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_space();
    if reader.peek().is_none() {
        return Err(JsonError::Empty);
    }
    reader.value(0)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        if depth > DEEPEST {
            return Err(JsonError::Depth);
        }
        self.skip_space();
        match self.need()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Value::String),
            b't' => self.literal("true", Value::Bool(true)),
            b'f' => self.literal("false", Value::Bool(false)),
            b'n' => self.literal("null", Value::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(self.wrong("looking for beginning of value")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut entries = Map::new();
        self.at += 1;
        self.skip_space();
        if self.need()? == b'}' {
            self.at += 1;
            return Ok(Value::Map(Arc::new(entries)));
        }
        loop {
            self.skip_space();
            if self.need()? != b'"' {
                return Err(self.wrong("looking for beginning of object key string"));
            }
            let key = self.string()?;
            self.skip_space();
            self.expect(b':', "after object key")?;
            entries.insert(key, self.value(depth + 1)?);
            self.skip_space();
            if self.need()? == b'}' {
                self.at += 1;
                return Ok(Value::Map(Arc::new(entries)));
            }
            self.expect(b',', "after object key:value pair")?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.need()? == b']' {
            self.at += 1;
            return Ok(Value::list(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.need()? == b']' {
                self.at += 1;
                return Ok(Value::list(items));
            }
            self.expect(b',', "after array element")?;
        }
    }

    fn literal(&mut self, word: &str, value: Value) -> Result<Value, JsonError> {
        for expected in word.bytes() {
            if self.need()? != expected {
                let place = format!("in literal {word} (expecting '{}')", char::from(expected));
                return Err(self.wrong(&place));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        if self.need()? == b'-' {
            self.at += 1;
        }
        if self.need()? == b'0' {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.need()?, b'+' | b'-') {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        Ok(Value::Number(Number::from_text(text)))
    }

    fn digits(&mut self, place: &str) -> Result<(), JsonError> {
        if !self.need()?.is_ascii_digit() {
            return Err(self.wrong(place));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }

    /// Reads a string; what is no UTF-8, and half a surrogate pair, becomes U+FFFD.
    fn string(&mut self) -> Result<Arc<str>, JsonError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.need()?, b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            text.push_str(&String::from_utf8_lossy(&self.text[start..self.at]));
            match self.need()? {
                b'"' => {
                    self.at += 1;
                    return Ok(text.into());
                }
                b'\\' => {
                    self.at += 1;
                    text.push(self.escape()?);
                }
                _ => return Err(self.wrong("in string literal")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let character = match self.need()? {
            byte @ (b'"' | b'\\' | b'/') => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.wrong("in string escape code")),
        };
        self.at += 1;
        Ok(character)
    }

    fn unicode(&mut self) -> Result<char, JsonError> {
        let high = self.hexadecimal()?;
        if !(0xd800..0xdc00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        if self.text[self.at..].starts_with(b"\\u") {
            self.at += 2;
            let low = self.hexadecimal()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hexadecimal(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.need()?).to_digit(16);
            code = code * 16 + digit.ok_or_else(|| self.wrong("in \\u hexadecimal character escape"))?;
            self.at += 1;
        }
        Ok(code)
    }

    fn expect(&mut self, byte: u8, place: &str) -> Result<(), JsonError> {
        if self.need()? != byte {
            return Err(self.wrong(place));
        }
        self.at += 1;
        Ok(())
    }

    fn wrong(&self, place: &str) -> JsonError {
        match self.peek() {
            Some(byte) => JsonError::Character { byte, place: place.to_owned() },
            None => JsonError::End,
        }
    }

    fn need(&self) -> Result<u8, JsonError> {
        self.peek().ok_or(JsonError::End)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_read_with_its_numbers_as_written() {
        let value = read_json(br#" {"a": 1.0, "a": 1e400, "b": "\ud83d\ude00\ud800x"} rest"#).unwrap();
        assert_eq!(format!("{value:?}"), "{\"a\": 1e400, \"b\": \"😀\u{fffd}x\"}");
    }

    #[test]
    fn faults_are_told_in_the_words_of_go() {
        for (text, message) in [
            ("", "EOF"),
            ("[1,", "unexpected EOF"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("trUe", "invalid character 'U' in literal true (expecting 'u')"),
            ("{1}", "invalid character '1' looking for beginning of object key string"),
            ("[1 2]", "invalid character '2' after array element"),
            ("\"\n\"", r"invalid character '\n' in string literal"),
            ("1.x", "invalid character 'x' after decimal point in numeric literal"),
            (r#""\x""#, "invalid character 'x' in string escape code"),
        ] {
            assert_eq!(read_json(text.as_bytes()).unwrap_err().to_string(), message, "{text}");
        }
        assert_eq!(read_json(&vec![b'['; 100_000]).unwrap_err(), JsonError::Depth);
    }
}
