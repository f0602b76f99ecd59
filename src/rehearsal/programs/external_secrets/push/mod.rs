//! PushSecrets: values that go from Secrets into stores.

mod deliver;
mod reconcile;

pub(super) use reconcile::Controller;
