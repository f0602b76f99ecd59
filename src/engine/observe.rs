//! What is there before anything is decided: the snapshot and the live resources.

use std::collections::{BTreeMap, HashSet};

use futures::future::join_all;

use super::program::recorded;
use super::providers::prefix;
use super::{Checked, Graph, Providers};
use crate::diagnostic::Diagnostic;
use crate::resource::{Known, Live, ProviderError, Resource, Urn};
use crate::state::Snapshot;

/// What is remembered and what is there.
#[derive(Clone, Default)]
pub struct Observed {
    /// What the last run left behind, with no step in doubt.
    pub snapshot: Snapshot,
    /// What is there of the wanted and the remembered resources.
    pub live: BTreeMap<Urn, Live>,
}

/// Why it could not be told what is there.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A resource of a type that no provider serves, as of a snapshot of another version.
    #[error("{0}")]
    UnknownType(Box<Diagnostic>),
    /// A provider could not read.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A provider gave another number of answers than it was asked.
    #[error("the provider `{provider}` was asked of {asked} resources and told of {told}")]
    Count {
        /// The provider's prefix.
        provider: String,
        /// How many it was asked of.
        asked: usize,
        /// How many it told of.
        told: usize,
    },
}

impl ReadError {
    /// Returns what to do about it, where the provider knows.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::UnknownType(diagnostic) => diagnostic.hint.as_deref(),
            Self::Provider(error) => error.hint.as_deref(),
            Self::Count { .. } => None,
        }
    }
}

/// Lets the providers get what comes from elsewhere for a program's resources, all at once, and verify it.
pub async fn fetch(checked: &Checked<'_>, providers: &Providers) -> Result<(), Vec<ReadError>> {
    let nothing = Snapshot::default();
    let batches = batches(&checked.program().resources, &nothing);
    let each = batches.iter().map(|(urn, known)| async move {
        let provider = providers.of(urn).map_err(ReadError::UnknownType)?;
        Ok(provider.fetch(known).await?)
    });
    collect(join_all(each).await).map(|_: Vec<()>| ())
}

/// Lets the providers find out what they must know of a program's resources before its graph is built.
pub async fn prepare(
    checked: &Checked<'_>,
    snapshot: &Snapshot,
    providers: &Providers,
) -> Result<(), Vec<ReadError>> {
    let batches = batches(&checked.program().resources, snapshot);
    let each = batches.iter().map(|(urn, known)| async move {
        let provider = providers.of(urn).map_err(ReadError::UnknownType)?;
        Ok(provider.prepare(known).await?)
    });
    collect(join_all(each).await).map(|_: Vec<()>| ())
}

/// Reads what is there of all that the program wants and the snapshot remembers, all providers at once.
pub async fn observe(
    graph: &Graph,
    snapshot: Snapshot,
    providers: &Providers,
) -> Result<Observed, Vec<ReadError>> {
    let batches = batches(graph.resources(), &snapshot);
    let each = batches.iter().map(|(urn, known)| async move {
        let provider = providers.of(urn).map_err(ReadError::UnknownType)?;
        let live = provider.read(known).await?;
        if live.len() != known.len() {
            let provider = prefix(urn).to_owned();
            return Err(ReadError::Count { provider, asked: known.len(), told: live.len() });
        }
        Ok(known.iter().map(|known| known.urn.clone()).zip(live).collect::<Vec<_>>())
    });
    let live: BTreeMap<Urn, Live> = collect(join_all(each).await)?.into_iter().flatten().collect();
    Ok(Observed { snapshot: snapshot.settled(&live), live })
}

/// Returns all known resources, those of one provider together; each batch with the name of its first.
pub(super) fn batches<'a>(
    resources: &'a [Resource],
    snapshot: &'a Snapshot,
) -> Vec<(&'a Urn, Vec<Known<'a>>)> {
    let wanted = resources.iter().map(|resource| Known {
        urn: &resource.urn,
        inputs: Some(&resource.inputs),
        record: recorded(resource, snapshot),
        options: Some(&resource.options),
    });
    let remembered = snapshot.records().iter().map(|record| Known {
        urn: &record.urn,
        inputs: None,
        record: Some(record),
        options: None,
    });
    let doubted = snapshot.in_doubt.iter().filter_map(|doubt| {
        Some(Known { urn: &doubt.urn, inputs: None, record: Some(doubt.record.as_ref()?), options: None })
    });
    let mut seen = HashSet::new();
    let mut batches: BTreeMap<&str, Vec<Known<'a>>> = BTreeMap::new();
    for known in wanted.chain(remembered).chain(doubted) {
        if seen.insert(known.urn) {
            batches.entry(prefix(known.urn)).or_default().push(known);
        }
    }
    batches.into_values().map(|batch| (batch[0].urn, batch)).collect()
}

fn collect<T>(results: Vec<Result<T, ReadError>>) -> Result<Vec<T>, Vec<ReadError>> {
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}
