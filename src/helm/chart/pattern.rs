//! Patterns as Go's `path.Match` reads them: `*` and `?` stop at `/`, `[a-z]` and `[^a-z]` are classes.

/// A pattern that cannot be read: an open class, a range without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

/// Says whether the whole of `name` fits `pattern`.
pub fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    check(&pattern)?;
    Ok(fits(&pattern, &name))
}

/// Walks the pattern once, so that a broken end is found also where the start does not fit.
fn check(mut pattern: &[char]) -> Result<(), BadPattern> {
    while let Some((first, rest)) = pattern.split_first() {
        pattern = match first {
            '[' => class(rest, '\0')?.1,
            '\\' => rest.get(1..).ok_or(BadPattern)?,
            _ => rest,
        };
    }
    Ok(())
}

fn fits(pattern: &[char], name: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return name.is_empty() };
    match first {
        '*' => {
            let end = name.iter().position(|&char| char == '/').unwrap_or(name.len());
            (0..=end).any(|skipped| fits(rest, &name[skipped..]))
        }
        '?' => name.split_first().is_some_and(|(&char, left)| char != '/' && fits(rest, left)),
        '[' => name.split_first().is_some_and(|(&char, left)| {
            class(rest, char).is_ok_and(|(found, rest)| found && fits(rest, left))
        }),
        '\\' => rest.split_first().is_some_and(|(&literal, rest)| {
            name.split_first().is_some_and(|(&char, left)| char == literal && fits(rest, left))
        }),
        literal => name.split_first().is_some_and(|(char, left)| char == literal && fits(rest, left)),
    }
}

/// Reads a class after its `[`: whether `char` is in it, and what follows the `]`.
fn class(pattern: &[char], char: char) -> Result<(bool, &[char]), BadPattern> {
    let (negated, mut rest) = match pattern.split_first() {
        Some(('^', rest)) => (true, rest),
        _ => (false, pattern),
    };
    let mut found = false;
    let mut ranges = 0;
    loop {
        if let Some((']', after)) = rest.split_first()
            && ranges > 0
        {
            return Ok((found != negated, after));
        }
        let (low, after) = class_char(rest)?;
        let (high, after) = match after.split_first() {
            Some(('-', after)) => class_char(after)?,
            _ => (low, after),
        };
        found |= (low..=high).contains(&char);
        ranges += 1;
        rest = after;
    }
}

fn class_char(pattern: &[char]) -> Result<(char, &[char]), BadPattern> {
    match pattern.split_first() {
        None | Some(('-' | ']', _)) => Err(BadPattern),
        Some(('\\', rest)) => rest.split_first().map(|(&char, rest)| (char, rest)).ok_or(BadPattern),
        Some((&char, rest)) => Ok((char, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_go() {
        for (pattern, name, expected) in [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "ab/c", false),
            ("a*/b", "a/c/b", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("ab[c]", "abc", true),
            ("ab[^e-g]", "abf", false),
            ("a[^a]b", "a☺b", true),
            ("a\\*b", "a*b", true),
            ("a\\*b", "axb", false),
            ("a?b", "a/b", false),
            ("templates/.?*", "templates/.hidden", true),
            ("templates/.?*", "templates/.", false),
        ] {
            assert_eq!(matches(pattern, name), Ok(expected), "{pattern} {name}");
        }
        for pattern in ["[]a]", "[-]", "[x-]", "[", "[^", "[a", "a[", "\\"] {
            assert_eq!(matches(pattern, "a"), Err(BadPattern), "{pattern}");
        }
    }
}
