//! `eggtooth seal`: Sealed Secrets without kubeseal, and their key pairs in SOPS.

mod error;
mod pairs;
mod sealing;

use std::collections::BTreeMap;

pub(super) use error::SealCommandError;

use super::with_runtime;
use crate::cli::{
    args::{
        Global,
        seal::{Seal, SealVerb},
    },
    display,
    exit::Exit,
    terminal::Terminal,
};
use crate::kubernetes::Target;

/// Runs a verb to its exit code.
pub(super) fn run(
    command: &Seal,
    global: Global,
    variables: BTreeMap<String, String>,
    terminal: &Terminal,
) -> Exit {
    let target = Target {
        kubeconfig: global.kubeconfig,
        context: global.context,
        environment: variables,
        ..Target::default()
    };
    with_runtime(tokio::runtime::Builder::new_current_thread(), || async {
        match dispatch(command, &target, terminal).await {
            Ok(()) => Exit::Done,
            Err(error) => {
                terminal.say(&display::error(&error, error.hint().as_deref(), terminal.style));
                error.exit()
            }
        }
    })
}

async fn dispatch(command: &Seal, target: &Target, terminal: &Terminal) -> Result<(), SealCommandError> {
    match &command.verb {
        None => sealing::run(&command.sealing, terminal),
        Some(SealVerb::NewKey(arguments)) => pairs::new_key(arguments, target, terminal),
        Some(SealVerb::Backup(arguments)) => pairs::backup(arguments, target, terminal).await,
        Some(SealVerb::Cert(arguments)) => pairs::certificate(arguments, target, terminal),
    }
}
