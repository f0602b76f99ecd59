//! What can go wrong with a rehearsal itself.

/// An error of a rehearsal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// A version that no Kubernetes has.
    #[error("`{version}` is no version of Kubernetes: write it as 1.35.4")]
    Version {
        /// What was given.
        version: String,
    },
    /// The port to serve on can't be used.
    #[error("serve the rehearsal's cluster")]
    Listen(#[source] std::io::Error),
}
