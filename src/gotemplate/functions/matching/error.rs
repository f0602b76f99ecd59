//! Why a text is no regular expression, in the words of Go's `regexp/syntax`.

/// A code and the part of the expression that it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {code}: `{part}`")]
pub(super) struct SyntaxError {
    code: Code,
    part: String,
}

impl SyntaxError {
    pub(super) fn new(code: Code, part: impl Into<String>) -> Self {
        Self { code, part: part.into() }
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Code {
    #[error("invalid character class range")]
    ClassRange,
    #[error("invalid escape sequence")]
    Escape,
    #[error("invalid named capture")]
    NamedCapture,
    #[error("invalid or unsupported Perl syntax")]
    PerlSyntax,
    #[error("invalid nested repetition operator")]
    NestedRepetition,
    #[error("invalid repeat count")]
    RepeatCount,
    #[error("invalid UTF-8")]
    Utf8,
    #[error("missing closing ]")]
    MissingBracket,
    #[error("missing closing )")]
    MissingParenthesis,
    #[error("missing argument to repetition operator")]
    MissingArgument,
    #[error("trailing backslash at end of expression")]
    TrailingBackslash,
    #[error("unexpected )")]
    UnexpectedParenthesis,
    #[error("expression too large")]
    TooLarge,
}

/// Quotes as `regexp` does in its panics: with back quotes where it can.
pub(super) fn back_quoted(text: &str) -> String {
    let plain =
        !text.contains('`') && text.chars().all(|character| !character.is_control() || character == '\t');
    if plain { format!("`{text}`") } else { crate::gotemplate::format::quote(text.as_bytes()) }
}
