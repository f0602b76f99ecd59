//! The right to write: asked before each write, so that a run whose lock ended never writes again.

/// Whoever may still write.
///
/// A client asks before each request that changes something; the engine before each step.
pub trait Permit: Send + Sync {
    /// Returns at once; an error means that another run may hold the lock by now.
    fn check(&self) -> Result<(), Forbidden>;
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
