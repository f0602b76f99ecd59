//! In which styles a text can be written.

/// The styles that can hold a text without changing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Analysis {
    pub(super) multiline: bool,
    pub(super) plain: bool,
    pub(super) single_quoted: bool,
    pub(super) block: bool,
}

pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

pub(super) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// Says whether go-yaml writes the character as it is: tabs and all beyond the basic plane are not.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && character != '\u{feff}'
}

/// Looks at a text's characters. `tab_is_printable` tells go-yaml v3 from v2: there tabs rule out only plain style.
pub(super) fn analyze(text: &str, tab_is_printable: bool) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, single_quoted: true, block: false };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut line_breaks, mut special, mut tabs) = (false, false, false);
    let (mut space_after_break, mut break_after_space) = (false, false);
    let mut previous = None;
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let space_follows = rest.peek().is_none_or(|&next| is_blank(next));
        indicators |= is_indicator(character, previous, space_follows);
        if character == '\t' && tab_is_printable {
            tabs = true;
        } else if !is_printable(character) {
            special = true;
        }
        line_breaks |= is_break(character);
        space_after_break |= character == ' ' && previous.is_some_and(is_break);
        break_after_space |= is_break(character) && previous == Some(' ');
        previous = Some(character);
    }
    let edge = |character: char| character == ' ' || is_break(character);
    let edges = text.starts_with(edge) || text.ends_with(edge);
    let unquotable = break_after_space || special;
    Analysis {
        multiline: line_breaks,
        plain: !(edges || space_after_break || unquotable || tabs || line_breaks || indicators),
        single_quoted: !(space_after_break || unquotable || tabs),
        block: !(text.ends_with(' ') || unquotable),
    }
}

/// Says whether a character means something to a reader where it stands, outside flow collections.
fn is_indicator(character: char, previous: Option<char>, space_follows: bool) -> bool {
    match (character, previous) {
        (
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`',
            None,
        ) => true,
        ('?' | '-', None) | (':', _) => space_follows,
        ('#', Some(previous)) => is_blank(previous) || is_break(previous) || previous == '\0',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indicators_rule_plain_style_out_where_they_mean_something() {
        for text in ["a b", "a:b", "a#b", "-a", "?a", "a, b", "a]", ":a", "x'y"] {
            assert!(analyze(text, false).plain, "{text}");
        }
        for text in [
            "a: b", "a:", "a #b", "- a", "-", "? a", "[a", "'a", "%a", "@a", "---", "--- a", "...", " a",
            "a ",
        ] {
            let analysis = analyze(text, false);
            assert!(!analysis.plain && analysis.single_quoted, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_printed_rules_all_but_double_quotes_out() {
        for text in ["a\u{7f}", "\u{1f600}", "a\rb", "a\u{85}b", "\u{feff}a", "a \nb"] {
            let analysis = analyze(text, false);
            assert!(!analysis.plain && !analysis.single_quoted && !analysis.block, "{text:?}");
        }
        assert!(!analyze("a\tb", false).block);
        assert!(analyze("a\tb\n", true).block && !analyze("a\tb", true).single_quoted);
    }
}
