//! The definitions of `crds/`: made when they are missing, and never changed. Helm never changes them, and neither do we.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};

use crate::helm::record::MANAGER;
use crate::kubernetes::{Client, KubernetesError, Manifest};
use crate::resource::Progress;

/// How many requests are on their way at once.
const AT_ONCE: usize = 8;
/// How long a definition may take to be established.
pub(super) const ESTABLISHED: Duration = Duration::from_mins(1);

/// Creates what is missing, and waits until it is established.
pub(in crate::helm) async fn create_missing(
    client: &Client,
    crds: &[Manifest],
    progress: &dyn Progress,
) -> Result<(), KubernetesError> {
    let mut creations = Vec::new();
    for crd in crds {
        creations.push(create_one(client, crd));
    }
    let created: Vec<Option<Manifest>> =
        stream::iter(creations).buffer_unordered(AT_ONCE).try_collect().await?;
    let created: Vec<Manifest> = created.into_iter().flatten().collect();
    if !created.is_empty() {
        client.wait_established(created, ESTABLISHED, progress).await?;
    }
    Ok(())
}

async fn create_one(client: &Client, crd: &Manifest) -> Result<Option<Manifest>, KubernetesError> {
    match client.create(crd, MANAGER).await {
        Ok(created) => Ok(Some(created)),
        Err(error) if error.is_conflict() => Ok(None),
        Err(error) => Err(error),
    }
}
