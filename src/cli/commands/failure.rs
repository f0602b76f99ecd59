//! A failed verb in words and as an exit code.

use crate::cli::{display, exit::Exit, terminal::Terminal};
use crate::workflow::WorkflowError;

/// Tells why a verb failed and returns its exit code.
pub(super) fn report(error: &WorkflowError, terminal: &Terminal) -> Exit {
    terminal.say(&display::error(error, error.hint().as_deref(), terminal.style));
    Exit::of(error)
}
