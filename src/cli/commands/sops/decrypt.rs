//! `sops decrypt`.

use std::path::Path;

use super::{
    Session, SopsCommandError, create,
    input::{Input, output_format},
    output,
};
use crate::cli::{args::sops::Decrypt, exit::Exit};
use crate::file::Privacy;
use crate::secret::Secret;
use crate::sops::{Document, Format, Opened, ValuePath};

pub(super) fn run(session: &Session<'_>, arguments: &Decrypt) -> Result<Exit, SopsCommandError> {
    let target = &arguments.target;
    let input = Input::read(arguments.file.path.as_ref(), target)?;
    let path: ValuePath =
        arguments.extract.as_deref().unwrap_or_default().parse().map_err(SopsCommandError::ExtractPath)?;
    let name = target.filename_override.as_ref();
    let document = input.document(name, &arguments.formats.input)?;
    let format = match arguments.formats.output_type {
        // Without a name, the format that stdin was read in is the better guess than sops's, which is binary.
        None if matches!(input, Input::Stdin(_)) && name.is_none() => document.format(),
        _ => output_format(input.name(name), &arguments.formats),
    };
    let opened = open(session, &document, arguments.mac.ignore)?;
    let plain = if path.steps().is_empty() {
        plaintext(session, &opened, format, input.name(name))?
    } else {
        opened.get(&path, format)?
    };
    #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
    output::write(plain.expose(), &input, target, Privacy::Private)?;
    Ok(Exit::Done)
}

/// Returns the document with the indent that the command line or `.sops.yaml` wants.
fn plaintext(
    session: &Session<'_>,
    opened: &Opened,
    format: Format,
    name: &Path,
) -> Result<Secret<Vec<u8>>, SopsCommandError> {
    // A broken `.sops.yaml` must not keep anybody from a secret: it is the matter of `check`.
    let configuration = session.configuration(name).unwrap_or_default();
    let indent = create::indent(session, configuration.as_ref(), format);
    Ok(opened.plaintext_indented(format, indent)?)
}

/// Opens a document with the keys at hand.
pub(super) fn open(
    session: &Session<'_>,
    document: &Document,
    ignore_mac: bool,
) -> Result<Opened, SopsCommandError> {
    let identities = session.identities();
    let opened =
        if ignore_mac { document.open_ignoring_mac(&identities) } else { document.open(&identities) };
    Ok(opened?)
}
