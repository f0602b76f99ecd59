//! ClusterExternalSecrets: an ExternalSecret in every namespace that is selected.

mod finalizers;
mod reconcile;
mod selection;

pub(super) use reconcile::Controller;
pub(super) use selection::selects;
