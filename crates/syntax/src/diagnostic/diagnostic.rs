//! One problem, and all of a check's problems.

use std::{fmt, sync::Arc};

use super::Span;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The work can go on.
    Warning,
    /// The work can't go on.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A problem with its place, its cause and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The file's name, where the problem has one.
    pub file: Option<Arc<str>>,
    /// Where in the file.
    pub span: Option<Span>,
    /// The path inside the document (`values.stacks["x"].stores[0]`).
    pub path: Option<Arc<str>>,
    /// What is wrong; holds no secret.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Returns an error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message)
    }

    /// Returns a warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, file: None, span: None, path: None, message: message.into(), hint: None }
    }

    /// Names the file and the place in it.
    #[must_use]
    pub fn at(mut self, file: impl Into<Arc<str>>, span: Span) -> Self {
        self.file = Some(file.into());
        self.span = Some(span);
        self
    }

    /// Names the path inside the document.
    #[must_use]
    pub fn path(mut self, path: impl Into<Arc<str>>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// ``environments/prod.yaml:14:7: error: unknown field `vualts` ``, and the hint on a line of its own.
impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "{file}:")?;
            if let Some(Span { start, .. }) = self.span {
                write!(formatter, "{}:{}:", start.line, start.column)?;
            }
            formatter.write_str(" ")?;
        }
        write!(formatter, "{}: {}", self.severity, self.message)?;
        if let Some(hint) = &self.hint {
            write!(formatter, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// All that a check found, in the order of the files and places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Returns an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Says whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says whether any of them stops the work.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Returns the problems one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Sorts by file, line, column and message, and drops what is said twice.
    pub fn sort(&mut self) {
        self.0.sort_by(|a, b| key(a).cmp(&key(b)));
        self.0.dedup();
    }
}

fn key(diagnostic: &Diagnostic) -> (Option<&str>, Option<(u32, u32)>, &str) {
    let place = diagnostic.span.map(|span| (span.start.line, span.start.column));
    (diagnostic.file.as_deref(), place, &diagnostic.message)
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.0.extend(diagnostics);
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            diagnostic.fmt(formatter)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Position;

    #[test]
    fn a_diagnostic_names_file_line_column_cause_and_remedy() {
        let place = Position { offset: 9, line: 14, column: 7 };
        let diagnostic = Diagnostic::error("unknown field `vualts`")
            .at("environments/prod.yaml", Span::new(place, place))
            .hint("did you mean `vaults`?");
        assert_eq!(
            diagnostic.to_string(),
            "environments/prod.yaml:14:7: error: unknown field `vualts`\n  hint: did you mean `vaults`?"
        );
    }
}
