//! The tests: each file offers its trials.

mod background;
mod bootstrap;
mod central_store;
mod cluster_secrets;
mod connect;
mod connect_faults;
mod contract;
mod faults;
mod finder;
mod harness;
mod helm_hooks;
mod helm_kill;
mod helm_life;
mod helm_verbs;
mod kill;
mod leak;
mod lock;
mod node;
mod onepassword_connect;
mod operator;
mod project;
mod pulumi_esc;
mod pulumi_tutorial;
mod ready;
mod release;
mod rotation;
mod sealed_secrets;
mod served;
mod sources;
mod twins;
mod workload_aws;
mod workload_identity;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Runs what the command line asks for; the output is that of any test binary.
pub(crate) fn run() -> ExitCode {
    run_of(false)
}

/// As [`run`], but only what needs no real cluster.
pub(crate) fn run_on_rehearsals() -> ExitCode {
    run_of(true)
}

fn run_of(only_rehearsed: bool) -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> = [
        bootstrap::trials(),
        central_store::trials(),
        cluster_secrets::trials(),
        connect::trials(),
        connect_faults::trials(),
        contract::trials(),
        faults::trials(),
        harness::trials(),
        helm_hooks::trials(),
        helm_kill::trials(),
        helm_life::trials(),
        helm_verbs::trials(),
        kill::trials(),
        leak::trials(),
        lock::trials(),
        node::trials(),
        onepassword_connect::trials(),
        operator::trials(),
        pulumi_esc::trials(),
        pulumi_tutorial::trials(),
        ready::trials(),
        release::trials(),
        rotation::trials(),
        sealed_secrets::trials(),
        served::trials(),
        sources::trials(),
        twins::trials(),
        workload_aws::trials(),
        workload_identity::trials(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if only_rehearsed {
        trials.retain(|trial| trial.name().starts_with("rehearsed::"));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test that fails by panicking.
fn trial(name: &str, run: fn()) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}
