//! The plan: which steps lead from what is there to what the program wants.

use std::collections::BTreeMap;

use crate::resource::{Change, Operation, Urn};

/// Steps in an order in which each comes after those that it waits for. It holds no secret and can be kept.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// The format's version.
    pub version: u32,
    /// The serial of the snapshot that it was made from.
    pub serial: u64,
    /// What is done; deletions come last.
    pub steps: Vec<Step>,
}

/// What is done to one resource.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Step {
    /// The resource.
    pub urn: Urn,
    /// The name that it is remembered under, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formerly: Option<Urn>,
    /// What would change.
    pub change: Change,
    /// The resources whose steps come first.
    pub after: Vec<Urn>,
}

/// How many steps of each operation a plan has, and what goes with the deletions.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// How many are left alone.
    pub same: usize,
    /// How many are made.
    pub create: usize,
    /// How many are changed.
    pub update: usize,
    /// How many are deleted and made anew.
    pub replace: usize,
    /// How many are deleted.
    pub delete: usize,
    /// How many are forgotten.
    pub retain: usize,
    /// What goes with the deletions and replacements, by kind.
    pub collateral: BTreeMap<String, usize>,
}

impl Plan {
    /// The version that is written.
    pub const VERSION: u32 = 1;

    /// Says whether the plan would change anything outside.
    pub fn has_changes(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step.change.operation, Operation::Same | Operation::Retain))
    }

    /// Returns the step of a resource.
    pub fn step(&self, urn: &Urn) -> Option<&Step> {
        self.steps.iter().find(|step| step.urn == *urn)
    }

    /// Counts the steps.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for Step { change, .. } in &self.steps {
            *match change.operation {
                Operation::Same => &mut summary.same,
                Operation::Create => &mut summary.create,
                Operation::Update => &mut summary.update,
                Operation::Replace => &mut summary.replace,
                Operation::Delete => &mut summary.delete,
                Operation::Retain => &mut summary.retain,
            } += 1;
            for (kind, count) in &change.collateral {
                *summary.collateral.entry(kind.clone()).or_default() += count;
            }
        }
        summary
    }
}
