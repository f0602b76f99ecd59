//! What a stack program registered.

use std::{borrow::Cow, collections::BTreeMap};

use super::Providers;
use crate::diagnostic::Diagnostics;
use crate::resource::{Record, Resource, Urn, Value};
use crate::state::{Fingerprints, Snapshot};

/// The resources and outputs that a stack program wants.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The resources in the order of registration.
    pub resources: Vec<Resource>,
    /// The stack's outputs.
    pub outputs: BTreeMap<String, Value>,
}

impl Program {
    /// Returns the program that wants nothing: what is planned for it takes everything down.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Returns the program as one that can be planned, or what the providers find wrong with its inputs, all at once.
    /// Looks at nothing outside.
    pub fn check(&self, providers: &Providers) -> Result<Checked<'_>, Diagnostics> {
        let mut problems = Diagnostics::new();
        for resource in &self.resources {
            match providers.of(&resource.urn) {
                Ok(provider) => problems.extend(provider.check(&resource.urn, &resource.inputs)),
                Err(unknown) => problems.push(*unknown),
            }
        }
        if problems.has_errors() { Err(problems) } else { Ok(Checked(Cow::Borrowed(self))) }
    }
}

/// A program with whose inputs no provider found anything wrong; made by [`Program::check`] only.
#[derive(Clone, Debug)]
pub struct Checked<'a>(Cow<'a, Program>);

impl Checked<'_> {
    /// Returns the program.
    pub fn program(&self) -> &Program {
        &self.0
    }

    /// Returns the program with each [fingerprint](Value::fingerprint) made by the stack's key.
    #[must_use]
    pub fn with_fingerprints(&self, fingerprints: &Fingerprints) -> Self {
        let mut program = self.clone();
        if self.0.resources.iter().any(|resource| resource.inputs.holds_unknown()) {
            for resource in &mut program.0.to_mut().resources {
                let make = |value: &Value| fingerprints.of(&resource.urn, value).into();
                resource.inputs = resource.inputs.with_fingerprints(&make);
            }
        }
        program
    }
}

/// Returns what the snapshot remembers of a wanted resource, under its name or one that it had before.
pub(super) fn recorded<'a>(resource: &Resource, snapshot: &'a Snapshot) -> Option<&'a Record> {
    std::iter::once(&resource.urn).chain(&resource.options.aliases).find_map(|urn| snapshot.record(urn))
}

/// Returns a resource's name for people: `kubernetes:Secret credentials`.
pub(super) fn title(urn: &Urn) -> String {
    format!("{} {}", urn.kind(), urn.name())
}
