//! What a stack program sees: its typed configuration, the things it can register, and nothing else.
//!
//! A [`Stack`] is a name and a function. The function gets a [`Context`] and its own configuration, registers
//! resources and returns; it is synchronous and does no I/O, so it runs the same in a test, in a preview and in `up`.
//! Problems of the configuration are reported through the context, by the path of the field; the line follows from
//! where the environment defined it.

mod catalogue;
mod config;
mod connect_server;
mod context;
mod definition;
mod document;
mod esc_store;
mod known_store;
mod onepassword_store;
mod operator;
mod proven_store;
mod pushed_secret;
mod reader;
mod release;
mod seed;
mod shape;
mod shaped;
mod synced_secret;
mod workload_store;

pub use catalogue::Entry;
pub use config::{Origin, Path, Step, decode};
pub use connect_server::{ConnectServer, ServiceMonitor};
pub use context::{Context, Program, Settings};
pub use definition::Stack;
pub use esc_store::{EscCanary, EscOidc, EscStore};
pub use known_store::KnownStore;
pub use onepassword_store::{OnePasswordBase, OnePasswordCanary, OnePasswordStore};
pub use operator::{ChartChoice, LogLevel, Operator, overlay};
pub use proven_store::{CanaryOf, ProvenStore};
pub use pushed_secret::PushedSecret;
pub use reader::Reader;
pub use release::{Release, variables_of};
pub use seed::{Restart, Seed, WorkloadKind};
pub use shape::{Shape, ShapeError, Values};
pub use synced_secret::{ConnectionString, SyncedSecret};
pub use workload_store::WorkloadStore;
