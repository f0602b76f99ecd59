//! `completion`.

use clap::CommandFactory as _;

use crate::cli::{args::Arguments, exit::Exit, terminal::Terminal};

pub(super) fn run(shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "eggtooth", &mut script);
    Terminal::data(&script);
    Exit::Done
}
