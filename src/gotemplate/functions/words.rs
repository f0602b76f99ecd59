//! Words in identifiers: `FirstName`, `first_name`, `first-name`, with the habits of xstrings 1.5.

use super::casing::{is_letter, is_punctuation, lower, upper};
use crate::gotemplate::rune::runes;

fn is_connector(character: char) -> bool {
    matches!(character, '-' | '_') || character.is_whitespace()
}

/// Joins words without connectors, each with a capital. Connectors at the start stay, and so do repeated ones
/// but the last.
pub(super) fn pascal_case(text: &[u8]) -> String {
    let characters: Vec<char> = runes(text).map(|(character, _)| character).collect();
    let start = characters.iter().position(|character| !is_connector(*character)).unwrap_or(characters.len());
    let (connectors, words) = characters.split_at(start);
    let mut output: String = connectors.iter().collect();
    let Some((first, rest)) = words.split_first() else {
        // Nothing but connectors: the last one comes twice.
        output.extend(connectors.last());
        return output;
    };
    let mut in_capitals = first.is_uppercase();
    let mut previous = upper(*first);
    for &next in rest {
        let mut current = next;
        if is_connector(current) && is_connector(previous) {
            output.push(previous);
            continue;
        }
        if is_connector(previous) {
            in_capitals = current.is_uppercase();
            current = upper(current);
        } else {
            if in_capitals && current.is_uppercase() {
                current = lower(current);
            } else {
                in_capitals = false;
            }
            output.push(previous);
        }
        previous = current;
    }
    output.push(previous);
    output
}

/// What a stretch of characters is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    End,
    Number,
    UpperCase,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// A stretch of one kind. `Name` and `HTTP` both are upper case.
#[derive(Clone, Copy)]
struct Stretch<'a> {
    kind: Kind,
    text: &'a [char],
}

/// The stretches that are left.
struct Stretches<'a>(&'a [char]);

impl<'a> Stretches<'a> {
    fn next(&mut self) -> Stretch<'a> {
        let Some(first) = self.0.first() else { return Stretch { kind: Kind::End, text: &[] } };
        let (kind, length) = match *first {
            first if is_connector(first) => (Kind::Connector, self.run(is_connector)),
            first if is_punctuation(first) => (Kind::Punctuation, self.run(is_punctuation)),
            first if first.is_uppercase() => (Kind::UpperCase, self.upper_case_length()),
            first if is_letter(first) => (Kind::Letters, self.run(is_small)),
            first if first.is_numeric() => (Kind::Number, self.run(char::is_numeric)),
            _ => (Kind::Other, self.run(is_other)),
        };
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        Stretch { kind, text }
    }

    fn run(&self, is_part: fn(char) -> bool) -> usize {
        1 + self.0[1..].iter().take_while(|character| is_part(**character)).count()
    }

    /// `HTTPStatus` is `HTTP` and `Status`, so the last capital before small letters is left.
    fn upper_case_length(&self) -> usize {
        let capitals = self.run(char::is_uppercase);
        match self.0.get(capitals) {
            Some(next) if capitals > 1 && is_letter(*next) => capitals - 1,
            Some(next) if capitals == 1 && is_small(*next) => {
                1 + self.0[1..].iter().take_while(|character| is_small(**character)).count()
            }
            _ => capitals,
        }
    }
}

fn is_small(character: char) -> bool {
    is_letter(character) && !character.is_uppercase()
}

fn is_other(character: char) -> bool {
    !is_connector(character) && !is_letter(character) && !character.is_numeric() && !is_punctuation(character)
}

/// Splits at changes of case and at connectors, and joins the words in lower case. Numbers stick to the word
/// before them where another word follows.
pub(super) fn joined_in_lower_case(text: &[u8], connector: char) -> String {
    let characters: Vec<char> = runes(text).map(|(character, _)| character).collect();
    let mut joiner = Joiner { stretches: Stretches(&characters), connector, output: String::new() };
    joiner.run();
    joiner.output
}

struct Joiner<'a> {
    stretches: Stretches<'a>,
    connector: char,
    output: String,
}

impl<'a> Joiner<'a> {
    fn run(&mut self) {
        let mut current = self.stretches.next();
        while !self.stretches.0.is_empty() {
            if current.kind != Kind::Connector {
                self.write(current);
            }
            let next = self.stretches.next();
            current = match current.kind {
                Kind::Number => self.after_number(next),
                Kind::Connector => {
                    self.write(current);
                    next
                }
                Kind::Punctuation => next,
                Kind::End | Kind::UpperCase | Kind::Letters | Kind::Other => self.after_word(next),
            };
        }
        self.write(current);
    }

    fn after_number(&mut self, next: Stretch<'a>) -> Stretch<'a> {
        let next = self.write_small_letters_and_numbers(next);
        self.connect(next.kind, next.kind != Kind::End);
        next
    }

    fn after_word(&mut self, next: Stretch<'a>) -> Stretch<'a> {
        if next.kind != Kind::Number {
            self.connect(next.kind, true);
            return next;
        }
        if self.stretches.0.is_empty() {
            return next;
        }
        let after = self.stretches.next();
        if after.kind != Kind::Letters {
            self.write(next);
            self.connect(after.kind, true);
            return after;
        }
        self.output.push(self.connector);
        self.write(next);
        let after = self.write_small_letters_and_numbers(after);
        self.connect(after.kind, after.kind != Kind::End);
        after
    }

    fn write_small_letters_and_numbers(&mut self, mut next: Stretch<'a>) -> Stretch<'a> {
        while matches!(next.kind, Kind::Letters | Kind::Number) {
            self.write(next);
            next = self.stretches.next();
        }
        next
    }

    /// Connects to what follows, unless that is a connector itself or punctuation.
    fn connect(&mut self, next: Kind, goes_on: bool) {
        if goes_on && !matches!(next, Kind::Connector | Kind::Punctuation) {
            self.output.push(self.connector);
        }
    }

    fn write(&mut self, stretch: Stretch<'_>) {
        for &character in stretch.text {
            self.output.push(match stretch.kind {
                Kind::Connector => self.connector,
                Kind::UpperCase => lower(character),
                _ => character,
            });
        }
    }
}
