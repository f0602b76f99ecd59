//! Fields of other managers that an apply would change.

use std::fmt;

use crate::kubernetes::{Cause, FieldSet, Step};

/// A field that another manager owns with another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) struct Conflict {
    /// Whose it is, as the server says it: `"kubectl-edit" using v1`.
    pub(in crate::rehearsal) owner: String,
    /// The path, as `.data.a`.
    pub(in crate::rehearsal) field: String,
    /// The same in steps.
    pub(super) path: Vec<Step>,
}

/// All that stands against an apply: the server's message, and its causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rehearsal) struct Conflicts(pub(in crate::rehearsal) Vec<Conflict>);

impl Conflicts {
    /// Returns those that are not about these fields.
    pub(super) fn without(&self, fields: &FieldSet) -> Self {
        let left = self.0.iter().filter(|conflict| !fields.contains(&conflict.path));
        Self(left.cloned().collect())
    }

    /// Returns a `Status` cause a conflict.
    pub(in crate::rehearsal) fn causes(&self) -> Vec<Cause> {
        self.0
            .iter()
            .map(|conflict| Cause {
                reason: "FieldManagerConflict".into(),
                message: format!("conflict with {}", conflict.owner),
                field: conflict.field.clone(),
            })
            .collect()
    }
}

impl fmt::Display for Conflicts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [conflict] = self.0.as_slice() {
            let Conflict { owner, field, .. } = conflict;
            return write!(formatter, "Apply failed with 1 conflict: conflict with {owner}: {field}");
        }
        write!(formatter, "Apply failed with {} conflicts: ", self.0.len())?;
        let mut lines: Vec<String> = Vec::new();
        let mut last = None;
        for Conflict { owner, field, .. } in &self.0 {
            if last != Some(owner) {
                lines.push(format!("conflicts with {owner}:"));
                last = Some(owner);
            }
            lines.push(format!("- {field}"));
        }
        formatter.write_str(&lines.join("\n"))
    }
}
