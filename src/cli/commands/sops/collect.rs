//! Encrypted files in folders.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use memchr::memmem;

use super::{Session, SopsCommandError};
use crate::file::FileError;
use crate::sops::rules::Configuration;
use crate::sops::{Document, Error, Format, Selector};

/// A file that is, or should be, encrypted.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) document: Result<Document, Error>,
    /// Whether the user named the file itself.
    pub(super) named: bool,
    /// What a file holds that is not encrypted.
    pub(super) plain: Vec<u8>,
}

/// Files beyond this are no secrets that somebody wrote.
const LARGEST: u64 = 16 << 20;

/// Finds the files: those that are named, and in folders those that are encrypted or that a rule's `path_regex` is for.
pub(super) fn collect(session: &Session<'_>, paths: &[PathBuf]) -> Result<Vec<Found>, SopsCommandError> {
    let mut found = Vec::new();
    for path in paths {
        let read = |source| FileError::Read { path: path.clone(), source };
        if fs::metadata(path).map_err(read)?.is_dir() {
            let configuration = configuration(session, path);
            walk(session, path, configuration.as_ref(), &mut found).map_err(read)?;
        } else {
            let content = fs::read(path).map_err(read)?;
            found.push(parse(path, content, true));
        }
    }
    Ok(found)
}

/// Returns the rules for the files of a folder. That they are broken is told by whoever needs them.
fn configuration(session: &Session<'_>, folder: &Path) -> Option<Configuration> {
    session.configuration(&folder.join("file")).ok().flatten()
}

fn walk(
    session: &Session<'_>,
    folder: &Path,
    configuration: Option<&Configuration>,
    found: &mut Vec<Found>,
) -> io::Result<()> {
    // Caches are not the user's files; so marked are those of cargo and others.
    if folder.join("CACHEDIR.TAG").is_file() {
        return Ok(());
    }
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths {
        let metadata = fs::symlink_metadata(&path)?;
        if metadata.is_dir() {
            if path.file_name().is_none_or(|name| name != ".git") {
                let own = path.join(".sops.yaml").is_file().then(|| self::configuration(session, &path));
                walk(session, &path, own.as_ref().map_or(configuration, Option::as_ref), found)?;
            }
        } else if metadata.is_file() && metadata.len() <= LARGEST {
            let path = path.strip_prefix(".").map_or_else(|_| path.clone(), Path::to_owned);
            // What can't be read can't be committed either.
            let Ok(content) = fs::read(&path) else { continue };
            if is_meant(&path, configuration) || is_encrypted(&path, &content) {
                found.push(parse(&path, content, false));
            }
        }
    }
    Ok(())
}

/// Says whether a rule is for this very file. One that is for each and every file, and encrypts all that is in it, says
/// nothing of a single one.
fn is_meant(path: &Path, configuration: Option<&Configuration>) -> bool {
    let name = path.file_name().unwrap_or_default();
    let Some(configuration) = configuration.filter(|_| name != ".sops.yaml") else { return false };
    let Some(rule) = configuration.rule_for(path).ok().flatten() else { return false };
    let selects = matches!(
        rule.selector,
        Some(Selector::EncryptedSuffix(_) | Selector::EncryptedRegex(_) | Selector::EncryptedCommentRegex(_))
    );
    // No file is called so.
    let for_all = rule.path_regex.as_ref().is_none_or(|regex| regex.is_match("\0"));
    selects || !for_all
}

/// Says whether the file has SOPS's metadata, or seems to have them and can't be read.
fn is_encrypted(path: &Path, content: &[u8]) -> bool {
    let mentions = |word: &str| memmem::find(content, word.as_bytes()).is_some();
    if !mentions("ENC[AES256_GCM,") && !mentions("sops") {
        return false;
    }
    match Document::parse(content, Format::of_path(path), path.to_string_lossy()) {
        Ok(_) => true,
        Err(Error::NotEncrypted { .. }) => false,
        // Texts about SOPS, and its sources, are no documents.
        Err(_) => {
            Format::of_path(path) != Format::Binary && mentions("ENC[AES256_GCM,") && mentions("lastmodified")
        }
    }
}

fn parse(path: &Path, content: Vec<u8>, named: bool) -> Found {
    let document = Document::parse(&content, Format::of_path(path), path.to_string_lossy());
    let plain = if matches!(document, Err(Error::NotEncrypted { .. })) { content } else { Vec::new() };
    Found { path: path.to_owned(), document, named, plain }
}
