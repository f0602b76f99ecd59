//! Compares evaluation with Pulumi's evaluator: `cargo run --release --example esc_conformance -- FOLDER`.
//!
//! Each folder below FOLDER is a case: `env.yaml`, what it imports, and `expected.json`. Prints each difference
//! and, last, `N passed, M failed`; exits with 1 if there is a difference.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the program reports to a terminal")]

#[path = "../tests/environment/conformance.rs"]
mod conformance;

use std::{path::Path, process::ExitCode};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: esc_conformance FOLDER");
        return ExitCode::from(64);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().build();
    let outcome = runtime
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(conformance::run(Path::new(&folder))));
    match outcome {
        Ok(outcome) => {
            for (case, differences) in &outcome.failed {
                for difference in differences {
                    println!("{case}: {difference}");
                }
            }
            println!("{} passed, {} failed", outcome.passed, outcome.failed.len());
            if outcome.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
