//! The webhook's certificate: made, checked, renewed, and made known to the API server.

mod check;
mod controller;
mod inject;
pub(crate) mod pem;
mod secret;

pub(super) use check::{CertificateFiles, Unfit};
pub(super) use controller::run;
