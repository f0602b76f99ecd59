//! Source to tokens, trimming included: the parser never sees it happen.

use memchr::memchr;
use memchr::memmem::find;

use crate::gotemplate::parser::token::{Kind, Span, Token};
use crate::gotemplate::quote::{is_print, quote};
use crate::gotemplate::rune::decode;

const LEFT: &[u8] = b"{{";
const RIGHT: &[u8] = b"}}";
const LEFT_COMMENT: &[u8] = b"/*";
const RIGHT_COMMENT: &[u8] = b"*/";

/// What the lexer cannot read: what is wrong and where the token begins.
#[derive(Debug)]
pub(super) struct LexError {
    pub(super) message: String,
    pub(super) position: usize,
}

/// Cuts a source into tokens.
pub(super) struct Lexer<'source> {
    source: &'source [u8],
    position: usize,
    start: usize,
    parentheses: usize,
    inside_action: bool,
    error: Option<LexError>,
}

impl<'source> Lexer<'source> {
    pub(super) fn new(source: &'source [u8]) -> Self {
        Self { source, position: 0, start: 0, parentheses: 0, inside_action: false, error: None }
    }

    /// Returns the next token; at the end, the end again and again. What cannot be read is a token too: the
    /// parser may find something wrong before it.
    pub(super) fn next(&mut self) -> Token {
        let token = if self.inside_action { self.action() } else { self.text() };
        token.unwrap_or_else(|error| {
            let span = Span::new(error.position, error.position);
            self.error = Some(error);
            Token { kind: Kind::Error, span }
        })
    }

    /// Returns what made the error token.
    pub(super) fn error(&self) -> Option<&LexError> {
        self.error.as_ref()
    }

    fn rest(&self) -> &'source [u8] {
        &self.source[self.position..]
    }

    fn take(&mut self, kind: Kind) -> Token {
        let span = Span::new(self.start, self.position);
        self.start = self.position;
        Token { kind, span }
    }

    fn skip_to(&mut self, position: usize) {
        self.position = position;
        self.start = position;
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T, LexError> {
        Err(LexError { message: message.into(), position: self.start })
    }

    fn text(&mut self) -> Result<Token, LexError> {
        loop {
            let Some(length) = find_left(self.rest()) else {
                self.position = self.source.len();
                let kind = if self.position > self.start { Kind::Text } else { Kind::EndOfFile };
                return Ok(self.take(kind));
            };
            let delimiter = self.position + length;
            let inside = delimiter + LEFT.len();
            let trims = has_left_trim(&self.source[inside..]);
            if length > 0 {
                let text = &self.source[self.start..delimiter];
                self.position = self.start + if trims { trimmed_length(text) } else { text.len() };
                let token = self.take(Kind::Text);
                self.skip_to(delimiter);
                if token.span.start < token.span.end {
                    return Ok(token);
                }
            }
            let word = inside + if trims { 2 } else { 0 };
            if self.source[word..].starts_with(LEFT_COMMENT) {
                self.skip_to(word);
                self.comment()?;
                continue;
            }
            self.position = inside;
            let token = self.take(Kind::LeftDelimiter);
            self.skip_to(word);
            self.inside_action = true;
            self.parentheses = 0;
            return Ok(token);
        }
    }

    fn comment(&mut self) -> Result<(), LexError> {
        let inside = self.position + LEFT_COMMENT.len();
        let Some(length) = find(&self.source[inside..], RIGHT_COMMENT) else {
            return self.fail("unclosed comment");
        };
        self.position = inside + length + RIGHT_COMMENT.len();
        if !self.at_right() {
            return self.fail("comment ends before closing delimiter");
        }
        self.right_delimiter();
        Ok(())
    }

    /// Passes the right delimiter, known to be here, and the space that it trims.
    fn right_delimiter(&mut self) -> Token {
        let trims = has_right_trim(self.rest());
        if trims {
            self.skip_to(self.position + 2);
        }
        self.position += RIGHT.len();
        let token = self.take(Kind::RightDelimiter);
        if trims {
            let spaces = self.rest().iter().take_while(|byte| is_space(**byte)).count();
            self.skip_to(self.position + spaces);
        }
        self.start = self.position;
        token
    }

    fn at_right(&self) -> bool {
        self.rest().starts_with(RIGHT) || at_trimming_right(self.rest())
    }

    fn action(&mut self) -> Result<Token, LexError> {
        if self.at_right() {
            if self.parentheses > 0 {
                return self.fail("unclosed left paren");
            }
            self.inside_action = false;
            return Ok(self.right_delimiter());
        }
        let Some((rune, width)) = decode(self.rest()) else {
            return self.fail("unclosed action");
        };
        self.position += width;
        match rune {
            ' ' | '\t' | '\r' | '\n' => Ok(self.space()),
            '=' => Ok(self.take(Kind::Assign)),
            ':' if self.rest().first() == Some(&b'=') => {
                self.position += 1;
                Ok(self.take(Kind::Declare))
            }
            ':' => self.fail("expected :="),
            '|' => Ok(self.take(Kind::Pipe)),
            '"' => self.quoted(b'"', Kind::String, "unterminated quoted string"),
            '\'' => self.quoted(b'\'', Kind::CharacterConstant, "unterminated character constant"),
            '`' => self.raw(),
            '$' => self.field_or_variable(Kind::Variable),
            '.' if self.rest().first().is_some_and(|next| !next.is_ascii_digit()) => {
                self.field_or_variable(Kind::Field)
            }
            '.' | '+' | '-' | '0'..='9' => {
                self.position -= 1;
                self.number()
            }
            _ if is_alphanumeric(rune) => self.word(),
            '(' => {
                self.parentheses += 1;
                Ok(self.take(Kind::LeftParenthesis))
            }
            ')' => {
                let Some(left) = self.parentheses.checked_sub(1) else {
                    return self.fail("unexpected right paren");
                };
                self.parentheses = left;
                Ok(self.take(Kind::RightParenthesis))
            }
            _ if rune.is_ascii() && is_print(rune) => Ok(self.take(Kind::Character)),
            _ => self.fail(format!("unrecognized character in action: {}", describe(rune))),
        }
    }

    /// Takes a run of spaces; the last one is left where it belongs to a trimming delimiter.
    fn space(&mut self) -> Token {
        while self.rest().first().is_some_and(|byte| is_space(*byte)) {
            self.position += 1;
        }
        if at_trimming_right(&self.source[self.position - 1..]) {
            self.position -= 1;
            if self.position == self.start {
                // Go does not ask here whether a parenthesis is open; the parser will.
                self.inside_action = false;
                return self.right_delimiter();
            }
        }
        self.take(Kind::Space)
    }

    fn quoted(&mut self, end: u8, kind: Kind, unterminated: &str) -> Result<Token, LexError> {
        loop {
            match self.rest().first() {
                None | Some(b'\n') => return self.fail(unterminated),
                Some(b'\\') if matches!(self.rest().get(1), None | Some(b'\n')) => {
                    return self.fail(unterminated);
                }
                Some(b'\\') => self.position += 2,
                Some(byte) => {
                    self.position += 1;
                    if *byte == end {
                        return Ok(self.take(kind));
                    }
                }
            }
        }
    }

    fn raw(&mut self) -> Result<Token, LexError> {
        let Some(length) = memchr(b'`', self.rest()) else {
            return self.fail("unterminated raw quoted string");
        };
        self.position += length + 1;
        Ok(self.take(Kind::RawString))
    }

    fn alphanumerics(&mut self) {
        while let Some((rune, width)) = decode(self.rest()) {
            if !is_alphanumeric(rune) {
                break;
            }
            self.position += width;
        }
    }

    fn word(&mut self) -> Result<Token, LexError> {
        self.alphanumerics();
        self.expect_terminator()?;
        let kind = Kind::keyword(&self.source[self.start..self.position]).unwrap_or(Kind::Identifier);
        Ok(self.take(kind))
    }

    fn field_or_variable(&mut self, kind: Kind) -> Result<Token, LexError> {
        if self.at_terminator() {
            return Ok(self.take(if kind == Kind::Variable { kind } else { Kind::Dot }));
        }
        self.alphanumerics();
        self.expect_terminator()?;
        Ok(self.take(kind))
    }

    fn expect_terminator(&mut self) -> Result<(), LexError> {
        if self.at_terminator() {
            return Ok(());
        }
        let rune = decode(self.rest()).map_or(' ', |(rune, _)| rune);
        self.fail(format!("bad character {}", describe(rune)))
    }

    fn at_terminator(&self) -> bool {
        match self.rest().first() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(') => true,
            Some(_) => self.rest().starts_with(RIGHT),
        }
    }

    /// Takes a number, loosely: the parser reads it again.
    fn number(&mut self) -> Result<Token, LexError> {
        let complete = self.scan_number();
        if complete && matches!(self.rest().first(), Some(b'+' | b'-')) {
            if self.scan_number() && self.source[self.position - 1] == b'i' {
                return Ok(self.take(Kind::Complex));
            }
        } else if complete {
            return Ok(self.take(Kind::Number));
        }
        self.fail(format!("bad number syntax: {}", quote(&self.source[self.start..self.position])))
    }

    fn scan_number(&mut self) -> bool {
        const DECIMAL: &[u8] = b"0123456789_";
        const HEXADECIMAL: &[u8] = b"0123456789abcdefABCDEF_";
        self.accept(b"+-");
        let mut digits = DECIMAL;
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = HEXADECIMAL;
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        let exponent: &[u8] = match digits {
            DECIMAL => b"eE",
            HEXADECIMAL => b"pP",
            _ => b"",
        };
        if self.accept(exponent) {
            self.accept(b"+-");
            self.accept_run(DECIMAL);
        }
        self.accept(b"i");
        match decode(self.rest()) {
            Some((rune, width)) if is_alphanumeric(rune) => {
                self.position += width;
                false
            }
            _ => true,
        }
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let accepted = self.rest().first().is_some_and(|byte| valid.contains(byte));
        self.position += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }
}

/// Finds `{{`.
fn find_left(text: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr(b'{', &text[from..])?;
        if text.get(at + 1) == Some(&b'{') {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Returns the length without the spaces at the end.
fn trimmed_length(text: &[u8]) -> usize {
    text.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_alphanumeric(rune: char) -> bool {
    rune == '_' || rune.is_alphabetic() || (rune.is_numeric() && (rune.is_ascii() || is_decimal(rune)))
}

/// Tells whether a numeric rune beyond ASCII is a decimal digit (category Nd), and no superscript, fraction or
/// enclosed number.
fn is_decimal(rune: char) -> bool {
    !rune.is_alphabetic() && u32::from(rune) >= 0x660 && !matches!(u32::from(rune), 0x2000..=0x3300)
}

fn has_left_trim(inside: &[u8]) -> bool {
    matches!(inside, [b'-', space, ..] if is_space(*space))
}

fn has_right_trim(rest: &[u8]) -> bool {
    matches!(rest, [space, b'-', ..] if is_space(*space))
}

fn at_trimming_right(rest: &[u8]) -> bool {
    has_right_trim(rest) && rest[2..].starts_with(RIGHT)
}

fn describe(rune: char) -> String {
    let number = u32::from(rune);
    if is_print(rune) { format!("U+{number:04X} '{rune}'") } else { format!("U+{number:04X}") }
}
