//! Calls of sources that wait for the end of a round.

use std::sync::Arc;

use super::Opened;
use crate::environment::{Names, Rotator, Source, SourceError};
use crate::resource::{Map, Value};

/// A call: the environment that holds it, and its expression there.
pub(crate) type CallId = (Arc<str>, usize);

/// A call with all that it needs.
pub(crate) struct Request {
    pub(crate) id: CallId,
    pub(crate) call: Opener,
    pub(crate) inputs: Map,
    pub(crate) names: Names,
}

/// What is opened.
pub(crate) enum Opener {
    Source(Arc<dyn Source>),
    Rotator { rotator: Arc<dyn Rotator>, state: Option<Map> },
}

impl Request {
    pub(crate) async fn open(self) -> (CallId, Opened) {
        let opened = match &self.call {
            Opener::Source(source) => source.open(&self.inputs, &self.names).await,
            Opener::Rotator { rotator, state } => {
                rotator.open(&self.inputs, state.as_ref(), &self.names).await
            }
        };
        (self.id, opened.map_err(|error| message(&error)))
    }
}

/// Returns an error's text with those of its causes.
fn message(error: &SourceError) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Returns the entries of inputs; anything but an object was refused by the schema.
pub(crate) fn entries(value: &Value) -> Option<Map> {
    match value {
        Value::Map(entries) => Some(Map::clone(entries)),
        _ => None,
    }
}
