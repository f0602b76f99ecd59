//! The Kubernetes provider: Secrets of this cluster or of another, with credentials of the store's own.

mod authorize;
mod provider;
mod push;
mod session;

pub(super) use authorize::open;
pub(super) use provider::Kubernetes;
