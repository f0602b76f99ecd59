//! Letters: upper and lower case, titles, initials, and the word styles of programmers.

use std::sync::LazyLock;

use regex::Regex;

use crate::gotemplate::rune::runes;
use crate::gotemplate::{Functions, GoString};

pub(super) fn add(functions: &mut Functions) {
    functions.add("upper", |text: GoString| mapped(&text, upper));
    functions.add("lower", |text: GoString| mapped(&text, lower));
    functions.add("title", |text: GoString| title(&text));
    functions.add("untitle", |text: GoString| untitle(&text));
    functions.add("swapcase", |text: GoString| swapped(&text));
    functions.add("nospace", |text: GoString| without_space(&text));
    functions.add("initials", |text: GoString| initials(&text));
    functions.add("snakecase", |text: GoString| super::words::joined_in_lower_case(&text, '_'));
    functions.add("kebabcase", |text: GoString| super::words::joined_in_lower_case(&text, '-'));
    functions.add("camelcase", |text: GoString| super::words::pascal_case(&text));
}

/// Go maps letter by letter; a letter whose capital is two stays.
pub(super) fn upper(letter: char) -> char {
    let mut mapped = letter.to_uppercase();
    if mapped.len() == 1 { mapped.next().unwrap_or(letter) } else { letter }
}

pub(super) fn lower(letter: char) -> char {
    // The dotted capital I is the only letter whose small form is two; Go's is the plain one.
    letter.to_lowercase().next().unwrap_or(letter)
}

fn mapped(text: &[u8], map: fn(char) -> char) -> String {
    runes(text).map(|(letter, _)| map(letter)).collect()
}

static LETTER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\A\pL\z").expect("the pattern is valid"));
static DIGIT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\A\p{Nd}\z").expect("the pattern is valid"));
static PUNCTUATION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\A\pP\z").expect("the pattern is valid"));

fn is_one_of(class: &Regex, character: char) -> bool {
    class.is_match(character.encode_utf8(&mut [0; 4]))
}

/// Tells whether the character is of the category letter.
pub(super) fn is_letter(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_alphabetic() } else { is_one_of(&LETTER, character) }
}

/// Tells whether the character is of the category punctuation.
pub(super) fn is_punctuation(character: char) -> bool {
    is_one_of(&PUNCTUATION, character)
}

/// Capitalises the first letter of each word, as `strings.Title` sees words: underscores belong to them, an
/// apostrophe ends them.
fn title(text: &[u8]) -> String {
    let mut previous = ' ';
    let titled = runes(text).map(|(letter, _)| {
        let after = std::mem::replace(&mut previous, letter);
        if separates(after) { upper(letter) } else { letter }
    });
    titled.collect()
}

fn separates(character: char) -> bool {
    match character {
        '_' => false,
        _ if character.is_ascii() => !character.is_ascii_alphanumeric(),
        _ if is_letter(character) || is_one_of(&DIGIT, character) => false,
        _ => character.is_whitespace(),
    }
}

/// Makes the first letter of each word between spaces small.
fn untitle(text: &[u8]) -> String {
    let mut first = true;
    let untitled = runes(text).map(|(letter, _)| {
        let at_start = std::mem::replace(&mut first, letter.is_whitespace());
        if at_start { lower(letter) } else { letter }
    });
    untitled.collect()
}

/// Swaps cases; a word's first small letter becomes its capital.
fn swapped(text: &[u8]) -> String {
    runes(text).map(|(letter, _)| if letter.is_uppercase() { lower(letter) } else { upper(letter) }).collect()
}

/// Goutils goes through bytes and takes each for a character, so that text beyond ASCII is spelt out in Latin-1,
/// unless there was nothing to take away.
fn without_space(text: &GoString) -> GoString {
    let is_space = |byte: &u8| char::from(*byte).is_whitespace();
    if text.iter().any(is_space) {
        let kept: String = text.iter().filter(|byte| !is_space(byte)).map(|byte| char::from(*byte)).collect();
        kept.into()
    } else {
        text.clone()
    }
}

/// Takes the first byte of each word, again as Latin-1.
fn initials(text: &[u8]) -> String {
    let mut after_gap = true;
    let first = text.iter().map(|byte| char::from(*byte)).filter(|character| {
        let gap = character.is_whitespace();
        std::mem::replace(&mut after_gap, gap) && !gap
    });
    first.collect()
}
