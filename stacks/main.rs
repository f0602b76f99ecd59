//! The binary: the stacks of this repository over the library's command line.

mod onepassword_connect;
mod pulumi_esc;
mod sealed_secrets;

fn main() -> std::process::ExitCode {
    eggtooth::cli::main(&[onepassword_connect::stack(), pulumi_esc::stack(), sealed_secrets::stack()])
}
