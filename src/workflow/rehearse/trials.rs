//! Many trials, several at once.

use std::{
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    Fault, Trial,
    combination::smaller,
    trial::{title, trial},
};
use crate::workflow::{Loaded, Surroundings, WorkflowError};

/// Tries `up` under each of these sets of faults, and returns what became of each, in their order. `done` is told of
/// each as it ends.
///
/// Each trial has a cluster of its own, and each thread a runtime whose time stands still: the time of one trial is not
/// that of another. Of a combination that fails, the smallest part that fails is returned.
///
/// # Errors
/// When a cluster in memory cannot be set up.
pub async fn trials(
    surroundings: &Surroundings,
    loaded: &Loaded,
    sets: Vec<Vec<Fault>>,
    done: impl Fn(&str) + Send + Sync + 'static,
) -> Result<Vec<Trial>, WorkflowError> {
    let work = Arc::new(Work {
        surroundings: surroundings.clone(),
        loaded: loaded.clone(),
        ended: Mutex::new((0..sets.len()).map(|_| None).collect()),
        sets,
        next: AtomicUsize::new(0),
        done: Box::new(done),
    });
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(work.sets.len());
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let work = Arc::clone(&work);
            tokio::task::spawn_blocking(move || work.through())
        })
        .collect();
    for worker in workers {
        worker.await.map_err(WorkflowError::Thread)?;
    }
    let ended = std::mem::take(&mut *work.ended.lock().unwrap_or_else(PoisonError::into_inner));
    ended.into_iter().flatten().collect()
}

/// What the threads share.
struct Work {
    surroundings: Surroundings,
    loaded: Loaded,
    sets: Vec<Vec<Fault>>,
    next: AtomicUsize,
    ended: Mutex<Vec<Option<Result<Trial, WorkflowError>>>>,
    done: Box<dyn Fn(&str) + Send + Sync>,
}

impl Work {
    /// Takes set after set until none is left.
    fn through(&self) {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(faults) = self.sets.get(index) else { return };
            let ended = self.shrunk(faults);
            (self.done)(&title(faults));
            self.ended.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(ended);
        }
    }

    /// Tries a set, and as long as it fails, what is smaller.
    fn shrunk(&self, faults: &[Fault]) -> Result<Trial, WorkflowError> {
        let mut failing = self.alone(faults)?;
        while let Some(next) = self.smaller_failing(&failing)? {
            failing = Trial { shrunk_from: faults.to_vec(), ..next };
        }
        Ok(failing)
    }

    fn smaller_failing(&self, trial: &Trial) -> Result<Option<Trial>, WorkflowError> {
        if trial.is_sound() {
            return Ok(None);
        }
        for faults in smaller(&trial.faults) {
            let tried = self.alone(&faults)?;
            if !tried.is_sound() {
                return Ok(Some(tried));
            }
        }
        Ok(None)
    }

    /// Tries a set in a runtime of its own.
    fn alone(&self, faults: &[Fault]) -> Result<Trial, WorkflowError> {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().map_err(WorkflowError::Runtime)?;
        runtime.block_on(trial(&self.surroundings, &self.loaded, faults))
    }
}
