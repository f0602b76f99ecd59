//! Where the result of a verb goes: stdout, another file, or the place of the file that was read.

use super::{SopsCommandError, input::Input};
use crate::cli::{args::sops::Target, terminal::Terminal};
use crate::file::{self, Privacy};

/// Writes the result to where the user asked for it. A new file with plain text is its owner's only.
pub(super) fn write(
    content: &[u8],
    input: &Input,
    target: &Target,
    privacy: Privacy,
) -> Result<(), SopsCommandError> {
    match (input, &target.output) {
        (Input::File { original, .. }, None) if target.in_place => {
            original.replace(content)?;
        }
        (_, Some(path)) => file::write(path, content, privacy)?,
        (_, None) => Terminal::data(content),
    }
    Ok(())
}
