//! Characters on lines: columns, indents, folding, escapes.

use super::analysis::{is_break, is_printable};

/// What differs between the two emitters on the level of characters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Lines are folded at the first space beyond this column.
    pub(super) width: usize,
    /// Spaces of one level, and the number in the header of a block scalar that starts with space.
    pub(super) indent: usize,
    /// A line break makes what follows it indentation (v3); v2 says so only in some places.
    pub(super) break_is_indentation: bool,
}

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) out: String,
    pub(super) rules: Rules,
    /// The indent of the current collection; none before the first.
    pub(super) indent: Option<usize>,
    column: usize,
    /// The last character was space, as far as the next token is concerned.
    whitespace: bool,
    /// Nothing but indentation and indicators of block collections is on the line.
    pub(super) indentation: bool,
    /// A comment at the foot of a collection of this indent is to be followed by a blank line.
    pub(super) foot: Option<usize>,
}

impl Writer {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            out: String::new(),
            rules,
            indent: None,
            column: 0,
            whitespace: true,
            indentation: true,
            foot: None,
        }
    }

    fn put(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }

    pub(super) fn put_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.indentation |= self.rules.break_is_indentation;
    }

    /// Writes a line break of the text itself.
    fn write_break(&mut self, character: char) {
        if character == '\n' {
            self.put_break();
        } else {
            self.out.push(character);
            self.column = 0;
        }
        self.indentation = true;
    }

    /// Goes to the indent of the current collection, on a new line unless there already.
    pub(super) fn write_indent(&mut self) {
        let indent = self.indent.unwrap_or(0);
        let there = self.indentation && (self.column < indent || (self.column == indent && self.whitespace));
        if !there {
            self.put_break();
        }
        if self.foot == Some(indent) {
            self.put_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indentation = true;
        self.foot = None;
    }

    /// Writes `-`, `?`, `:`, a bracket or a quote.
    pub(super) fn indicator(&mut self, indicator: &str, space_before: bool, opens: bool, indentation: bool) {
        if space_before && !self.whitespace {
            self.put(' ');
        }
        indicator.chars().for_each(|character| self.put(character));
        self.whitespace = opens;
        self.indentation &= indentation;
    }

    /// Writes a tag, with a space before it if there is none.
    pub(super) fn tag(&mut self, tag: &str) {
        self.indicator(tag, true, false, false);
    }

    /// Writes a comment behind the content of the line.
    pub(super) fn line_comment(&mut self, comment: &str) {
        if !self.whitespace {
            self.put(' ');
        }
        self.comment(comment);
    }

    /// Writes the lines of a comment, of which each has its `#`, and ends the last.
    pub(super) fn comment(&mut self, comment: &str) {
        for (index, line) in comment.split('\n').enumerate() {
            if index > 0 {
                self.write_indent();
            }
            line.chars().for_each(|character| self.put(character));
            self.put_break();
        }
        self.whitespace = true;
        self.indentation = true;
    }

    pub(super) fn plain(&mut self, text: &str, fold: bool) {
        if !text.is_empty() && !self.whitespace {
            self.put(' ');
        }
        let mut after_space = false;
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            let single = character == ' ' && !after_space && rest.peek() != Some(&' ');
            if single && fold && self.column > self.rules.width {
                self.write_indent();
            } else {
                self.put(character);
            }
            after_space = character == ' ';
            self.indentation &= after_space;
        }
        self.whitespace &= text.is_empty();
        self.indentation = false;
    }

    pub(super) fn single_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("'", true, false, false);
        let (mut after_space, mut after_break) = (false, false);
        let mut rest = text.char_indices().peekable();
        while let Some((index, character)) = rest.next() {
            let next = rest.peek().map(|&(_, next)| next);
            if character == ' ' {
                let inner = index > 0 && next.is_some_and(|next| next != ' ');
                if fold && inner && !after_space && self.column > self.rules.width {
                    self.write_indent();
                } else {
                    self.put(' ');
                }
                after_space = true;
                continue;
            }
            if is_break(character) {
                if !after_break && character == '\n' {
                    self.put_break();
                }
                self.write_break(character);
                after_break = true;
                continue;
            }
            if after_break {
                self.write_indent();
            }
            if character == '\'' {
                self.put('\'');
            }
            self.put(character);
            self.indentation = false;
            (after_space, after_break) = (false, false);
        }
        self.indicator("'", false, false, false);
        self.indentation = false;
    }

    pub(super) fn double_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("\"", true, false, false);
        // go-yaml looks for a byte order mark at the start of the text whatever character it is at.
        let escape_all = text.starts_with('\u{feff}');
        let mut after_space = false;
        let mut rest = text.char_indices().peekable();
        while let Some((index, character)) = rest.next() {
            let next = rest.peek().map(|&(_, next)| next);
            if escape_all
                || !is_printable(character)
                || is_break(character)
                || matches!(character, '"' | '\\')
            {
                self.escape(character);
                after_space = false;
            } else if character == ' ' {
                let inner = index > 0 && next.is_some();
                if fold && inner && !after_space && self.column > self.rules.width {
                    self.write_indent();
                    if next == Some(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(' ');
                }
                after_space = true;
            } else {
                self.put(character);
                after_space = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.indentation = false;
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\0' => '0',
            '\x07' => 'a',
            '\x08' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\x0b' => 'v',
            '\x0c' => 'f',
            '\r' => 'r',
            '\x1b' => 'e',
            '"' => '"',
            '\\' => '\\',
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let escaped = match u32::from(character) {
                    code @ ..=0xff => format!("\\x{code:02X}"),
                    code @ ..=0xffff => format!("\\u{code:04X}"),
                    code => format!("\\U{code:08X}"),
                };
                escaped.chars().for_each(|character| self.put(character));
                return;
            }
        };
        self.put('\\');
        self.put(short);
    }

    /// Writes `|` and the lines of the text; a comment stands behind the header.
    pub(super) fn literal(&mut self, text: &str, comment: Option<&str>) {
        self.indicator("|", true, false, false);
        if text.starts_with(|first| first == ' ' || is_break(first)) {
            let hint = self.rules.indent.to_string();
            self.indicator(&hint, false, false, false);
        }
        let mut ends = text.chars().rev();
        match (ends.next().is_some_and(is_break), ends.next()) {
            (false, _) => self.indicator("-", false, false, false),
            (true, None) => self.indicator("+", false, false, false),
            (true, Some(before)) if is_break(before) => self.indicator("+", false, false, false),
            (true, Some(_)) => {}
        }
        match comment {
            Some(comment) => self.line_comment(comment),
            None => self.put_break(),
        }
        self.indentation = true;
        self.whitespace = true;
        let mut after_break = true;
        for character in text.chars() {
            if is_break(character) {
                self.write_break(character);
                after_break = true;
            } else {
                if after_break {
                    self.write_indent();
                }
                self.put(character);
                self.indentation = false;
                after_break = false;
            }
        }
    }
}
