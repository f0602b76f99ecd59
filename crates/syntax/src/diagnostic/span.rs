//! A stretch of a text.

use std::fmt;

/// A place in a text: byte offset (from 0), line and column (from 1; the column counts characters).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Bytes before this place.
    pub offset: usize,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Position {
    /// The first character of a text.
    pub const START: Self = Self { offset: 0, line: 1, column: 1 };
}

impl Default for Position {
    fn default() -> Self {
        Self::START
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// A stretch of a text; `end` is exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// The place after the last character.
    pub end: Position,
}

impl Span {
    /// Returns the stretch from `start` up to, not including, `end`.
    pub fn new(start: Position, end: Position) -> Self {
        Self { start, end }
    }

    /// Returns the text that the span covers.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        text.get(self.start.offset..self.end.offset).unwrap_or_default()
    }
}
