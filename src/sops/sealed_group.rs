//! The data key, or a part of it, sealed for a group of keys.

use crate::keys::seal;

use super::cipher::DataKey;
use super::document::Document;
use super::error::Problem;
use super::fields::{leaf, set};
use super::key_group::{KeyGroup, OtherKey};
use super::metadata::{MasterKey, group_keys};
use super::opened::Opened;
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
/// `old` is the document that has this data key already: what is sealed there stays as it is. Keys of other services
/// can only stay. So where there are any among several groups, the parts stay as well, which is possible as long as
/// it takes as many groups as before and none is new.
pub(super) fn seal_groups(
    key: &DataKey,
    groups: &[KeyGroup],
    quorum: usize,
    old: Option<&Opened>,
) -> Result<Vec<SealedGroup>, Problem> {
    #[expect(clippy::disallowed_methods, reason = "the data key is sealed for the recipients")]
    let key = key.0.expose();
    if let [group] = groups {
        let old = old.filter(|old| old.document.metadata.groups.len() == 1);
        let kept = old.map(|old| group_keys(&old.document.fields, 0)).unwrap_or_default();
        return Ok(vec![seal_group(Some(key), group, &kept)?]);
    }
    let others: Vec<OtherKey> = groups.iter().flat_map(|group| group.others.iter().cloned()).collect();
    if others.is_empty() {
        let parts = shamir::split(key, groups.len(), quorum);
        return groups.iter().zip(&parts).map(|(group, part)| seal_group(Some(part), group, &[])).collect();
    }
    let kept = old.and_then(|old| Some((old, origins(&old.document, groups, quorum)?)));
    let (old, origins) = kept.ok_or(Problem::OtherKeys { keys: others })?;
    let seal = |(group, origin): (&KeyGroup, usize)| {
        let part = old.parts.iter().find(|(index, _)| *index == origin);
        #[expect(clippy::disallowed_methods, reason = "the part is sealed for the group's recipients")]
        let part = part.map(|(_, part)| part.expose().as_slice());
        seal_group(part, group, &group_keys(&old.document.fields, origin))
    };
    groups.iter().zip(origins).map(seal).collect()
}

/// Returns which group of the document each of `groups` was; `None` where one is new, or the quorum is another.
fn origins(document: &Document, groups: &[KeyGroup], quorum: usize) -> Option<Vec<usize>> {
    let old = document.key_groups().ok()?;
    if document.metadata.quorum() != quorum {
        return None;
    }
    if old.len() == groups.len() {
        return Some((0..old.len()).collect());
    }
    let mut rest: Vec<usize> = (0..old.len()).collect();
    let mut origin = |group: &KeyGroup| {
        let at = rest.iter().position(|&index| old[index].has_same_keys(group))?;
        Some(rest.remove(at))
    };
    groups.iter().map(&mut origin).collect()
}

/// Seals a part for those of a group that do not have it yet; without the part there may be none.
fn seal_group(
    part: Option<&[u8]>,
    group: &KeyGroup,
    kept: &[(MasterKey, &[Entry])],
) -> Result<SealedGroup, Problem> {
    let mut keys = Vec::new();
    let mut unreachable = Vec::new();
    for other in &group.others {
        let known = kept.iter().find(|(key, _)| matches!(key, MasterKey::Other(key) if key == other));
        match known {
            Some((_, fields)) => keys.push((other.kind, fields.to_vec())),
            None => unreachable.push(other.clone()),
        }
    }
    if !unreachable.is_empty() {
        return Err(Problem::OtherKeys { keys: unreachable });
    }
    for recipient in &group.recipients {
        let name = recipient.to_string();
        let is_it = |key: &MasterKey| matches!(key, MasterKey::Age { recipient, .. } if *recipient == name);
        if let Some((_, fields)) = kept.iter().find(|(key, _)| is_it(key)) {
            keys.push(("age", fields.to_vec()));
            continue;
        }
        let part = part.ok_or(Problem::ClosedGroup { recipient: name.clone() })?;
        let sealed = seal(std::slice::from_ref(recipient), part);
        let sealed = sealed.map_err(|error| Problem::Seal(Box::new(error)))?;
        let mut fields = Vec::new();
        set(&mut fields, "enc", leaf(Scalar::String(sealed)));
        set(&mut fields, "recipient", leaf(Scalar::String(name)));
        keys.push(("age", fields));
    }
    Ok(SealedGroup(keys))
}

#[cfg(test)]
mod tests {
    use crate::keys::{Identities, Identity, Origin, Recipient};
    use crate::sops::{Document, EncryptOptions, Error, Format, KeyGroup, OtherKey, Problem, encrypt};

    const NOW: &str = "2026-11-22T10:00:00Z";

    /// Returns a document of three groups, of which it takes two; the first two have a key of a service as well.
    fn document(keys: &[Identity]) -> String {
        let groups = keys[..3].iter().map(|key| KeyGroup::of([recipient(key)])).collect();
        let options = EncryptOptions { groups, shamir_threshold: 2, ..EncryptOptions::default() };
        let file = encrypt(b"a: chirp\n", Format::Yaml, &options, NOW.parse().unwrap(), "doc.yaml").unwrap();
        let mut text = String::from_utf8(file).unwrap();
        for name in ["one", "two"] {
            let list = format!(
                "pgp:\n            - fp: {name}\n              enc: cipher of {name}\n          hc_vault:  []"
            );
            text = text.replacen("hc_vault: []", &list, 1);
        }
        text
    }

    fn recipient(key: &Identity) -> Recipient {
        key.public().parse().unwrap()
    }

    fn opened(text: &str, keys: &[Identity]) -> crate::sops::Opened {
        let identities = Identities::of(keys.to_vec(), Origin::Given("test".into()));
        Document::parse(text.as_bytes(), Format::Yaml, "doc.yaml").unwrap().open(&identities).unwrap()
    }

    fn other(name: &str) -> OtherKey {
        OtherKey { kind: "pgp", id: name.to_owned() }
    }

    #[test]
    fn groups_with_keys_of_services_keep_their_parts_while_others_change() {
        let keys: Vec<Identity> = (0..4).map(|_| Identity::generate()).collect();
        let text = document(&keys);
        let opened_by_two = opened(&text, &keys[..2]);
        let mut groups = opened_by_two.document().key_groups().unwrap();
        assert_eq!(groups[1].others, [other("two")]);
        groups[1].recipients = vec![recipient(&keys[3])];
        let changed = String::from_utf8(opened_by_two.update_keys(&groups, 2).unwrap()).unwrap();
        assert!(changed.contains("cipher of one") && changed.contains("cipher of two"), "{changed}");
        // The new key's part fits to those that stayed.
        for pair in [[0, 3], [3, 2], [0, 2]] {
            opened(&changed, &pair.map(|index| keys[index].clone()));
        }
        let fewer = opened(&changed, &[keys[0].clone(), keys[3].clone()]);
        let fewer = String::from_utf8(fewer.update_keys(&groups[1..], 2).unwrap()).unwrap();
        assert!(!fewer.contains("cipher of one") && fewer.contains("cipher of two"), "{fewer}");
        opened(&fewer, &[keys[3].clone(), keys[2].clone()]);
    }

    #[test]
    fn what_needs_new_parts_is_refused_where_a_service_has_one() {
        let keys: Vec<Identity> = (0..4).map(|_| Identity::generate()).collect();
        let opened = opened(&document(&keys), &keys[..2]);
        let groups = opened.document().key_groups().unwrap();
        let all = [other("one"), other("two")];
        let one_more = [groups.as_slice(), &[KeyGroup::of([recipient(&keys[3])])]].concat();
        for refused in [
            opened.update_keys(&groups, 3),
            opened.update_keys(&one_more, 2),
            opened.update_keys(&groups[..1], 0),
        ] {
            let error = refused.unwrap_err();
            let Error::Keys { source: Problem::OtherKeys { keys }, .. } = error else { panic!("{error:?}") };
            assert!(keys == all || keys == all[..1], "{keys:?}");
        }
        // The third group's part was not needed, so it is not known, and nobody can be given it.
        let mut third = groups;
        third[2].recipients.push(recipient(&keys[3]));
        let error = opened.update_keys(&third, 2).unwrap_err();
        assert!(matches!(error, Error::Keys { source: Problem::ClosedGroup { .. }, .. }), "{error:?}");
    }
}
