//! Eggtooth takes an empty Kubernetes cluster to proven, usable secret stores, and does it again after a disaster.
//!
//! The modules, from the top layer down; a module uses only those below it:

pub mod cli;
pub mod workflow;
pub mod stack;
pub mod verify;
pub mod environment;
pub mod onepassword;
pub mod external_secrets;
pub mod helm;
pub mod gotemplate;
pub mod engine;
pub mod state;
pub mod kubernetes;
pub mod sops;
pub mod keys;
pub mod event;
pub mod resource;
pub mod yaml;
pub mod diagnostic;
pub mod scrubber;
pub mod secret;
pub mod clock;
