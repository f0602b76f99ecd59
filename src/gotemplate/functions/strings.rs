//! Strings: trimming, cutting, searching, joining, quoting, indenting. Positions count bytes, as in Go.

use super::printing::{printed, text};
use crate::gotemplate::format::quote;
use crate::gotemplate::{FunctionError, Functions, GoString, List, Map, Rest, Value};

pub(super) fn add(functions: &mut Functions) {
    functions.add("hello", || "Hello!");
    functions.add("toString", |value: Value| text(&value));
    functions.add("toStrings", |value: Value| List::strings(texts(&value)));
    add_trimming(functions);
    add_searching(functions);
    add_splitting(functions);
    add_quoting(functions);
}

fn add_trimming(functions: &mut Functions) {
    functions.add("trim", |text: GoString| trim_space(&text));
    for name in ["trimAll", "trimall"] {
        functions.add(name, |cut: GoString, text: GoString| trim_all(&text, &cut));
    }
    functions.add("trimSuffix", |suffix: GoString, text: GoString| match text.strip_suffix(&*suffix) {
        Some(rest) => GoString::from(rest),
        None => text,
    });
    functions.add("trimPrefix", |prefix: GoString, text: GoString| match text.strip_prefix(&*prefix) {
        Some(rest) => GoString::from(rest),
        None => text,
    });
    functions.add("trunc", |count: isize, text: GoString| truncated(count, text));
    functions.add("substr", |start: isize, end: isize, text: GoString| substring(&text, start, end));
}

fn add_searching(functions: &mut Functions) {
    functions.add("contains", |part: GoString, text: GoString| find(&text, &part).is_some());
    functions.add("hasPrefix", |prefix: GoString, text: GoString| text.starts_with(&prefix));
    functions.add("hasSuffix", |suffix: GoString, text: GoString| text.ends_with(&suffix));
    functions.add("replace", |old: GoString, new: GoString, text: GoString| replaced(&text, &old, &new));
    functions
        .add("plural", |one: GoString, many: GoString, count: isize| if count == 1 { one } else { many });
}

fn add_splitting(functions: &mut Functions) {
    functions.add("split", |separator: GoString, text: GoString| numbered(split(&text, &separator, -1)));
    functions.add("splitn", |separator: GoString, count: isize, text: GoString| {
        numbered(split(&text, &separator, count))
    });
    functions
        .add("splitList", |separator: GoString, text: GoString| List::strings(split(&text, &separator, -1)));
    functions.add("join", |separator: GoString, value: Value| join(&separator, &texts(&value)));
    functions.add("sortAlpha", |value: Value| {
        let mut sorted = if value.is_nil() { vec![text(&value)] } else { texts(&value) };
        sorted.sort();
        List::strings(sorted)
    });
}

fn add_quoting(functions: &mut Functions) {
    functions.add("quote", |values: Rest<Value>| {
        let quoted = present(&values).map(|value| GoString::from(quote(&text(value))));
        join(b" ", &quoted.collect::<Vec<_>>())
    });
    functions.add("squote", |values: Rest<Value>| {
        let quoted = present(&values).map(|value| [b"'", &*printed(value), b"'"].concat().into());
        join(b" ", &quoted.collect::<Vec<_>>())
    });
    functions.add("cat", |values: Rest<Value>| {
        let words = present(&values).map(|value| GoString::from(printed(value)));
        join(b" ", &words.collect::<Vec<_>>())
    });
    functions.add("indent", |spaces: isize, text: GoString| indented(b"", spaces, &text));
    functions.add("nindent", |spaces: isize, text: GoString| indented(b"\n", spaces, &text));
    functions.add("repeat", |count: isize, text: GoString| repeated(&text, count));
}

fn present(values: &Rest<Value>) -> impl Iterator<Item = &Value> {
    values.0.iter().filter(|value| !value.is_nil())
}

/// Returns the texts of a list's items that are not nil; of anything else, its own.
pub(super) fn texts(value: &Value) -> Vec<GoString> {
    match value {
        Value::Invalid | Value::Nil => Vec::new(),
        Value::List(list) => list.iter().filter(|item| !item.is_nil()).map(text).collect(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| GoString::from(byte.to_string())).collect(),
        other => vec![text(other)],
    }
}

/// Joins texts.
pub(super) fn join(separator: &[u8], texts: &[GoString]) -> GoString {
    let parts: Vec<&[u8]> = texts.iter().map(|text| &**text).collect();
    parts.join(separator).into()
}

/// Takes Unicode white space off both ends.
fn trim_space(text: &GoString) -> GoString {
    match text.as_text() {
        Some(valid) => valid.trim().into(),
        None => text.trim_ascii().into(),
    }
}

/// Takes every character of `cut` off both ends.
fn trim_all(text: &GoString, cut: &GoString) -> GoString {
    if let (Some(valid), Some(cut)) = (text.as_text(), cut.as_text()) {
        return valid.trim_matches(|character| cut.contains(character)).into();
    }
    let kept = |byte: &u8| !cut.contains(byte);
    let Some(start) = text.iter().position(kept) else { return GoString::default() };
    let end = text.iter().rposition(kept).map_or(start, |last| last + 1);
    text[start..end].into()
}

/// Returns the first `count` bytes; with a negative count, the last ones.
fn truncated(count: isize, text: GoString) -> GoString {
    let length = count.unsigned_abs();
    match count {
        _ if length >= text.len() => text,
        ..0 => text[text.len() - length..].into(),
        0.. => text[..length].into(),
    }
}

/// Returns the bytes from `start` to `end`. A negative start is the beginning; an end that is negative or
/// behind the last byte is the end.
fn substring(text: &GoString, start: isize, end: isize) -> Result<GoString, FunctionError> {
    let length = text.len();
    let outside =
        |range: String| FunctionError::new(format!("runtime error: slice bounds out of range [{range}]"));
    let Ok(from) = usize::try_from(start) else {
        return match usize::try_from(end) {
            Err(_) => Err(outside(format!(":{end}"))),
            Ok(to) if to > length => Err(FunctionError::new(format!(
                "runtime error: slice bounds out of range [:{to}] with length {length}"
            ))),
            Ok(to) => Ok(text[..to].into()),
        };
    };
    let to = usize::try_from(end).ok().filter(|end| *end <= length).unwrap_or(length);
    text.get(from..to).map(GoString::from).ok_or_else(|| outside(format!("{from}:{to}")))
}

/// Returns where `part` begins.
pub(super) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() { Some(0) } else { text.windows(part.len()).position(|window| window == part) }
}

/// Replaces all; an empty `old` stands before every character and at the end.
fn replaced(text: &GoString, old: &GoString, new: &GoString) -> GoString {
    if old.is_empty() {
        let mut parts = vec![GoString::default()];
        parts.extend(split(text, old, -1));
        parts.push(GoString::default());
        return join(new, &parts);
    }
    join(new, &split(text, old, -1))
}

/// Splits as `strings.SplitN`: an empty separator splits between characters; `limit` 0 yields nothing, a
/// negative one all.
pub(super) fn split(text: &GoString, separator: &[u8], limit: isize) -> Vec<GoString> {
    if limit == 0 {
        return Vec::new();
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = &**text;
    while parts.len() + 1 < limit {
        let (part, after) = match separator {
            [] if rest.is_empty() => return parts,
            [] => {
                let width = first_character(rest);
                (&rest[..width], &rest[width..])
            }
            _ => match find(rest, separator) {
                Some(at) => (&rest[..at], &rest[at + separator.len()..]),
                None => break,
            },
        };
        parts.push(part.into());
        rest = after;
    }
    if !(separator.is_empty() && rest.is_empty()) {
        parts.push(rest.into());
    }
    parts
}

/// Returns the length of the first character; one byte where it is not UTF-8.
fn first_character(text: &[u8]) -> usize {
    let window = &text[..text.len().min(4)];
    match window.utf8_chunks().next() {
        Some(chunk) => chunk.valid().chars().next().map_or(1, char::len_utf8),
        None => 1,
    }
}

/// Returns `{_0: …, _1: …}`.
fn numbered(parts: Vec<GoString>) -> Map {
    Map::strings(parts.into_iter().enumerate().map(|(index, part)| (format!("_{index}"), part)))
}

fn indented(before: &[u8], spaces: isize, text: &GoString) -> Result<GoString, FunctionError> {
    let spaces = usize::try_from(spaces).map_err(|_| negative_count())?;
    let pad = vec![b' '; spaces];
    let mut output = Vec::with_capacity(text.len() + before.len() + spaces * 8);
    output.extend_from_slice(before);
    for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
        if index > 0 {
            output.push(b'\n');
        }
        output.extend_from_slice(&pad);
        output.extend_from_slice(line);
    }
    Ok(output.into())
}

fn repeated(text: &GoString, count: isize) -> Result<GoString, FunctionError> {
    let count = usize::try_from(count).map_err(|_| negative_count())?;
    match text.len().checked_mul(count) {
        Some(length) if isize::try_from(length).is_ok() => Ok(text.repeat(count).into()),
        _ => Err(FunctionError::new("strings: Repeat output length overflow")),
    }
}

fn negative_count() -> FunctionError {
    FunctionError::new("strings: negative Repeat count")
}
