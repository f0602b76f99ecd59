//! `eggtooth sops`: a verb a file. Words, files and exit codes are those of sops.
//!
//! What is secret leaves on three ways only: stdout, the file that was asked for, and the child that a command is for.

mod check;
mod child;
mod collect;
mod create;
mod decrypt;
mod diff;
mod edit;
mod encrypt;
mod error;
mod exec;
mod exec_env;
mod exec_file;
mod filestatus;
mod git;
mod groups;
mod init;
mod input;
mod output;
mod private_folder;
mod publish;
mod recipients;
mod rotate;
mod session;
mod set;
mod unset;
mod updatekeys;

use std::collections::BTreeMap;

pub(super) use child::{OnSignal, Watch};
pub(super) use edit::editor;
pub(super) use error::SopsCommandError;
pub(super) use private_folder::PrivateFolder;
use session::Session;

use crate::cli::{
    args::sops::{Sops, SopsCommand},
    display,
    exit::Exit,
    terminal::Terminal,
};

/// Runs a verb to its exit code.
pub(super) fn run(
    command: &Sops,
    json: bool,
    variables: &BTreeMap<String, String>,
    terminal: &Terminal,
) -> Exit {
    let session = Session::new(&command.options, json, variables, terminal);
    match dispatch(&session, &command.command) {
        Ok(exit) => exit,
        Err(error) => {
            terminal.say(&display::error(&error, error.hint().as_deref(), terminal.style));
            error.exit()
        }
    }
}

fn dispatch(session: &Session<'_>, command: &SopsCommand) -> Result<Exit, SopsCommandError> {
    session.check_options()?;
    match command {
        SopsCommand::Decrypt(arguments) => decrypt::run(session, arguments),
        SopsCommand::Encrypt(arguments) => encrypt::run(session, arguments),
        SopsCommand::Edit(arguments) => edit::run(session, arguments),
        SopsCommand::Set(arguments) => set::run(session, arguments),
        SopsCommand::Unset(arguments) => unset::run(session, arguments),
        SopsCommand::Rotate(arguments) => rotate::run(session, arguments),
        SopsCommand::Updatekeys(arguments) => updatekeys::run(session, arguments),
        SopsCommand::Groups(command) => groups::run(session, command),
        SopsCommand::Filestatus(arguments) => filestatus::run(arguments),
        SopsCommand::ExecEnv(arguments) => exec_env::run(session, arguments),
        SopsCommand::ExecFile(arguments) => exec_file::run(session, arguments),
        SopsCommand::Publish(arguments) => publish::run(session, arguments),
        SopsCommand::Check(arguments) => check::run(session, arguments),
        SopsCommand::Init(arguments) => init::run(session, arguments),
        SopsCommand::Recipients(arguments) => recipients::run(session, arguments),
        SopsCommand::Diff(arguments) => diff::run(session, arguments),
        SopsCommand::Git(command) => git::run(session, command),
    }
}
