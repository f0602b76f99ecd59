//! Pulumi ESC in process: its API as far as External Secrets calls it.
//!
//! Not a container but a host outside of the cluster, `api.pulumi.com`. Environments are opened, read by session, and
//! written by pushes. Of the language only `fn::secret` means something here: what is served are values, not
//! documents to evaluate.

mod environments;
mod fault;
mod server;
#[cfg(test)]
pub(crate) mod tests;

pub use environments::EscEnvironments;
pub use fault::EscFault;
pub use server::HOST;

pub(in crate::rehearsal) use server::EscServer;
