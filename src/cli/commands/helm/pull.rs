//! `helm pull`.

use std::fs;
use std::path::Path;

use super::HelmCommandError;
use super::find::finder;
use super::session::Session;
use super::verify;
use crate::cli::{args::helm::Pull, exit::Exit};
use crate::file::{self, Privacy};
use crate::helm::chart::Chart;
use crate::helm::repository::{Download, Wanted};

pub(super) async fn run(session: &Session, arguments: &Pull) -> Result<Exit, HelmCommandError> {
    let wanted = arguments.chart.wanted();
    let wanted = Wanted { provenance: wanted.provenance || arguments.prov, ..wanted };
    let download = finder(session, &arguments.chart.connection).download(&wanted).await?;
    if let Some(digest) = &download.manifest {
        session.terminal.print(&format!("Pulled: {}\nDigest: {digest}\n", download.address));
    }
    let signed = &arguments.chart.provenance;
    if signed.verify {
        let verified = verify::download(session, &download, signed.keyring.as_deref())?;
        session.terminal.print(&verify::told(&verified));
    }
    if arguments.untar {
        unpack(&download, &arguments.destination.join(&arguments.untardir))?;
    } else {
        create(&arguments.destination)?;
        let path = arguments.destination.join(&download.file);
        file::write(&path, download.archive.bytes(), Privacy::Usual)?;
        if let Some(provenance) = &download.provenance {
            let path = arguments.destination.join(format!("{}.prov", download.file));
            file::write(&path, provenance, Privacy::Usual)?;
        }
    }
    Ok(Exit::Done)
}

/// Unpacks beside the place and renames, so that a killed run leaves no half chart.
fn unpack(download: &Download, folder: &Path) -> Result<(), HelmCommandError> {
    let files = Chart::files_in(download.archive.bytes())?;
    let chart = Chart::from_files(files.clone())?;
    let target = folder.join(chart.name());
    if target.exists() {
        return Err(HelmCommandError::Exists(target));
    }
    create(folder)?;
    let failed = |source| HelmCommandError::Write { path: folder.to_owned(), source };
    let unpacked = tempfile::Builder::new().prefix(".eggtooth-").tempdir_in(folder).map_err(failed)?;
    for file in files {
        let path = unpacked.path().join(&file.name);
        create(path.parent().unwrap_or(folder))?;
        fs::write(&path, &file.data).map_err(|source| HelmCommandError::Write { path, source })?;
    }
    let unpacked = unpacked.keep();
    let placed = fs::set_permissions(&unpacked, permissions()).and_then(|()| fs::rename(&unpacked, &target));
    placed.map_err(|source| HelmCommandError::Write { path: target, source })
}

/// A temporary folder is its owner's only; a chart is everybody's.
fn permissions() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

fn create(folder: &Path) -> Result<(), HelmCommandError> {
    fs::create_dir_all(folder).map_err(|source| HelmCommandError::Write { path: folder.to_owned(), source })
}
