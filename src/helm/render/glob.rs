//! Patterns of `.Files.Glob`: `*` stops at `/`, `**` does not, `{a,b}` is either, `[!a-z]` is a class.

/// A pattern, as the Go package gobwas/glob reads it.
pub(super) struct Glob(Vec<Token>);

enum Token {
    Char(char),
    Any,
    Many,
    Super,
    Class { negated: bool, ranges: Vec<(char, char)> },
    Either(Vec<Vec<Token>>),
}

impl Glob {
    /// Reads a pattern; `None` where it is broken.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let pattern: Vec<char> = pattern.chars().collect();
        let (tokens, rest) = tokens(&pattern, false)?;
        rest.is_empty().then_some(Self(tokens))
    }

    /// Says whether the whole of `name` fits.
    pub(super) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        let tokens: Vec<&Token> = self.0.iter().collect();
        fits(&tokens, &name)
    }
}

fn tokens(mut pattern: &[char], nested: bool) -> Option<(Vec<Token>, &[char])> {
    let mut tokens = Vec::new();
    while let Some((&first, rest)) = pattern.split_first() {
        let (token, after) = match first {
            ',' | '}' if nested => return Some((tokens, pattern)),
            '?' => (Token::Any, rest),
            '*' => match rest.split_first() {
                Some(('*', rest)) => (Token::Super, rest),
                _ => (Token::Many, rest),
            },
            '[' => class(rest)?,
            '{' => either(rest)?,
            '\\' => rest.split_first().map(|(&char, rest)| (Token::Char(char), rest))?,
            char => (Token::Char(char), rest),
        };
        tokens.push(token);
        pattern = after;
    }
    (!nested).then_some((tokens, pattern))
}

fn class(pattern: &[char]) -> Option<(Token, &[char])> {
    let (negated, mut pattern) = match pattern.split_first() {
        Some(('!', rest)) => (true, rest),
        _ => (false, pattern),
    };
    let mut ranges = Vec::new();
    loop {
        let (&low, rest) = pattern.split_first()?;
        if low == ']' {
            return (!ranges.is_empty()).then_some((Token::Class { negated, ranges }, rest));
        }
        let (range, rest) = match rest {
            ['-', high, rest @ ..] if *high != ']' => ((low, *high), rest),
            _ => ((low, low), rest),
        };
        ranges.push(range);
        pattern = rest;
    }
}

fn either(mut pattern: &[char]) -> Option<(Token, &[char])> {
    let mut choices = Vec::new();
    loop {
        let (choice, rest) = tokens(pattern, true)?;
        choices.push(choice);
        match rest.split_first()? {
            (',', rest) => pattern = rest,
            (_, rest) => return Some((Token::Either(choices), rest)),
        }
    }
}

fn fits(tokens: &[&Token], name: &[char]) -> bool {
    let Some((first, rest)) = tokens.split_first() else { return name.is_empty() };
    let one = |accept: &dyn Fn(char) -> bool| {
        name.split_first().is_some_and(|(&char, left)| accept(char) && fits(rest, left))
    };
    match first {
        Token::Char(wanted) => one(&|char| char == *wanted),
        Token::Any => one(&|char| char != '/'),
        Token::Class { negated, ranges } => {
            one(&|char| ranges.iter().any(|&(low, high)| (low..=high).contains(&char)) != *negated)
        }
        Token::Many => {
            let end = name.iter().position(|&char| char == '/').unwrap_or(name.len());
            (0..=end).any(|skipped| fits(rest, &name[skipped..]))
        }
        Token::Super => (0..=name.len()).any(|skipped| fits(rest, &name[skipped..])),
        Token::Either(choices) => choices.iter().any(|choice| {
            let tokens: Vec<&Token> = choice.iter().chain(rest.iter().copied()).collect();
            fits(&tokens, name)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_as_in_gobwas() {
        for (pattern, name, expected) in [
            ("files/*", "files/a.json", true),
            ("files/*", "files/b/a.json", false),
            ("files/**", "files/b/a.json", true),
            ("**.json", "files/b/a.json", true),
            ("files/{a,b}.json", "files/b.json", true),
            ("files/{a,b*}.json", "files/bcd.json", true),
            ("files/[ab].json", "files/b.json", true),
            ("files/[!a-c].json", "files/b.json", false),
            ("files/?.json", "files/x.json", true),
            ("*", "a/b", false),
        ] {
            assert_eq!(Glob::parse(pattern).unwrap().matches(name), expected, "{pattern} {name}");
        }
        assert!(Glob::parse("a{b").is_none() && Glob::parse("[").is_none());
    }
}
