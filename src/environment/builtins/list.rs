//! `fn::join`, `fn::split`, `fn::concat`.

use super::{Marks, shared};
use crate::environment::evaluator::{Scope, text_or_unknown};
use crate::environment::schema::Schema;
use crate::environment::term::{Shared, Term};
use crate::esc::Expression;

impl<'d> Scope<'d, '_, '_> {
    pub(super) fn join(
        &mut self,
        expression: &'d Expression,
        delimiter: &'d Expression,
        values: &'d Expression,
    ) -> Shared {
        let text = Schema::kind("string");
        let (delimiter, delimiter_fits) = self.evaluate_typed(delimiter, &text);
        let (values, values_fit) = self.evaluate_typed(values, &Schema::array_of(text));
        if !delimiter_fits || !values_fit {
            return shared(text_or_unknown(Vec::new(), true, &expression.place));
        }
        let marks = Marks::of(&[&delimiter, &values]);
        let mut joined = Vec::new();
        if let (false, Some(delimiter), Some(items)) = (marks.unknown, delimiter.as_text(), values.as_list())
        {
            let texts: Vec<&[u8]> =
                items.iter().filter_map(|item| item.as_text()).map(|text| &**text).collect();
            joined = texts.join(&**delimiter);
        }
        shared(text_or_unknown(joined, marks.unknown, &expression.place).with_secret(marks.secret))
    }

    pub(super) fn split(
        &mut self,
        expression: &'d Expression,
        delimiter: &'d Expression,
        text: &'d Expression,
    ) -> Shared {
        let string = Schema::kind("string");
        let (delimiter, delimiter_fits) = self.evaluate_typed(delimiter, &string);
        let (text, text_fits) = self.evaluate_typed(text, &string);
        let list = Schema::array_of(string);
        if !delimiter_fits || !text_fits {
            return shared(Term::unknown(list, &expression.place));
        }
        let marks = Marks::of(&[&delimiter, &text]);
        let (false, Some(delimiter), Some(text)) = (marks.unknown, delimiter.as_text(), text.as_text())
        else {
            return shared(Term::unknown(list, &expression.place).with_secret(marks.secret));
        };
        let secret_parts = marks.secret && self.session.options().stricter;
        let part = |part: &[u8]| shared(Term::text(part, &expression.place).with_secret(secret_parts));
        let parts = split(text, delimiter).into_iter().map(part).collect();
        shared(Term::list(parts, &expression.place).with_secret(marks.secret))
    }

    pub(super) fn concat(&mut self, expression: &'d Expression, lists: &'d Expression) -> Shared {
        let list = Schema::array_of(Schema::always());
        let (lists, fit) = self.evaluate_typed(lists, &Schema::array_of(list.clone()));
        if !fit {
            return shared(Term::unknown(list, &expression.place));
        }
        let marks = Marks::of(&[&lists]);
        if marks.unknown {
            return shared(Term::unknown(list, &expression.place).with_secret(marks.secret));
        }
        let lists = lists.as_list().into_iter().flat_map(|lists| lists.iter());
        let items = lists.filter_map(|list| list.as_list()).flat_map(|items| items.iter().cloned()).collect();
        shared(Term::list(items, &expression.place).with_secret(marks.secret))
    }
}

/// Splits at each delimiter; an empty one splits into characters.
fn split<'t>(text: &'t [u8], delimiter: &[u8]) -> Vec<&'t [u8]> {
    if delimiter.is_empty() {
        return characters(text);
    }
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while at + delimiter.len() <= text.len() {
        if text[at..].starts_with(delimiter) {
            parts.push(&text[start..at]);
            at += delimiter.len();
            start = at;
        } else {
            at += 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Bytes that are no UTF-8 count as characters.
fn characters(text: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    for chunk in text.utf8_chunks() {
        parts.extend(chunk.valid().split("").filter(|part| !part.is_empty()).map(str::as_bytes));
        parts.extend(chunk.invalid().chunks(1));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_split_at_delimiters_and_into_characters() {
        assert_eq!(split(b"a::b:", b"::"), [&b"a"[..], b"b:"]);
        assert_eq!(split(b"", b","), [b""]);
        assert_eq!(split("é漢\u{fffd}".as_bytes(), b"").len(), 3);
        assert_eq!(split(b"a\xff", b""), [&b"a"[..], b"\xff"]);
        assert!(split(b"", b"").is_empty());
    }
}
