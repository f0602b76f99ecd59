//! A compiled pattern, and Go's loops over a text: an empty match right behind another match does not count.

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::error::{Code, SyntaxError};
use super::syntax::translate;
use crate::gotemplate::GoString;
use crate::gotemplate::rune::decode;

/// How large a compiled pattern may be; RE2's own limit is on counts, not on memory.
const LARGEST: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct Pattern {
    regex: Regex,
    is_empty: bool,
    /// The groups' names.
    groups: Vec<Option<String>>,
}

impl Pattern {
    pub(super) fn new(text: &GoString) -> Result<Self, SyntaxError> {
        let valid = text.as_text().ok_or_else(|| SyntaxError::new(Code::Utf8, text.to_text()))?;
        let translated = translate(valid)?;
        let regex = RegexBuilder::new(&translated.pattern).size_limit(LARGEST).build();
        let regex = regex.map_err(|_| SyntaxError::new(Code::TooLarge, valid))?;
        Ok(Self { regex, is_empty: valid.is_empty(), groups: translated.groups })
    }

    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }

    /// Returns the first match, or "".
    pub(super) fn find(&self, text: &[u8]) -> GoString {
        self.regex.find(text).map_or_else(GoString::default, |found| found.as_bytes().into())
    }

    /// Returns at most `limit` matches; a negative limit means all.
    pub(super) fn find_all(&self, text: &[u8], limit: isize) -> Vec<GoString> {
        self.ranges(text, limit).into_iter().map(|(start, end)| text[start..end].into()).collect()
    }

    /// Returns what is between matches, at most `limit` parts.
    pub(super) fn split(&self, text: &[u8], limit: isize) -> Vec<GoString> {
        if text.is_empty() && !self.is_empty {
            return vec![GoString::default()];
        }
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut parts: Vec<GoString> = Vec::new();
        let (mut start, mut end) = (0, 0);
        for (match_start, match_end) in self.ranges(text, limit) {
            if parts.len() + 1 == most {
                break;
            }
            end = match_start;
            if match_end != 0 {
                parts.push(text[start..end].into());
            }
            start = match_end;
        }
        if end != text.len() {
            parts.push(text[start..].into());
        }
        parts
    }

    fn ranges(&self, text: &[u8], limit: isize) -> Vec<(usize, usize)> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut ranges = Vec::new();
        let mut at = 0;
        let mut previous_end = None;
        while ranges.len() < most && at <= text.len() {
            let Some(found) = self.regex.find_at(text, at) else { break };
            let accepted = found.end() != at || Some(found.start()) != previous_end;
            at = if found.end() == at { after_character(text, at) } else { found.end() };
            previous_end = Some(found.end());
            if accepted {
                ranges.push((found.start(), found.end()));
            }
        }
        ranges
    }

    /// Replaces matches; `$1` and `${name}` in the replacement stand for groups.
    pub(super) fn replace_all(&self, text: &[u8], replacement: &[u8]) -> GoString {
        self.replace(text, |captures, output| self.expand(replacement, captures, output))
    }

    /// Replaces matches with the text as it is.
    pub(super) fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> GoString {
        self.replace(text, |_, output| output.extend_from_slice(replacement))
    }

    fn replace(&self, text: &[u8], write: impl Fn(&Captures<'_>, &mut Vec<u8>)) -> GoString {
        let mut output = Vec::new();
        let (mut last_end, mut at) = (0, 0);
        while at <= text.len() {
            let Some(captures) = self.regex.captures_at(text, at) else { break };
            let Some(whole) = captures.get(0) else { break };
            output.extend_from_slice(&text[last_end..whole.start()]);
            if whole.end() > last_end || whole.start() == 0 {
                write(&captures, &mut output);
            }
            last_end = whole.end();
            at = after_character(text, at).max(whole.end());
        }
        output.extend_from_slice(&text[last_end..]);
        output.into()
    }

    fn expand(&self, template: &[u8], captures: &Captures<'_>, output: &mut Vec<u8>) {
        let mut rest = template;
        while let Some(dollar) = rest.iter().position(|byte| *byte == b'$') {
            output.extend_from_slice(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(after) = rest.strip_prefix(b"$") {
                output.push(b'$');
                rest = after;
                continue;
            }
            match reference(rest) {
                Some((name, after)) => {
                    if let Some(group) = self.group(name, captures) {
                        output.extend_from_slice(group);
                    }
                    rest = after;
                }
                None => output.push(b'$'),
            }
        }
        output.extend_from_slice(rest);
    }

    fn group<'t>(&self, name: &str, captures: &Captures<'t>) -> Option<&'t [u8]> {
        let padded = name.len() > 1 && name.starts_with('0');
        let number = name.bytes().all(|byte| byte.is_ascii_digit()) && !padded;
        if number {
            return captures.get(name.parse().ok()?).map(|found| found.as_bytes());
        }
        // Of groups with the same name, the first that took part.
        let named = self.groups.iter().enumerate().filter(|(_, group)| group.as_deref() == Some(name));
        named.filter_map(|(index, _)| captures.get(index)).map(|found| found.as_bytes()).next()
    }
}

/// Reads `name` or `{name}` behind a dollar sign.
fn reference(text: &[u8]) -> Option<(&str, &[u8])> {
    let braced = text.strip_prefix(b"{");
    let start = braced.unwrap_or(text);
    let valid = match std::str::from_utf8(start) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
    };
    let is_part = |character: char| character == '_' || character.is_alphanumeric();
    let length = valid.find(|character| !is_part(character)).unwrap_or(valid.len());
    let (name, after) = (&valid[..length], &start[length..]);
    if name.is_empty() {
        return None;
    }
    match braced {
        Some(_) => after.strip_prefix(b"}").map(|after| (name, after)),
        None => Some((name, after)),
    }
}

/// Returns where the next character begins; behind the end, one further.
fn after_character(text: &[u8], at: usize) -> usize {
    at + decode(&text[at..]).map_or(1, |(_, width)| width)
}
