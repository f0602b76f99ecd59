//! A real Kubernetes control plane and a real External Secrets controller as plain processes, and the tests that use them.
//!
//! Usage, after `cargo test --test cluster --`:
//!
//! - `[FILTER]` runs tests, as any test binary does;
//! - `serve [--kubelet]` starts one cluster and prints the path of its kubeconfig until Ctrl-C;
//! - `run [--kubelet] -- COMMAND…` runs a command beside a cluster and ends with its exit code.
//!
//! The binary starts itself again in namespaces of its own, so that nothing collides and nothing is left behind:
//! see [`isolation`].
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "test code: a failed expectation ends the test with its reason"
)]

mod isolation;
mod arguments;
mod cases;
mod command;
mod cluster;
mod ground;
mod node;
mod control_plane;
mod connect;
#[path = "../contract/mod.rs"]
mod contract;
mod network;
mod names;
mod podinfo;
mod certificates;
mod kubeconfig;
mod http;
mod process;
mod rehearsed;
mod run_folder;
mod tools;
mod wait;

use std::process::ExitCode;

use crate::arguments::Action;
use crate::isolation::Stage;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "connect") {
        return connect::main(&arguments[1..]);
    }
    if arguments.first().is_some_and(|first| first == "podinfo") {
        return podinfo::main(&arguments[1..]);
    }
    let action = match Action::parse(&arguments) {
        Ok(action) => action,
        Err(problem) => {
            eprintln!("error: {problem}");
            return ExitCode::from(64);
        }
    };
    match Stage::current() {
        Stage::Outside if action.needs_no_cluster() => cases::run(),
        Stage::Outside => isolation::supervise(&action),
        Stage::Entering => isolation::enter(),
        Stage::Inside => {
            isolation::furnish();
            match action {
                Action::Test { .. } => cases::run(),
                Action::Serve { node } => command::serve(node),
                Action::Run { node, command } => command::run(node, &command),
            }
        }
    }
}
