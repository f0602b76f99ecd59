//! Lines and columns of places that come in their order.

use crate::diagnostic::{Position, Span};

/// Counts on from the last place that was asked for, so that a whole text is looked at once.
pub(super) struct Places<'a> {
    text: &'a str,
    last: Position,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, last: Position::START }
    }

    /// Returns the place of a byte; one before the last counts from the start.
    pub(super) fn at(&mut self, offset: usize) -> Position {
        if offset < self.last.offset {
            self.last = Position::START;
        }
        let passed = &self.text.as_bytes()[self.last.offset..offset];
        for byte in passed {
            if *byte == b'\n' {
                self.last.line += 1;
                self.last.column = 1;
            } else if byte & 0xc0 != 0x80 {
                self.last.column += 1;
            }
        }
        self.last.offset = offset;
        self.last
    }

    pub(super) fn span(&mut self, start: usize, end: usize) -> Span {
        Span::new(self.at(start), self.at(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let mut places = Places::new("ü\nkäse");
        assert_eq!(places.at(0), Position::START);
        assert_eq!(places.at(8), Position { offset: 8, line: 2, column: 5 });
        assert_eq!(places.at(2), Position { offset: 2, line: 1, column: 2 });
    }
}
