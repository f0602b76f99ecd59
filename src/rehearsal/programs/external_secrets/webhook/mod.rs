//! The validating webhook: `webhook`.

mod answer;
mod external_secret;
mod regex;
mod serve;
mod store;

pub(super) use serve::run;

/// What validation found: all that is wrong, and what is worth a warning.
#[derive(Debug, Default, PartialEq, Eq)]
struct Findings {
    errors: Vec<String>,
    warnings: Vec<String>,
}
