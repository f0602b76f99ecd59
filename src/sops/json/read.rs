//! From JSON to a tree with places.

use std::borrow::Cow;

use crate::diagnostic::{Position, Span};

use crate::sops::error::Problem;
use crate::sops::places::Places;
use crate::sops::tree::{Branch, Element, Entry, Item, Kind, Leaf, Scalar, Value};

/// How deep collections may be in each other.
const DEEPEST: usize = 256;

/// Reads the object that the text is. The order of keys and duplicates are kept.
pub(in crate::sops) fn read(text: &str) -> Result<Branch, Problem> {
    let mut reader = Reader { text, at: 0, depth: 0, places: Places::new(text) };
    let value = reader.value()?;
    reader.space();
    if reader.at < text.len() {
        return Err(reader.error("the end of the text"));
    }
    let Kind::Map(entries) = value.kind else { return Err(Problem::Root) };
    // Metadata goes behind the last member, or behind the brace.
    let last = entries.last().and_then(|entry| match entry {
        Entry::Item(item) => item.value.span,
        Entry::Comment(_) => None,
    });
    let start = value.span.map_or(0, |span| span.start.offset);
    let end = last.map_or(start + 1, |span| span.end.offset);
    Ok(Branch { entries, end })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    places: Places<'a>,
}

impl<'a> Reader<'a> {
    fn error(&mut self, expected: &'static str) -> Problem {
        let mut at = self.at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        Problem::Json { position: self.places.at(at), expected }
    }

    fn space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn peek(&mut self) -> Option<u8> {
        self.space();
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), Problem> {
        if self.peek() != Some(byte) {
            return Err(self.error(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn value(&mut self) -> Result<Value, Problem> {
        let first = self.peek();
        let start = self.places.at(self.at);
        let kind = match first {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => leaf(Scalar::String(self.string()?.into_owned())),
            Some(b'-' | b'0'..=b'9') => leaf(self.number()?),
            _ => self.word()?,
        };
        Ok(self.placed(start, kind))
    }

    fn placed(&mut self, start: Position, kind: Kind) -> Value {
        let end = self.places.at(self.at);
        Value { span: Some(Span::new(start, end)), kind }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Kind, Problem>) -> Result<Kind, Problem> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Problem::Depth);
        }
        self.at += 1;
        let kind = read(self)?;
        self.depth -= 1;
        Ok(kind)
    }

    fn object(&mut self) -> Result<Kind, Problem> {
        let mut entries = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Kind::Map(entries));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.error("a key in quotes"));
            }
            let start = self.at;
            let key = self.string()?;
            let span = Some(self.places.span(start, self.at));
            self.take(b':', "`:`")?;
            let value = self.value()?;
            entries.push(Entry::Item(Item { key: key.as_ref().into(), span, value }));
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Kind::Map(entries));
                }
                _ => return Err(self.error("`,` or `}`")),
            }
        }
    }

    fn array(&mut self) -> Result<Kind, Problem> {
        let mut elements = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Kind::List(elements));
        }
        loop {
            elements.push(Element::Value(self.value()?));
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Kind::List(elements));
                }
                _ => return Err(self.error("`,` or `]`")),
            }
        }
    }

    fn word(&mut self) -> Result<Kind, Problem> {
        let rest = &self.text[self.at..];
        for (word, kind) in
            [("null", Kind::Null), ("true", leaf(Scalar::Bool(true))), ("false", leaf(Scalar::Bool(false)))]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.error("a JSON value"))
    }

    /// Reads a string; one without escapes is not copied.
    fn string(&mut self) -> Result<Cow<'a, str>, Problem> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
                }
                Some(b'\\') => break,
                Some(0x20..) => self.at += 1,
                Some(_) | None => return Err(self.error("a string's end")),
            }
        }
        let mut out = self.text[start..self.at].to_owned();
        loop {
            let run =
                bytes[self.at..].iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count();
            out.push_str(&self.text[self.at..self.at + run]);
            self.at += run;
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(out));
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) | None => return Err(self.error("a string's end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let kind = self.text.as_bytes().get(self.at + 1).copied();
        self.at += 2;
        Ok(match kind {
            Some(mark @ (b'"' | b'\\' | b'/')) => char::from(mark),
            Some(b'b') => '\x08',
            Some(b'f') => '\x0c',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => self.unicode()?,
            _ => return Err(self.error("an escape sequence")),
        })
    }

    /// Reads the digits of `\u…`, two times where they are a pair of surrogates. As in Go, half a pair is U+FFFD.
    fn unicode(&mut self) -> Result<char, Problem> {
        let first = self.digits()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let before = self.at;
        if self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let second = self.digits()?;
            if (0xdc00..0xe000).contains(&second) {
                let pair = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.at = before;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn digits(&mut self) -> Result<u32, Problem> {
        let digits = self
            .text
            .get(self.at..self.at + 4)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(digits) = digits else { return Err(self.error("four hexadecimal digits")) };
        self.at += 4;
        Ok(u32::from_str_radix(digits, 16).unwrap_or_default())
    }

    /// Reads a number: an integer where it is written as one and fits 64 bits.
    fn number(&mut self) -> Result<Scalar, Problem> {
        let rest = &self.text[self.at..];
        let length = rest
            .bytes()
            .take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9'))
            .count();
        let text = &rest[..length];
        let scalar = if is_number(text) {
            text.parse()
                .map(Scalar::Int)
                .ok()
                .or_else(|| text.parse().ok().filter(|value: &f64| value.is_finite()).map(Scalar::Float))
        } else {
            None
        };
        let scalar = scalar.ok_or_else(|| self.error("a number"))?;
        self.at += length;
        Ok(scalar)
    }
}

/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

fn leaf(scalar: Scalar) -> Kind {
    Kind::Leaf(Leaf::plain(scalar))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(text: &str) -> Option<Scalar> {
        let branch = read(&format!("{{\"a\": {text}}}")).ok()?;
        let [Entry::Item(item)] = branch.entries.as_slice() else { return None };
        match &item.value.kind {
            Kind::Leaf(leaf) => leaf.public().cloned(),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    #[test]
    fn numbers_and_strings_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("42", Scalar::Int(42)),
            ("9223372036854775807", Scalar::Int(i64::MAX)),
            ("9223372036854775808", Scalar::Float(9_223_372_036_854_775_808.0)),
            ("1e2", Scalar::Float(100.0)),
            ("-0", Scalar::Int(0)),
            ("true", Scalar::Bool(true)),
            (r#""a\u00e9\ud83d\ude00\n\/""#, Scalar::String("aé😀\n/".into())),
            (r#""\ud800x""#, Scalar::String("\u{fffd}x".into())),
        ] {
            assert_eq!(scalar(text), Some(expected), "{text}");
        }
        for text in
            ["01", "1.", ".5", "+1", "1e", "1e999", "nul", "'a'", "\"\n\"", r#""\x""#, r#""\u12""#, ""]
        {
            assert_eq!(scalar(text), None, "{text}");
        }
    }

    #[test]
    fn values_know_their_places() {
        let text = "{\n\t\"a\": [1, {\"ü\": \"x\"}]\n}\n";
        let branch = read(text).unwrap();
        assert_eq!(&text[..branch.end], "{\n\t\"a\": [1, {\"ü\": \"x\"}]");
        let [Entry::Item(item)] = branch.entries.as_slice() else { panic!("one member") };
        let Kind::List(elements) = &item.value.kind else { panic!("a list") };
        let Element::Value(second) = &elements[1] else { panic!("a value") };
        assert_eq!(second.span.unwrap().of(text), "{\"ü\": \"x\"}");
        assert_eq!((second.span.unwrap().start.line, second.span.unwrap().start.column), (2, 11));
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        assert!(matches!(read("[]"), Err(Problem::Root)));
        let error = read("{\"a\": 1,\n}").unwrap_err();
        assert_eq!(error.to_string(), "line 2, column 1: expected a key in quotes");
        assert!(read("{} x").is_err());
        assert!(matches!(read(&"[".repeat(100_000)), Err(Problem::Depth)));
    }
}
