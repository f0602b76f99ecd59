//! Stores: whether they work, who may use them, and what keeps them from going.

mod check;
mod finalizer;
mod reconcile;
mod users;

pub(super) use check::interval;
pub(super) use reconcile::Controller;
pub(super) use users::{Stores, belongs_to};
