//! How a document is to be encrypted.

use super::key_group::KeyGroup;
use super::selector::Selector;

/// Who can open a new document, what is encrypted in it, and how it is laid out.
#[derive(Clone, Debug, Default)]
pub struct EncryptOptions {
    /// Who can open it. With several groups, the data key is split among them.
    pub groups: Vec<KeyGroup>,
    /// How many of several groups it takes; 0 means all.
    pub shamir_threshold: usize,
    /// Which values are encrypted.
    pub selector: Selector,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
    /// Spaces of one level where text is written anew. Without it, YAML has 4 and JSON has tabs.
    pub indent: Option<usize>,
}
