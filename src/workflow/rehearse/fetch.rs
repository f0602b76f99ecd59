//! What the acts need from outside: the charts. They are got once, in real time, and stay at hand.

use futures::future::join_all;

use super::{content::Content, site::Site, stand_in};
use crate::clock::Clock;
use crate::event::Events;
use crate::helm::repository::{Archive, AtHand, RepositoryError};
use crate::helm::{PinnedChart, release};
use crate::workflow::{Loaded, Planned, Surroundings, WorkflowError, charts, preview};

/// What a rehearsal is played with.
pub struct Fetched {
    /// The surroundings, with the charts at hand.
    pub surroundings: Surroundings,
    /// The charts.
    pub charts: Vec<ChartUsed>,
    /// What `up` would do on an empty cluster.
    pub planned: Vec<Planned>,
}

/// A chart of a rehearsal.
#[derive(Clone, Debug)]
pub struct ChartUsed {
    /// What `charts.lock` pins.
    pub pinned: PinnedChart,
    /// Why a chart of ours stands in for it, where one does.
    pub stands_in: Option<String>,
}

/// Gets the charts, and those that can't be had from our own stand-ins. It is to be called while time runs as ever.
///
/// # Errors
/// When a chart is not the one that is pinned, or can't be had and nothing stands in for it.
pub async fn fetch(surroundings: &Surroundings, loaded: &Loaded) -> Result<Fetched, WorkflowError> {
    let source = charts::source(surroundings);
    let source = &source;
    let got = join_all(pinned(loaded).into_iter().map(async |chart| {
        let archive = source.fetch(&chart).await;
        (chart, archive)
    }))
    .await;
    let mut archives = Vec::new();
    let mut used = Vec::new();
    for (pinned, archive) in got {
        let (archive, stands_in) = match archive {
            Ok(archive) => (archive, None),
            Err(error) => match stands_in(&pinned, &error) {
                Some(archive) => (archive, Some(error.to_string())),
                // Whoever asks for it next fails with all the words for it.
                None => continue,
            },
        };
        archives.push((pinned.digest.clone(), archive));
        used.push(ChartUsed { pinned, stands_in });
    }
    let surroundings = Surroundings { at_hand: AtHand::from_iter(archives), ..surroundings.clone() };
    let clock = Clock::of_runtime_since(surroundings.clock.now());
    let site = Site::new(&Content::default(), &clock, &[], 0)?;
    let mut inside = site.surroundings(&surroundings);
    inside.events = Events::nowhere();
    let planned = preview(&inside, loaded).await?;
    Ok(Fetched { surroundings, charts: used, planned })
}

/// Returns the charts of an environment's releases, each once.
fn pinned(loaded: &Loaded) -> Vec<PinnedChart> {
    let mut charts: Vec<PinnedChart> = Vec::new();
    for resource in loaded.programs.values().flat_map(|program| &program.wanted.resources) {
        if resource.urn.kind() == release::KIND
            && let Ok(chart) = release::ReleaseInputs::chart_of(&resource.inputs)
            && !charts.contains(&chart)
        {
            charts.push(chart);
        }
    }
    charts
}

/// Returns our own chart in place of one that can't be had; nothing where something is wrong with it, or with its pin.
fn stands_in(pinned: &PinnedChart, error: &RepositoryError) -> Option<Archive> {
    match error {
        RepositoryError::Down { .. } | RepositoryError::Status { .. } => {
            stand_in::archive(&pinned.name, &pinned.version)
        }
        _ => None,
    }
}
