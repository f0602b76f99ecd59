//! What containers do: programs in process, chosen by image.
//!
//! A [`Program`] is an async function that gets what a container's process gets: arguments, environment, mounted
//! files, the network, a client of the API server as its service account, and a signal when it is to end. An image
//! that no program stands for is pretended: it runs and is ready, and does nothing.

pub mod connect;
mod exit;
mod external_secrets;
mod log;
mod mounts;
mod process;
mod program;
pub mod pulumi_esc;

pub use exit::Exit;
pub use external_secrets::ExternalSecrets;
pub use log::{Log, Logs};
pub use mounts::Mounts;
pub use process::{PodReference, Process, Termination};
pub use program::Program;
