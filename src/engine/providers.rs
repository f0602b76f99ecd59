//! Which provider serves which resource.

use std::{collections::BTreeMap, sync::Arc};

use crate::diagnostic::{Diagnostic, suggest};
use crate::resource::{Provider, Urn};

/// The providers by the part of a type before its colon: `kubernetes` serves `kubernetes:Secret`.
#[derive(Clone, Default)]
pub struct Providers(BTreeMap<&'static str, Arc<dyn Provider>>);

impl Providers {
    /// Returns providers that serve nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the provider of all types that begin with `prefix` and a colon.
    #[must_use]
    pub fn with(mut self, prefix: &'static str, provider: Arc<dyn Provider>) -> Self {
        self.0.insert(prefix, provider);
        self
    }

    /// Returns the provider of a resource.
    pub fn of(&self, urn: &Urn) -> Result<&dyn Provider, Box<Diagnostic>> {
        let prefix = prefix(urn);
        self.0.get(prefix).map(AsRef::as_ref).ok_or_else(|| {
            let problem = Diagnostic::error(format!("{urn}: no provider serves the type `{}`", urn.kind()));
            Box::new(match suggest(prefix, self.0.keys().copied()) {
                Some(near) => problem.hint(format!("did you mean `{near}:`?")),
                None => problem,
            })
        })
    }
}

/// Returns the part of a resource's type that names its provider.
pub(super) fn prefix(urn: &Urn) -> &str {
    urn.kind().split(':').next().unwrap_or_default()
}
