//! The tests: each file offers its trials.

mod connect;
mod harness;
mod node;
mod operator;
mod release;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Runs what the command line asks for; the output is that of any test binary.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials =
        [connect::trials(), harness::trials(), node::trials(), operator::trials(), release::trials()]
            .into_iter()
            .flatten()
            .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test that fails by panicking.
fn trial(name: &str, run: fn()) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}
