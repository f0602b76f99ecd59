//! The table of cases.

/// The files of the table.
const FILES: &[&str] = &[
    include_str!("cases/strings.txt"),
    include_str!("cases/collections.txt"),
    include_str!("cases/numbers.txt"),
    include_str!("cases/dates.txt"),
    include_str!("cases/formats.txt"),
    include_str!("cases/matching.txt"),
    include_str!("cases/crypto.txt"),
];

/// An expression and what helm makes of it.
pub(super) struct Case {
    pub(super) expression: String,
    pub(super) expected: Expected,
}

/// What comes of an expression.
#[derive(Debug)]
pub(super) enum Expected {
    /// The value's type and its quoted text.
    Value(String),
    /// The error, or the end of it.
    Error(String),
}

impl Expected {
    /// Tells whether `found` is this; of errors, whether it says this somewhere.
    pub(super) fn agrees(&self, found: &Self) -> bool {
        match (self, found) {
            (Self::Value(expected), Self::Value(found)) => expected == found,
            (Self::Error(expected), Self::Error(found)) => found.contains(expected),
            _ => false,
        }
    }
}

impl Case {
    /// Returns the words of the expression, function names among them.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.expression.split(|character: char| !(character.is_ascii_alphanumeric() || character == '_'))
    }
}

/// Reads the table.
pub(super) fn cases() -> Vec<Case> {
    let lines: Vec<&str> =
        FILES.iter().flat_map(|file| file.lines()).filter(|line| !line.is_empty()).collect();
    lines.chunks(2).map(parse).collect()
}

fn parse(lines: &[&str]) -> Case {
    let [expression, expected] = lines else { panic!("half a case: {lines:?}") };
    let expression =
        expression.strip_prefix("> ").unwrap_or_else(|| panic!("not an expression: {expression}"));
    let expected = match expected.split_at(2) {
        ("= ", value) => Expected::Value(value.to_owned()),
        ("! ", error) => Expected::Error(error.to_owned()),
        _ => panic!("neither a value nor an error: {expected}"),
    };
    Case { expression: expression.to_owned(), expected }
}
