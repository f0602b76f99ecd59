//! A stack of one's own: an image-pull Secret in each of a team's namespaces.
//!
//! `own-stack up ENVIRONMENT`, and every other verb, work as in `eggtooth`: only the stacks are others.

mod image_pull;

fn main() -> std::process::ExitCode {
    eggtooth::cli::main(&[image_pull::stack()])
}
