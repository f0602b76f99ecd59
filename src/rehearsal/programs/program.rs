//! What an image does.

use futures::future::BoxFuture;

use super::{Exit, Process};

/// A program that stands for an image.
pub trait Program: Send + Sync + 'static {
    /// Says whether the program stands for `image` when it is started with these arguments (`command` and `args`).
    fn matches(&self, image: &str, arguments: &[String]) -> bool;

    /// Runs until the process ends by itself. The node drops the future to kill it.
    fn run(&self, process: Process) -> BoxFuture<'static, Exit>;
}
