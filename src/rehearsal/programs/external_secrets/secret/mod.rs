//! ExternalSecrets: what they ask of providers, and the Secrets that come of it.

mod keys;
mod provider_data;
mod reconcile;
mod refresh;
mod rewrite;
mod target;
mod template;
mod template_functions;
mod write;

pub(super) use keys::{Data, convert, reverse};
pub(super) use reconcile::Controller;
pub(super) use refresh::seconds_of;
pub(super) use template::{apply as apply_template, gather};
