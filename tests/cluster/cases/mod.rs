//! The tests: each file offers its trials.

mod harness;

use std::process::ExitCode;

use libtest_mimic::Arguments;

/// Runs what the command line asks for; the output is that of any test binary.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = harness::trials();
    libtest_mimic::run(&arguments, trials).exit_code()
}
