//! Who can open a document, as one wishes it.

use std::collections::BTreeSet;
use std::fmt;

use crate::keys::Recipient;

/// A group of keys: any one of them opens the group's part of the data key. A document has one group as a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyGroup {
    /// age keys.
    pub recipients: Vec<Recipient>,
    /// Keys of services that Eggtooth does not speak to. It keeps them where a document has them already, as the
    /// data key stays the same; it cannot add them.
    pub others: Vec<OtherKey>,
}

impl KeyGroup {
    /// Returns the group of these age keys.
    pub fn of(recipients: impl IntoIterator<Item = Recipient>) -> Self {
        Self { recipients: recipients.into_iter().collect(), others: Vec::new() }
    }

    /// Says whether no key is in the group.
    pub fn is_empty(&self) -> bool {
        self.recipients.is_empty() && self.others.is_empty()
    }

    /// Says whether the same keys are in both groups, whatever their order.
    pub fn has_same_keys(&self, other: &Self) -> bool {
        let names = |group: &Self| {
            let recipients = group.recipients.iter().map(ToString::to_string);
            recipients.chain(group.others.iter().map(ToString::to_string)).collect::<BTreeSet<_>>()
        };
        names(self) == names(other)
    }
}

/// A key of a service, told apart as sops does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OtherKey {
    /// The metadata field that it stands in: `kms`, `gcp_kms`, `hckms`, `azure_kv`, `hc_vault` or `pgp`.
    pub kind: &'static str,
    /// Its name: the fingerprint, the ARN (`ARN+ROLE|CONTEXT|PROFILE` as far as there are such), the resource
    /// ID, the URL.
    pub id: String,
}

impl fmt::Display for OtherKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.id, self.kind)
    }
}

impl OtherKey {
    /// The fields of metadata that hold such keys.
    pub const KINDS: [&'static str; 6] = ["kms", "gcp_kms", "hckms", "azure_kv", "hc_vault", "pgp"];
}
