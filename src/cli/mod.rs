//! The command line: words in, words out.
//!
//! [`main`] is all of a binary: a program of one's own hands its stacks over and has every verb. Here, and nowhere
//! below, is printed, asked and exited; here the process's arguments, variables and clock become values.

mod args;
mod commands;
mod core_dumps;
mod display;
mod examples;
mod exit;
mod log;
mod terminal;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser as _;

use crate::stack::Stack;

/// Runs the command line of the process with these stacks.
pub fn main(stacks: &[Stack]) -> ExitCode {
    core_dumps::switch_off();
    run(stacks, std::env::args_os().collect())
}

fn run(stacks: &[Stack], words: Vec<OsString>) -> ExitCode {
    match args::Arguments::try_parse_from(args::sops::with_verb(words)) {
        Ok(arguments) => commands::run(stacks, arguments).into(),
        Err(error) => {
            let usage = error.use_stderr();
            // What can't be printed can't be mended.
            let _ = error.print();
            if usage { exit::Exit::Usage.into() } else { ExitCode::SUCCESS }
        }
    }
}
