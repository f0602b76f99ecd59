//! What a stack program registered.

use std::{borrow::Cow, collections::BTreeMap};

use super::Providers;
use crate::diagnostic::Diagnostics;
use crate::resource::{Brings, GroupKind, Record, Resource, Urn, Value};
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

    /// Returns the program without the resources that are wanted only with a kind which neither the cluster serves nor
    /// the program brings; its providers were [prepared](super::prepare).
    #[must_use]
    pub fn with_kinds(&self, providers: &Providers, is_served: &dyn Fn(&GroupKind) -> bool) -> Self {
        let resources = &self.0.resources;
        let is_brought = |kind: &GroupKind| {
            let wanted = Brings::Kind(kind.clone());
            let brings =
                |resource: &Resource| Some(providers.of(&resource.urn).ok()?.brings(&resource.inputs));
            resources.iter().filter_map(brings).flatten().any(|brought| brought == wanted)
        };
        let missing: Vec<&Urn> = resources
            .iter()
            .filter(|resource| {
                let kind = resource.options.only_with.as_ref();
                kind.is_some_and(|kind| !is_served(kind) && !is_brought(kind))
            })
            .map(|resource| &resource.urn)
            .collect();
        let mut program = self.clone();
        if !missing.is_empty() {
            program.0.to_mut().resources.retain(|resource| !missing.contains(&&resource.urn));
        }
        program
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
