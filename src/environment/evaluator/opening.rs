//! Calls of sources that wait for the end of a round.

use std::{sync::Arc, time::Duration};

use super::{Opened, Options};
use crate::environment::term::{Content, Entry, Term};
use crate::environment::{Failure, Names, Rotator, Source};
use crate::esc::Place;
use crate::remote::Meter;
use crate::resource::Map;

/// A call: the environment that holds it, and its expression there.
pub(crate) type CallId = (Arc<str>, usize);

/// A call with all that it needs.
pub(crate) struct Request {
    pub(crate) id: CallId,
    pub(crate) call: Opener,
    pub(crate) inputs: Map,
    pub(crate) names: Names,
    pub(crate) place: Arc<Place>,
}

/// A source that was opened, and what that took.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The source's name.
    pub source: String,
    /// The environment whose document calls it.
    pub environment: Arc<str>,
    /// Where in the document: `values.a`.
    pub path: Arc<str>,
    /// How long it took; others were opened at the same time.
    pub took: Duration,
    /// How many requests were sent, or programs started, for it.
    pub requests: u32,
    /// Whether it gave a value.
    pub succeeded: bool,
}

/// What is opened.
pub(crate) enum Opener {
    Source(Arc<dyn Source>),
    Rotator { rotator: Arc<dyn Rotator>, state: Option<Map> },
}

impl Request {
    pub(crate) async fn open(self) -> (CallId, Opened, Opening) {
        let meter = Meter::default();
        let start = tokio::time::Instant::now();
        let opened = match &self.call {
            Opener::Source(source) => source.open(&self.inputs, &self.names, &meter).await,
            Opener::Rotator { rotator, state } => {
                rotator.open(&self.inputs, state.as_ref(), &self.names, &meter).await
            }
        };
        let name = match &self.call {
            Opener::Source(source) => source.name(),
            Opener::Rotator { rotator, .. } => rotator.name(),
        };
        let opening = Opening {
            source: name.to_owned(),
            environment: Arc::clone(&self.names.current),
            path: Arc::clone(&self.place.path),
            took: start.elapsed(),
            requests: meter.requests(),
            succeeded: opened.is_ok(),
        };
        (self.id, opened.map_err(Arc::from), opening)
    }
}

/// Returns an error's text with those of its causes.
pub(crate) fn message(error: &Failure) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Returns the entries of an object; in stricter mode those of a secret one are secret.
pub(crate) fn entries(object: &Term, options: Options) -> Option<Map> {
    let Content::Object(_) = &object.content else { return None };
    let entry = |(key, entry): (Arc<str>, Entry)| {
        let value = entry.term.to_value();
        (key, if object.secret && options.stricter { value.secret() } else { value })
    };
    Some(object.properties().into_iter().map(entry).collect())
}
