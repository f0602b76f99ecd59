//! An error with its causes, once.

use std::{error::Error, fmt::Write as _};

use super::Style;

/// Returns the error's text, each cause on a line of its own, and what to do about it.
pub(in crate::cli) fn error(error: &dyn Error, hint: Option<&str>, style: Style) -> String {
    let mut text = format!("{} {error}", style.bad("error:"));
    let mut cause = error.source();
    let mut said = error.to_string();
    while let Some(source) = cause {
        let message = source.to_string();
        // A transparent layer says what the one above said.
        if message != said && !message.is_empty() {
            // Writing into a String does not fail.
            let _ = write!(text, "\n  {} {}", style.faint("caused by:"), message.replace('\n', "\n    "));
        }
        said = message;
        cause = source.source();
    }
    if let Some(hint) = hint {
        let _ = write!(text, "\n{} {hint}", style.strong("hint:"));
    }
    text
}

/// Returns the error and its causes in one line.
pub(in crate::cli) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let message = source.to_string();
        if !message.is_empty() && !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = source.source();
    }
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("bring the stack `s` up")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("line 14, column 7: unknown field `vualts`")]
    struct Inner;

    #[test]
    fn every_cause_has_a_line_and_the_hint_is_last() {
        let text = error(&Outer(Inner), Some("did you mean `vaults`?"), Style::new(false));
        assert_eq!(
            text,
            "error: bring the stack `s` up\n  caused by: line 14, column 7: unknown field `vualts`\nhint: did you mean `vaults`?"
        );
    }
}
