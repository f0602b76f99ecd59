//! Who asks, and what they may do: service accounts' tokens, impersonation, and role-based access control.
//!
//! Whoever holds the cluster is its administrator. A service account, by its token or as the owner of a client, may do
//! what Roles, `ClusterRole`s and their bindings say, and is refused the rest in the real server's words.

mod act;
mod aggregation;
mod authentication;
mod policy;
mod review;
mod rules;
mod token;
mod user;

pub(super) use aggregation::aggregate;
pub(super) use review::answer;
pub(super) use token::TokenKey;
pub(in crate::rehearsal) use user::User;

/// The group of roles and bindings.
const GROUP: &str = "rbac.authorization.k8s.io";
