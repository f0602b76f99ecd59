//! The data key, or a part of it, sealed for a group of keys.

use crate::keys::{Recipient, seal};

use super::cipher::DataKey;
use super::document::Document;
use super::error::Problem;
use super::fields::{leaf, other_key, set};
use super::key_group::KeyGroup;
use super::metadata::MasterKey;
use super::shamir;
use super::tree::{Entry, Scalar};

/// The keys of a group as the metadata has them, each with the field that it stands in.
pub(super) struct SealedGroup(Vec<(&'static str, Vec<Entry>)>);

impl SealedGroup {
    /// Returns the keys of each kind.
    pub(super) fn by_kind(&self) -> Vec<(&'static str, Vec<Vec<Entry>>)> {
        let mut kinds: Vec<(&'static str, Vec<Vec<Entry>>)> = Vec::new();
        for (kind, key) in &self.0 {
            match kinds.iter_mut().find(|(known, _)| known == kind) {
                Some((_, keys)) => keys.push(key.clone()),
                None => kinds.push((kind, vec![key.clone()])),
            }
        }
        kinds
    }
}

/// Returns how many of `groups` it takes, where 0 means all.
pub(super) fn quorum(groups: &[KeyGroup], threshold: usize) -> Result<usize, Problem> {
    let count = groups.len();
    if groups.is_empty() || groups.iter().any(KeyGroup::is_empty) {
        return Err(Problem::Groups("there is a group without keys, or no group"));
    }
    match threshold {
        _ if count == 1 => Ok(0),
        0 => Ok(count),
        1 => Err(Problem::Groups("the threshold of several groups must be 2 at least")),
        threshold if threshold > count => Err(Problem::Groups("the threshold is above the number of groups")),
        threshold if count > 255 || threshold > 255 => Err(Problem::Groups("there may be 255 groups")),
        threshold => Ok(threshold),
    }
}

/// Seals the data key for one group, or its parts for several.
///
/// `old` is the document that has this data key already: what is sealed there stays as it is.
pub(super) fn seal_groups(
    key: &DataKey,
    groups: &[KeyGroup],
    quorum: usize,
    old: Option<&Document>,
) -> Result<Vec<SealedGroup>, Problem> {
    #[expect(clippy::disallowed_methods, reason = "the data key is sealed for the recipients")]
    let key = key.0.expose();
    if let [group] = groups {
        return Ok(vec![seal_group(key, group, old)?]);
    }
    let parts = shamir::split(key, groups.len(), quorum);
    groups.iter().zip(&parts).map(|(group, part)| seal_group(part, group, None)).collect()
}

fn seal_group(part: &[u8], group: &KeyGroup, old: Option<&Document>) -> Result<SealedGroup, Problem> {
    let kept = old.filter(|old| old.metadata.groups.len() == 1);
    let mut keys = Vec::new();
    for other in &group.others {
        let Some(old) = kept else { return Err(Problem::OtherKey { key: other.clone() }) };
        keys.push((other.kind, other_key(&old.fields, other)?));
    }
    for recipient in &group.recipients {
        let sealed = kept.and_then(|old| sealed_for(old, recipient));
        let sealed = match sealed {
            Some(sealed) => sealed,
            None => {
                seal(std::slice::from_ref(recipient), part).map_err(|error| Problem::Seal(Box::new(error)))?
            }
        };
        let mut fields = Vec::new();
        set(&mut fields, "enc", leaf(Scalar::String(sealed)));
        set(&mut fields, "recipient", leaf(Scalar::String(recipient.to_string())));
        keys.push(("age", fields));
    }
    Ok(SealedGroup(keys))
}

fn sealed_for(old: &Document, wanted: &Recipient) -> Option<String> {
    let wanted = wanted.to_string();
    old.metadata.groups[0].iter().find_map(|key| match key {
        MasterKey::Age { recipient, sealed } if *recipient == wanted => Some(sealed.clone()),
        MasterKey::Age { .. } | MasterKey::Other(_) => None,
    })
}
