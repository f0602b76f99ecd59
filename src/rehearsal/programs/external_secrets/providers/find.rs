//! Names by regular expression: `find.name.regexp`, unanchored as Go matches.

use regex::Regex;

use crate::rehearsal::programs::external_secrets::{error::Failure, resource::FindName};

/// Tells which names fit.
pub(super) struct Names(Regex);

impl Names {
    pub(super) fn new(name: &FindName) -> Result<Self, Failure> {
        Regex::new(&name.regexp).map(Self).map_err(|error| {
            Failure::said(format!("could not compile find.name.regexp [{}]: {error}", name.regexp))
        })
    }

    pub(super) fn fit(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}
