//! Evaluation, in rounds.
//!
//! A round evaluates the whole document and its imports without waiting for anything: a call of a source that was
//! not opened yet is noted down, and its value is unknown for this round. Between the rounds all calls noted down
//! are opened at the same time. The round that notes no call gives the result. So evaluation itself is synchronous,
//! each source is opened once, and what does not depend on one another is opened concurrently.

mod access;
mod opening;
mod scope;
mod session;

use std::{collections::BTreeMap, sync::Arc};

pub use opening::Opening;
pub(crate) use opening::{CallId, Opener, Request, entries, message};
pub(crate) use scope::{Scope, text_or_unknown};
pub(crate) use session::{Opened, Session};

use super::{Evaluation, Loader, Sources};
use crate::diagnostic::Source;
use crate::esc;
use crate::resource::Map;

/// Evaluates environments.
pub struct Evaluator {
    loader: Arc<dyn Loader>,
    sources: Sources,
    context: Map,
    options: Options,
}

/// Where evaluation may differ from Pulumi's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What is taken out of a secret stays secret, and messages of sources and functions show nothing of one.
    ///
    /// Pulumi's evaluator lets some parts go plain: the elements of a secret that `fn::split` divided, the plain
    /// keys of a secret object. Only comparing with it is a reason to switch this off.
    pub stricter: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { stricter: true }
    }
}

/// Evaluation could not even start.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// The root environment can't be read.
    #[error(transparent)]
    Load(#[from] super::LoadError),
}

/// What evaluation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Sources are opened.
    Evaluate,
    /// Nothing is opened or decrypted; what a source would give is unknown but for its schema.
    Check,
}

/// Deep documents need more stack than threads have by default.
const STACK: usize = 256 << 20;

impl Evaluator {
    /// Returns an evaluator; `context` is what `${context…}` refers to.
    pub fn new(loader: impl Loader + 'static, sources: Sources, context: Map, options: Options) -> Self {
        Self { loader: Arc::new(loader), sources, context, options }
    }

    /// Evaluates an environment, with the sources that it calls.
    pub async fn evaluate(&self, name: &str) -> Result<Evaluation, EvaluateError> {
        let mut progress = Progress::default();
        loop {
            let (mut evaluation, requests) = self.round(name, Mode::Evaluate, &mut progress)?;
            if requests.is_empty() {
                evaluation.openings = progress.openings;
                evaluation.documents = progress.sources;
                return Ok(evaluation);
            }
            let opened = requests.into_iter().map(opening::Request::open);
            for (id, opened, opening) in futures::future::join_all(opened).await {
                progress.opened.insert(id, opened);
                progress.openings.push(opening);
            }
        }
    }

    /// Evaluates an environment as far as it goes without opening a source or decrypting anything.
    pub fn check(&self, name: &str) -> Result<Evaluation, EvaluateError> {
        let mut progress = Progress::default();
        let (mut evaluation, _) = self.round(name, Mode::Check, &mut progress)?;
        evaluation.documents = progress.sources;
        Ok(evaluation)
    }

    fn round(
        &self,
        name: &str,
        mode: Mode,
        progress: &mut Progress,
    ) -> Result<(Evaluation, Vec<opening::Request>), EvaluateError> {
        // On this thread, so that the allocator goes on with the memory that it has.
        stacker::grow(STACK, || {
            let mut session = Session::new(self, mode, name, progress);
            let evaluation = session.run()?;
            Ok((evaluation, session.requests))
        })
    }
}

/// What the rounds share.
#[derive(Default)]
pub(crate) struct Progress {
    documents: BTreeMap<String, Arc<esc::Parsed>>,
    opened: BTreeMap<opening::CallId, Opened>,
    openings: Vec<Opening>,
    sources: Vec<Source>,
}
