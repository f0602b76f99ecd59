//! `helm verify`, and `--verify` of the verbs that take a chart.

use std::fmt::Write as _;
use std::path::Path;

use super::HelmCommandError;
use super::session::Session;
use crate::cli::{args::helm::Verify, exit::Exit};
use crate::helm::provenance::{Verified, verify};
use crate::helm::repository::Download;

pub(super) fn run(session: &Session, arguments: &Verify) -> Result<Exit, HelmCommandError> {
    let verified = archive(session, &arguments.archive, arguments.keyring.as_deref())?;
    session.terminal.print(&told(&verified));
    Ok(Exit::Done)
}

/// Verifies an archive that is here, by the file beside it.
pub(super) fn archive(
    session: &Session,
    path: &Path,
    keyring: Option<&Path>,
) -> Result<Verified, HelmCommandError> {
    if path.is_dir() {
        return Err(HelmCommandError::Unpacked(path.to_owned()));
    }
    let mut signature = path.as_os_str().to_owned();
    signature.push(".prov");
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| HelmCommandError::Read { path: path.to_owned(), source })
    };
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    prove(session, (&read(path)?, name), &read(Path::new(&signature))?, keyring)
}

/// Verifies an archive from elsewhere, by what came with it.
pub(super) fn download(
    session: &Session,
    download: &Download,
    keyring: Option<&Path>,
) -> Result<Verified, HelmCommandError> {
    let unsigned = || HelmCommandError::Unsigned(download.address.clone());
    let provenance = download.provenance.as_ref().ok_or_else(unsigned)?;
    prove(session, (download.archive.bytes(), &download.file), provenance, keyring)
}

fn prove(
    session: &Session,
    (archive, name): (&[u8], &str),
    provenance: &[u8],
    keyring: Option<&Path>,
) -> Result<Verified, HelmCommandError> {
    let keyring = session.ring(keyring)?;
    verify(archive, name, provenance, &keyring, session.clock.now())
        .map_err(|source| HelmCommandError::Provenance { file: name.to_owned(), source: Box::new(source) })
}

/// Returns what helm prints of it.
pub(super) fn told(verified: &Verified) -> String {
    let mut text = String::new();
    for name in &verified.signed_by {
        let _ = writeln!(text, "Signed by: {name}");
    }
    let _ = writeln!(text, "Using Key With Fingerprint: {}", verified.fingerprint);
    let _ = writeln!(text, "Chart Hash Verified: {}", verified.digest);
    text
}
