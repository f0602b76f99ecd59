//! Character classes.

use regex::Regex;

use super::error::{Code, SyntaxError};
use super::syntax::{push_literal, read_escape};

/// Returns what is in `\d`, `\s`, `\w` and their negations; Perl's classes are ASCII's in RE2.
pub(super) fn perl_class(letter: char) -> Option<&'static str> {
    Some(match letter {
        'd' | 'D' => "0-9",
        's' | 'S' => r"\t\n\f\r\x20",
        'w' | 'W' => "0-9A-Za-z_",
        _ => return None,
    })
}

/// Reads `\pN`, `\p{Greek}` or `\p{^Greek}`; returns it as it is written for the crate.
pub(super) fn unicode_class(text: &str) -> Result<(String, &str), SyntaxError> {
    let range = |part: &str| SyntaxError::new(Code::ClassRange, part);
    let after = &text[2..];
    let (name, rest) = if let Some(braced) = after.strip_prefix('{') {
        braced.split_once('}').ok_or_else(|| range(text))?
    } else {
        let width = after.chars().next().map(char::len_utf8).ok_or_else(|| range(text))?;
        after.split_at(width)
    };
    let whole = &text[..text.len() - rest.len()];
    let (name, negated) = name.strip_prefix('^').map_or((name, false), |name| (name, true));
    let upper = text.as_bytes()[1] == b'P';
    let known = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let class = format!("\\{}{{{name}}}", if upper == negated { 'p' } else { 'P' });
    if !known || Regex::new(&class).is_err() {
        return Err(range(whole));
    }
    Ok((class, rest))
}

/// Reads `[…]`; returns it as it is written for the crate.
pub(super) fn read_class(text: &str) -> Result<(String, &str), SyntaxError> {
    let missing = || SyntaxError::new(Code::MissingBracket, text);
    let mut output = String::from("[");
    let mut rest = &text[1..];
    if let Some(after) = rest.strip_prefix('^') {
        output.push('^');
        rest = after;
    }
    let mut first = true;
    loop {
        if rest.is_empty() {
            return Err(missing());
        }
        if let Some(after) = rest.strip_prefix(']').filter(|_| !first) {
            output.push(']');
            return Ok((output, after));
        }
        first = false;
        rest = read_item(rest, &mut output, text)?;
    }
}

/// Reads a named class, an escaped class, a character or a range.
fn read_item<'a>(text: &'a str, output: &mut String, class: &str) -> Result<&'a str, SyntaxError> {
    if text.starts_with("[:")
        && let Some(end) = text.find(":]")
    {
        let (name, rest) = text.split_at(end + 2);
        if !is_posix_class(&name[2..end]) {
            return Err(SyntaxError::new(Code::ClassRange, name));
        }
        output.push_str(name);
        return Ok(rest);
    }
    let escaped = text.strip_prefix('\\').and_then(|after| after.chars().next());
    match escaped {
        Some('p' | 'P') => {
            let (class, rest) = unicode_class(text)?;
            output.push_str(&class);
            return Ok(rest);
        }
        Some(letter) if perl_class(letter).is_some() => {
            let negation = if letter.is_ascii_uppercase() { "^" } else { "" };
            output.extend(["[", negation, perl_class(letter).unwrap_or_default(), "]"]);
            return Ok(&text[2..]);
        }
        _ => {}
    }
    let (low, after_low) = read_character(text, class)?;
    let range = after_low.strip_prefix('-').filter(|after| !after.is_empty() && !after.starts_with(']'));
    let (high, rest) = match range {
        Some(after) => read_character(after, class)?,
        None => (low, after_low),
    };
    if high < low {
        return Err(SyntaxError::new(Code::ClassRange, &text[..text.len() - rest.len()]));
    }
    push_literal(output, low);
    if high != low {
        output.push('-');
        push_literal(output, high);
    }
    Ok(rest)
}

fn read_character<'a>(text: &'a str, class: &str) -> Result<(char, &'a str), SyntaxError> {
    match text.chars().next() {
        None => Err(SyntaxError::new(Code::MissingBracket, class)),
        Some('\\') => read_escape(text),
        Some(character) => Ok((character, &text[character.len_utf8()..])),
    }
}

fn is_posix_class(name: &str) -> bool {
    let names = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
        "upper", "word", "xdigit",
    ];
    names.contains(&name.strip_prefix('^').unwrap_or(name))
}
