//! The API server: one path for all kinds, from the request to the storage and to those who watch.
//!
//! A kind is a line in a table ([`builtin`]) or a definition; what the server knows of single kinds beyond that is in
//! [`rules`]. Everything is kept in memory under one lock that is never held across a wait.

mod access;
mod admission;
mod age;
mod body;
mod builtin;
mod chore;
mod columns;
mod definition;
mod deletion;
mod discovery;
mod duplicate_keys;
mod garbage;
mod json_path;
mod kind;
mod label_selector;
mod metadata;
mod namespace;
mod openapi;
mod patching;
mod read;
mod refusal;
mod registry;
mod reply;
mod request;
mod rules;
mod scale;
mod selector;
mod server;
mod shape;
mod start;
mod storage;
mod table;
mod version;
mod watching;
mod write;

pub(in crate::rehearsal) use access::User;
pub use admission::{ServiceReference, WebhookCaller};
pub(in crate::rehearsal) use server::Server;
pub(in crate::rehearsal) use version::Version;
