//! RE2's syntax put into that of the crate `regex`, which has the same automata, but reads classes by Unicode,
//! takes no `\Q…\E`, stacks repetitions and knows set operations.

use std::fmt::Write;

use super::class::{perl_class, read_class, unicode_class};
use super::error::{Code, SyntaxError};

/// The most often that something may be repeated.
const MOST_REPEATS: u32 = 1000;

/// A pattern for the crate `regex`, and the names of its groups.
pub(super) struct Translation {
    pub(super) pattern: String,
    pub(super) groups: Vec<Option<String>>,
}

/// Writes the pattern for the crate `regex`, or says what is wrong with it.
pub(super) fn translate(pattern: &str) -> Result<Translation, SyntaxError> {
    let mut translator = Translator {
        pattern,
        rest: pattern,
        output: String::with_capacity(pattern.len() + 16),
        repeatable: false,
        open: 0,
        groups: vec![None],
    };
    translator.run()?;
    Ok(Translation { pattern: translator.output, groups: translator.groups })
}

struct Translator<'a> {
    pattern: &'a str,
    rest: &'a str,
    output: String,
    /// Whether something stands before, that a repetition can repeat.
    repeatable: bool,
    /// How many groups are open.
    open: usize,
    groups: Vec<Option<String>>,
}

impl<'a> Translator<'a> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        let mut last_repetition = None;
        while let Some(next) = self.rest.chars().next() {
            let before = self.rest;
            let mut repetition = None;
            match next {
                '(' => self.open_group()?,
                ')' => self.close_group()?,
                '|' => self.emit_raw(1, false),
                '^' | '$' | '.' => self.emit_raw(1, true),
                '[' => self.class()?,
                '\\' => self.escape()?,
                '*' | '+' | '?' => {
                    self.repeat(before, 1, last_repetition)?;
                    repetition = Some(before);
                }
                '{' => match counts(self.rest) {
                    Some((least, most, length)) => {
                        check_counts(least, most, &before[..length])?;
                        self.repeat(before, length, last_repetition)?;
                        repetition = Some(before);
                    }
                    None => self.literal(next),
                },
                _ => self.literal(next),
            }
            last_repetition = repetition;
        }
        if self.open == 0 { Ok(()) } else { Err(SyntaxError::new(Code::MissingParenthesis, self.pattern)) }
    }

    /// Passes on so many characters that mean the same in both syntaxes.
    fn emit_raw(&mut self, length: usize, repeatable: bool) {
        let (text, rest) = self.rest.split_at(length);
        self.output.push_str(text);
        self.rest = rest;
        self.repeatable = repeatable;
    }

    fn literal(&mut self, character: char) {
        self.rest = &self.rest[character.len_utf8()..];
        self.emit_literal(character);
    }

    fn emit_literal(&mut self, character: char) {
        push_literal(&mut self.output, character);
        self.repeatable = true;
    }

    fn repeat(&mut self, before: &str, length: usize, last: Option<&str>) -> Result<(), SyntaxError> {
        let lazy = self.rest[length..].starts_with('?');
        let length = length + usize::from(lazy);
        let after = &before[length..];
        if let Some(last) = last {
            return Err(SyntaxError::new(Code::NestedRepetition, &last[..last.len() - after.len()]));
        }
        if !self.repeatable {
            return Err(SyntaxError::new(Code::MissingArgument, &before[..length]));
        }
        self.emit_raw(length, true);
        Ok(())
    }

    fn open_group(&mut self) -> Result<(), SyntaxError> {
        if !self.rest.starts_with("(?") {
            self.emit_raw(1, false);
            self.capture(None);
            return Ok(());
        }
        for prefix in ["(?P<", "(?<"] {
            if let Some(after) = self.rest.strip_prefix(prefix) {
                return self.open_named(prefix, after);
            }
        }
        self.flags()
    }

    fn capture(&mut self, name: Option<&'a str>) {
        self.open += 1;
        self.repeatable = false;
        self.groups.push(name.map(str::to_owned));
    }

    fn open_named(&mut self, prefix: &str, after: &'a str) -> Result<(), SyntaxError> {
        let end = after.find('>').ok_or_else(|| SyntaxError::new(Code::NamedCapture, self.rest))?;
        let name = &after[..end];
        let whole = &self.rest[..=prefix.len() + end];
        let is_word = |character: char| character == '_' || character.is_ascii_alphanumeric();
        if name.is_empty() || !name.chars().all(is_word) {
            return Err(SyntaxError::new(Code::NamedCapture, whole));
        }
        // RE2 takes any word for a name, and the same one twice, so names are kept aside.
        self.rest = &self.rest[whole.len()..];
        self.output.push('(');
        self.capture(Some(name));
        Ok(())
    }

    /// Reads `(?flags)` or `(?flags:`.
    fn flags(&mut self) -> Result<(), SyntaxError> {
        let (mut negated, mut given) = (false, false);
        for (index, flag) in self.rest.char_indices().skip(2) {
            let length = index + flag.len_utf8();
            let wrong = || SyntaxError::new(Code::PerlSyntax, &self.rest[..length]);
            match flag {
                'i' | 'm' | 's' | 'U' => given = true,
                '-' if negated => return Err(wrong()),
                '-' => (negated, given) = (true, false),
                ':' | ')' if negated && !given => return Err(wrong()),
                ':' => {
                    self.open += 1;
                    self.emit_raw(length, false);
                    return Ok(());
                }
                ')' => {
                    let repeatable = self.repeatable;
                    // `(?)` sets nothing, and the crate does not take it.
                    if length == 3 {
                        self.rest = &self.rest[length..];
                    } else {
                        self.emit_raw(length, repeatable);
                    }
                    return Ok(());
                }
                _ => return Err(wrong()),
            }
        }
        Err(SyntaxError::new(Code::PerlSyntax, self.rest))
    }

    fn close_group(&mut self) -> Result<(), SyntaxError> {
        if self.open == 0 {
            return Err(SyntaxError::new(Code::UnexpectedParenthesis, self.pattern));
        }
        self.open -= 1;
        self.emit_raw(1, true);
        Ok(())
    }

    fn class(&mut self) -> Result<(), SyntaxError> {
        let (text, rest) = read_class(self.rest)?;
        self.output.push_str(&text);
        self.rest = rest;
        self.repeatable = true;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        let mut characters = self.rest[1..].chars();
        let Some(escaped) = characters.next() else {
            return Err(SyntaxError::new(Code::TrailingBackslash, ""));
        };
        let two = 1 + escaped.len_utf8();
        match escaped {
            'A' | 'z' => self.emit_raw(two, true),
            'b' | 'B' => {
                // Words are ASCII's.
                self.output.push_str(if escaped == 'b' { r"(?-u:\b)" } else { r"(?-u:\B)" });
                self.rest = &self.rest[two..];
                self.repeatable = true;
            }
            'Q' => self.quoted(),
            'p' | 'P' => {
                let (text, rest) = unicode_class(self.rest)?;
                self.output.push_str(&text);
                self.rest = rest;
                self.repeatable = true;
            }
            _ => {
                if let Some(class) = perl_class(escaped) {
                    let negation = if escaped.is_ascii_uppercase() { "^" } else { "" };
                    self.output.extend(["[", negation, class, "]"]);
                    self.rest = &self.rest[two..];
                    self.repeatable = true;
                } else {
                    let (character, rest) = read_escape(self.rest)?;
                    self.rest = rest;
                    self.emit_literal(character);
                }
            }
        }
        Ok(())
    }

    /// `\Q…\E` is literal, to the end where there is no `\E`.
    fn quoted(&mut self) {
        let after = &self.rest[2..];
        let (text, rest) = after.split_once("\\E").unwrap_or((after, ""));
        text.chars().for_each(|character| self.emit_literal(character));
        self.rest = rest;
    }
}

/// Writes a character so that it means nothing but itself.
pub(super) fn push_literal(output: &mut String, character: char) {
    if character.is_alphanumeric() || character == '_' {
        output.push(character);
    } else {
        let written = write!(output, "\\x{{{:x}}}", u32::from(character));
        debug_assert!(written.is_ok(), "a String takes every write");
    }
}

/// Reads `{2}`, `{2,}` or `{2,3}` and its length; anything else is no repetition.
fn counts(text: &str) -> Option<(u32, Option<u32>, usize)> {
    let end = text.find('}')?;
    let inner = &text[1..end];
    let (least, most) = inner.split_once(',').map_or((inner, Some(inner)), |(least, most)| {
        (least, if most.is_empty() { None } else { Some(most) })
    });
    let most = match most {
        Some(most) => Some(count(most)?),
        None => None,
    };
    Some((count(least)?, most, end + 1))
}

/// Reads a number without leading zeros; one that is too large stays too large.
fn count(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0');
    (plain && !padded).then(|| digits.parse().unwrap_or(u32::MAX))
}

fn check_counts(least: u32, most: Option<u32>, text: &str) -> Result<(), SyntaxError> {
    let wrong = least > MOST_REPEATS || most.is_some_and(|most| most > MOST_REPEATS || least > most);
    if wrong { Err(SyntaxError::new(Code::RepeatCount, text)) } else { Ok(()) }
}

/// Reads an escape that stands for one character.
pub(super) fn read_escape(text: &str) -> Result<(char, &str), SyntaxError> {
    let after = &text[1..];
    let Some(escaped) = after.chars().next() else {
        return Err(SyntaxError::new(Code::TrailingBackslash, ""));
    };
    let rest = &after[escaped.len_utf8()..];
    let invalid = |rest: &str| SyntaxError::new(Code::Escape, &text[..text.len() - rest.len()]);
    let character = match escaped {
        // A single digit would be a back reference.
        '1'..='7' if !rest.starts_with(|next| matches!(next, '0'..='7')) => return Err(invalid(rest)),
        '0'..='7' => {
            let length = 1 + rest.bytes().take(2).take_while(|digit| matches!(digit, b'0'..=b'7')).count();
            let number = u32::from_str_radix(&after[..length], 8).ok().and_then(char::from_u32);
            return number.map(|character| (character, &after[length..])).ok_or_else(|| invalid(rest));
        }
        'x' => {
            let read = rest.chars().take(2).map(char::len_utf8).sum();
            return read_hexadecimal(rest).ok_or_else(|| invalid(&rest[read..]));
        }
        'a' => '\u{7}',
        'f' => '\u{C}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{B}',
        _ if escaped.is_ascii() && !escaped.is_ascii_alphanumeric() => escaped,
        _ => return Err(invalid(rest)),
    };
    Ok((character, rest))
}

/// Reads `41` or `{41}` behind `\x`.
fn read_hexadecimal(text: &str) -> Option<(char, &str)> {
    let (digits, rest) = match text.strip_prefix('{') {
        Some(braced) => braced.split_once('}')?,
        None => text.split_at_checked(2)?,
    };
    let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = if plain { u32::from_str_radix(digits, 16).ok()? } else { return None };
    char::from_u32(number).map(|character| (character, rest))
}
