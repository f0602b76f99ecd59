//! Applying objects: definitions first, then kind after kind in Helm's order, what is of one kind at once.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};

use super::crds::ESTABLISHED;
use super::{client_side, migration, objects};
use crate::helm::record::MANAGER;
use crate::kubernetes::{ApplyOptions, Client, Key, KubernetesError, Manifest, install_rank};
use crate::resource::Progress;

/// How many requests are on their way at once.
const AT_ONCE: usize = 8;

/// How objects become what they should be.
#[derive(Clone, Copy, Debug)]
pub(in crate::helm) enum Method<'a> {
    /// The server merges.
    ServerSide {
        /// Whether fields are taken from their owners.
        force: bool,
        /// Whether what a client merged before is handed to the server's merge first.
        migrate: bool,
    },
    /// We merge what was, what is wanted and what is there. Here is what was.
    ClientSide(&'a BTreeMap<Key, Manifest>),
    /// What is there is replaced as a whole.
    Replace,
}

impl Method<'_> {
    /// The server merges, and nothing is forced.
    pub(in crate::helm) const SERVER: Self = Self::ServerSide { force: false, migrate: false };
}

/// Applies the objects and returns what the server made of each, in their order. Definitions are waited for until they
/// are established.
pub(in crate::helm) async fn apply(
    client: &Client,
    wanted: &[&Manifest],
    method: Method<'_>,
    progress: &dyn Progress,
) -> Result<Vec<Manifest>, KubernetesError> {
    let mut made: Vec<Option<Manifest>> = wanted.iter().map(|_| None).collect();
    for wave in in_order(wanted) {
        let mut applications = Vec::with_capacity(wave.len());
        for index in &wave {
            applications.push(one(client, wanted[*index], method, progress));
        }
        let applied: Vec<Manifest> = stream::iter(applications).buffered(AT_ONCE).try_collect().await?;
        if objects::is_definition(wanted[wave[0]]) {
            client.wait_established(applied.clone(), ESTABLISHED, progress).await?;
        }
        for (index, applied) in wave.into_iter().zip(applied) {
            made[index] = Some(applied);
        }
    }
    Ok(made.into_iter().flatten().collect())
}

/// Returns which objects are applied at once, wave after wave.
fn in_order(wanted: &[&Manifest]) -> Vec<Vec<usize>> {
    let rank = |index: &usize| {
        let object = wanted[*index];
        (!objects::is_definition(object), install_rank(object.kind()))
    };
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| rank(a).cmp(&rank(b)));
    order.chunk_by(|a, b| rank(a) == rank(b)).map(<[usize]>::to_vec).collect()
}

async fn one(
    client: &Client,
    object: &Manifest,
    method: Method<'_>,
    progress: &dyn Progress,
) -> Result<Manifest, KubernetesError> {
    match method {
        Method::ServerSide { force, migrate } => {
            if migrate {
                migration::migrate(client, object).await?;
            }
            let options = ApplyOptions { force, ..ApplyOptions::new(MANAGER) };
            client.apply(object, options, progress).await
        }
        Method::ClientSide(before) => client_side::apply(client, before.get(&object.key()), object).await,
        Method::Replace => client_side::replace(client, object).await,
    }
}
