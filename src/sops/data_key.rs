//! The way to the data key.

use std::sync::Arc;

use crate::keys::{Error as KeyError, Identities, NoKey};
use crate::secret::Secret;

use super::cipher::DataKey;
use super::error::{Error, Problem};
use super::metadata::{MasterKey, Metadata};
use super::shamir;

/// The data key, and the groups' parts of it that were opened for it.
#[derive(Debug)]
pub(super) struct OpenedKey {
    pub(super) key: DataKey,
    /// By the number of their group; none where there is one group.
    pub(super) parts: Vec<(usize, Secret<Vec<u8>>)>,
}

/// Opens the data key; with several groups, as many as the threshold asks for.
pub(super) fn open(
    metadata: &Metadata,
    file: &Arc<str>,
    identities: &Identities,
) -> Result<OpenedKey, Error> {
    let threshold = match (metadata.groups.len(), metadata.shamir_threshold) {
        (1, _) => 1,
        (groups, 0) => groups,
        (_, threshold) => threshold,
    };
    let mut parts = Vec::new();
    let mut failure = None;
    for (index, group) in metadata.groups.iter().enumerate() {
        match open_part(group, file, identities) {
            Ok(part) => parts.push((index, part)),
            Err(error) => failure = Some(error),
        }
        if parts.len() == threshold {
            break;
        }
    }
    if parts.len() < threshold {
        return Err(failure.map_or_else(
            || malformed(file, Problem::Shamir),
            |failure| match failure {
                Failure::NoKey(source) => {
                    Error::NoKey { file: Arc::clone(file), recipients: metadata.recipients(), source }
                }
                Failure::Other(error) => error,
            },
        ));
    }
    assemble(parts, metadata.groups.len()).ok_or_else(|| malformed(file, Problem::Shamir))
}

enum Failure {
    NoKey(Box<NoKey>),
    Other(Error),
}

fn malformed(file: &Arc<str>, source: Problem) -> Error {
    Error::Malformed { file: Arc::clone(file), source }
}

/// Opens what one key of the group opens.
fn open_part(
    group: &[MasterKey],
    file: &Arc<str>,
    identities: &Identities,
) -> Result<Secret<Vec<u8>>, Failure> {
    let mut last = NoKey { tried: Vec::new(), problems: Vec::new() };
    let mut broken = None;
    for key in group {
        let MasterKey::Age { recipient, sealed } = key else { continue };
        match identities.open(sealed, Some(recipient)) {
            Ok(part) => return Ok(part),
            Err(KeyError::NoKey(no_key)) => last = no_key,
            Err(source) => {
                broken = Some(Problem::DataKey { recipient: recipient.clone(), source: Box::new(source) });
            }
        }
    }
    Err(match broken {
        Some(problem) => Failure::Other(malformed(file, problem)),
        None => Failure::NoKey(Box::new(last)),
    })
}

fn assemble(mut parts: Vec<(usize, Secret<Vec<u8>>)>, groups: usize) -> Option<OpenedKey> {
    if groups == 1 {
        let (_, key) = parts.pop()?;
        return Some(OpenedKey { key: DataKey(key), parts });
    }
    #[expect(clippy::disallowed_methods, reason = "the parts are put together to the data key")]
    let shares: Vec<&[u8]> = parts.iter().map(|(_, part)| part.expose().as_slice()).collect();
    let key = shamir::combine(&shares)?;
    Some(OpenedKey { key: DataKey(Secret::new(key.to_vec())), parts })
}
