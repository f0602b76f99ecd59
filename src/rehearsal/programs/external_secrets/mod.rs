//! External Secrets Operator, as a program of the rehearsal: certificate controller, webhook and controller.
//!
//! It behaves as the operator of chart 2.9.0 does, in conditions, reasons, messages, Events, finalizers and timing, and
//! `tests/contract` holds it to that against the real one. It talks to the cluster through its [`kube::Client`] and to
//! providers through the rehearsal's network, so it needs nothing else.
//!
//! What decides is pure and stands beside what acts: a store's check ([`store`]), an ExternalSecret's refresh and its
//! Secret ([`secret`]), a webhook's verdict ([`webhook`]). Left out: generators, ClusterPushSecrets, other providers
//! than 1Password Connect, Kubernetes, Pulumi ESC and the fake one, and the template functions for PKCS#12 and JWK;
//! each says so where it is asked for. One fault of older operators is not copied: two Connect stores that are checked
//! at once never read each other's vaults.

mod certificates;
mod cluster;
mod controller;
mod error;
mod flags;
mod hash;
mod health;
mod journal;
mod json_text;
mod leader;
mod program;
mod providers;
mod push;
mod queue;
mod recorder;
mod resource;
mod secret;
mod store;
mod watch;
mod webhook;
mod work;
mod world;

pub use program::ExternalSecrets;

use crate::external_secrets::duration;
