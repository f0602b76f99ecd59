//! The binary: the stacks of this repository over the library's command line.

mod central_store;
mod cluster_secrets;
mod onepassword_connect;
mod pulumi_esc;
mod sealed_secrets;
mod workload_identity;

fn main() -> std::process::ExitCode {
    eggtooth::cli::main(&[
        central_store::stack(),
        cluster_secrets::stack(),
        onepassword_connect::stack(),
        pulumi_esc::stack(),
        sealed_secrets::stack(),
        workload_identity::stack(),
    ])
}
