//! Breaking and shortening text, as goutils does. Widths count bytes.

use super::strings::find;
use crate::gotemplate::{Functions, GoString};

pub(super) fn add(functions: &mut Functions) {
    functions.add("wrap", |width: isize, text: GoString| wrap(&text, width, b"\n", false));
    functions.add("wrapWith", |width: isize, separator: GoString, text: GoString| {
        let separator = if separator.is_empty() { b"\n".as_slice() } else { &separator };
        wrap(&text, width, separator, true)
    });
    functions.add(
        "abbrev",
        |width: isize, text: GoString| {
            if width < 4 { text } else { abbreviated(&text, 0, width.unsigned_abs()) }
        },
    );
    functions.add("abbrevboth", |left: isize, right: isize, text: GoString| {
        if right < 4 || (left > 0 && right < 7) {
            return text;
        }
        abbreviated(&text, usize::try_from(left).unwrap_or(0), right.unsigned_abs())
    });
}

/// Breaks lines at spaces; a longer word is cut where `cuts_words`, else it stands out.
fn wrap(text: &[u8], width: isize, separator: &[u8], cuts_words: bool) -> GoString {
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let mut output = Vec::new();
    let mut rest = text;
    while rest.len() > width {
        if rest[0] == b' ' {
            rest = &rest[1..];
            continue;
        }
        let space = rest[..=width].iter().rposition(|byte| *byte == b' ');
        let (line, after) = match space {
            Some(space) => (space, space + 1),
            None if cuts_words => (width, width),
            None => match find(&rest[width..], b" ") {
                Some(space) => (width + space, width + space + 1),
                None => break,
            },
        };
        output.extend_from_slice(&rest[..line]);
        output.extend_from_slice(separator);
        rest = &rest[after..];
    }
    output.extend_from_slice(rest);
    output.into()
}

/// Shortens with dots to `width`, from `offset` on; offsets up to four are the beginning.
fn abbreviated(text: &GoString, offset: usize, width: usize) -> GoString {
    const DOTS: &[u8] = b"...";
    if text.len() <= width {
        return text.clone();
    }
    let kept = width - DOTS.len();
    let offset = offset.min(text.len());
    let offset = if text.len() - offset < kept { text.len() - kept } else { offset };
    if offset <= 4 {
        return [&text[..kept], DOTS].concat().into();
    }
    // Goutils refuses so little room behind an offset, and Sprig drops the error.
    if width < 7 {
        return GoString::default();
    }
    if offset + kept < text.len() {
        return [DOTS, &*abbreviated(&text[offset..].into(), 0, kept)].concat().into();
    }
    [DOTS, &text[text.len() - kept..]].concat().into()
}
