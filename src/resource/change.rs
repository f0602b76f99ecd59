//! What would change: data for the plan, the display and the report. It holds no secret.

/// What happens to a resource or to an object of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Nothing.
    Same,
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// It is deleted and made anew.
    Replace,
    /// It is deleted.
    Delete,
    /// It is forgotten, and stays in the cluster.
    Retain,
}

/// One field that differs. Values are shown as text; secret ones as `[secret]`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldChange {
    /// The path, as `spec.vaults.production`.
    pub path: String,
    /// What is there; `None` where nothing is.
    pub before: Option<String>,
    /// What is wanted; `None` where nothing is.
    pub after: Option<String>,
}

/// An object that a resource stands for, as one of a release's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Child {
    /// The kind.
    pub kind: String,
    /// `namespace/name` or `name`.
    pub name: String,
    /// What happens to it.
    pub operation: Operation,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
}

/// What would change of a resource.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Change {
    /// What happens to it.
    pub operation: Operation,
    /// Why, in a few words, where the fields don't tell (`chart 2.8.0 → 2.9.0`, `was changed by kubectl-edit`).
    pub reason: Option<String>,
    /// The fields that differ.
    pub fields: Vec<FieldChange>,
    /// The objects it stands for.
    pub children: Vec<Child>,
    /// What goes with it when it is deleted, beyond what the resource itself is.
    pub collateral: Vec<Collateral>,
}

/// An object that goes when something else is deleted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Collateral {
    /// The kind.
    pub kind: String,
    /// `namespace/name` or `name`.
    pub name: String,
    /// The objects that own it, as `(kind, namespace/name)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<(String, String)>,
}

impl Change {
    /// Returns a change of this operation without details.
    pub fn of(operation: Operation) -> Self {
        Self { operation, reason: None, fields: Vec::new(), children: Vec::new(), collateral: Vec::new() }
    }

    /// Adds the reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}
