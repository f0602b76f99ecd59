//! Objects that exist and belong to somebody else are not taken over unasked.

use crate::helm::release::{ReleaseError, disowned, live_of};
use crate::kubernetes::{Client, Manifest};

use super::ActionError;

/// Fails when one of the objects is there and is not the release's (name and namespace).
pub(super) async fn check(
    client: &Client,
    objects: &[Manifest],
    owner: (&str, &str),
) -> Result<(), ActionError> {
    let live = live_of(client, objects).await?;
    let foreign: Vec<String> = live.iter().filter_map(|object| disowned(owner, object)).collect();
    if foreign.is_empty() { Ok(()) } else { Err(ReleaseError::NotOwned(foreign).into()) }
}
