//! The right to write: asked before each write, so that a run whose lock ended never writes again.

use futures::future::BoxFuture;

/// Whoever may still write.
///
/// A client asks before each request that changes something; the engine before and after a step is written down.
pub trait Permit: Send + Sync {
    /// Returns at once; an error means that another run may hold the lock by now.
    fn check(&self) -> Result<(), Forbidden>;

    /// As [`check`](Self::check), but where it was not long ago made sure that the lock is ours, that is done first: a
    /// process may have been stopped, and its lock taken away meanwhile.
    fn assure(&self) -> BoxFuture<'_, Result<(), Forbidden>> {
        Box::pin(async { self.check() })
    }
}

/// Writing is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped writing: {why}")]
pub struct Forbidden {
    /// What happened to the lock.
    pub why: String,
}

/// Always permits: for what nobody else writes to.
#[derive(Clone, Copy, Debug)]
pub struct Permitted;

impl Permit for Permitted {
    fn check(&self) -> Result<(), Forbidden> {
        Ok(())
    }
}
