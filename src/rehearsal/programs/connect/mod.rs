//! 1Password Connect in process: what its two images do, and the vaults that they show.
//!
//! The real server is closed source; this one follows its published API and what its clients and people's logs show. It
//! reads its credentials as the real one does, and answers only tokens that go with them, as far as that can be known
//! (see [`Vaults`]). The vaults, the faults and the log of requests are in one [`Vaults`] value: like the account at
//! 1Password they outlive any cluster.

mod credentials;
mod fault;
mod items;
mod pairing;
mod program;
mod server;
mod session;
#[cfg(test)]
pub(crate) mod tests;
mod vaults;

pub use fault::ConnectFault;
pub use program::Connect;
pub use vaults::{ConnectRequest, Vaults};
