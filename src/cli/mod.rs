//! The command line: words in, words out.

use crate::stack::Stack;

/// Runs the program.
pub fn main(_: &[Stack]) -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
