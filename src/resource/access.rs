//! What the cluster must allow, said before anything is written.

use std::borrow::Cow;

use super::GroupKind;

/// Something that is done to objects, and that the cluster must allow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Access {
    /// `get`, `list`, `watch`, `create`, `patch`, `update`, `delete`, or whatever a role grants.
    pub verb: Cow<'static, str>,
    /// To what.
    pub to: Target,
    /// The namespace; `None` for kinds without one, and for all namespaces.
    pub namespace: Option<String>,
    /// The only object, where the right may be restricted to it.
    pub name: Option<String>,
    /// A right that makes this one needless: who may `escalate` need not hold what a role grants.
    pub unless: Option<Box<Access>>,
}

/// What is done something to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Objects of a kind; the API's name of it is the cluster's to know, or a definition's.
    Kind(GroupKind),
    /// A resource as a role's rule names it, as `pods/exec` of the core group.
    Resource {
        /// The API group.
        group: String,
        /// The plural, a subresource behind a slash.
        resource: String,
    },
    /// A path of the server that is no resource.
    Path(String),
}

impl Access {
    /// Returns the access by `verb` to objects of a kind in a namespace.
    pub fn to(verb: &'static str, kind: GroupKind, namespace: Option<&str>) -> Self {
        Self {
            verb: verb.into(),
            to: Target::Kind(kind),
            namespace: namespace.map(str::to_owned),
            name: None,
            unless: None,
        }
    }

    /// Says whether it only looks.
    pub fn is_reading(&self) -> bool {
        matches!(&*self.verb, "get" | "list")
    }

    /// Returns the access that is not needed by who has the right `other`.
    #[must_use]
    pub fn unless(self, other: Self) -> Self {
        Self { unless: Some(Box::new(other)), ..self }
    }
}
