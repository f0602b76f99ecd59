//! The words of an expression.

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Integer(i64),
    Double(f64),
    /// An operator or a bracket.
    Mark(&'static str),
}

/// Longer marks first, so that `<=` is not read as `<`.
const MARKS: [&str; 24] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "%", "?", ":", "(", ")", "[", "]",
    "{", "}", ".", ",",
];

/// Splits an expression into words; `None` for what is none of the language, or of the part that is read here.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length;
        let token;
        if first == '"' || first == '\'' {
            let (text, read) = quoted(rest, first)?;
            (token, length) = (Token::Text(text), read);
        } else if first.is_ascii_digit() {
            length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let digits = &rest[..length];
            token = match digits.parse() {
                Ok(number) => Token::Integer(number),
                Err(_) => Token::Double(digits.parse().ok()?),
            };
        } else if first.is_ascii_alphabetic() || first == '_' {
            length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            token = Token::Name(rest[..length].to_owned());
        } else {
            let mark = MARKS.iter().find(|mark| rest.starts_with(**mark))?;
            (token, length) = (Token::Mark(mark), mark.len());
        }
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Some(found)
}

/// Reads a text in quotes, and how long it is with them.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((text, at + c.len_utf8())),
            '\\' => text.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                c @ ('\\' | '\'' | '"' | '`' | '?') => c,
                _ => return None,
            }),
            c => text.push(c),
        }
    }
    None
}
