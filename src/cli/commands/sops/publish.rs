//! `sops publish`, to Vault.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Session, SopsCommandError, decrypt::open};
use crate::cli::{args::sops::Publish, exit::Exit, terminal::Terminal};
use crate::file::Original;
use crate::remote::{Meter, ServiceError, Vault, VaultPlace};
use crate::secret::Secret;
use crate::sops::rules::{Configuration, Destination, DestinationRule, VaultDestination};
use crate::sops::{Document, Error, Format};

/// A file on its way to Vault.
struct Publication {
    file: PathBuf,
    address: String,
    place: VaultPlace,
    object: Secret<String>,
}

pub(super) fn run(session: &Session<'_>, arguments: &Publish) -> Result<Exit, SopsCommandError> {
    let Some(path) = arguments.file.path.as_ref() else {
        // As with sops, rules are looked for before files.
        session.needed_configuration(Path::new("file"))?;
        return Err(SopsCommandError::NoFile);
    };
    let configuration = session.needed_configuration(path)?;
    let found = |source| SopsCommandError::Child { act: format!("look at `{}`", path.display()), source };
    let folder = fs::metadata(path).map_err(found)?.is_dir();
    if folder && !arguments.recursive {
        return Err(SopsCommandError::Folder(path.clone()));
    }
    let mut files = Vec::new();
    if folder {
        walk(path, &mut files).map_err(found)?;
    } else {
        files.push(path.clone());
    }
    // Nothing is published before all can be.
    let publications = files
        .into_iter()
        .map(|file| prepare(session, arguments, &configuration, path, file))
        .collect::<Result<Vec<_>, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|source| SopsCommandError::Child { act: "start to ask Vault".to_owned(), source })?;
    let mut vaults: Vec<(String, Vault)> = Vec::new();
    for publication in publications {
        if !arguments.yes && !agree(session, &publication)? {
            let declined = SopsCommandError::Declined(publication.file);
            if arguments.recursive {
                session.terminal.say(&declined.to_string());
                continue;
            }
            return Err(declined);
        }
        let known = vaults.iter().position(|(address, _)| *address == publication.address);
        let index = if let Some(index) = known {
            index
        } else {
            vaults.push((publication.address.clone(), connect(session, &publication.address)?));
            vaults.len() - 1
        };
        runtime.block_on(publish(session, &vaults[index].1, &publication))?;
    }
    Ok(Exit::Done)
}

/// All files of a folder, those of its folders included, in the order of their names.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths {
        if fs::symlink_metadata(&path)?.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// Opens a file and finds its place.
fn prepare(
    session: &Session<'_>,
    arguments: &Publish,
    configuration: &Configuration,
    root: &Path,
    file: PathBuf,
) -> Result<Publication, SopsCommandError> {
    let rule = configuration.destination_for(&file);
    let Some((rule, destination)) = rule.and_then(|rule| Some((rule, rule.destination.as_ref()?))) else {
        return Err(SopsCommandError::NoDestination(file));
    };
    let vault = match destination {
        Destination::S3(bucket) => {
            return Err(SopsCommandError::Publish(format!("the S3 bucket `{bucket}`")));
        }
        Destination::Gcs(bucket) => {
            return Err(SopsCommandError::Publish(format!("the GCS bucket `{bucket}`")));
        }
        Destination::Vault(vault) => vault,
    };
    let place = place(vault, &name(arguments, rule, root, &file));
    let address = vault.address.as_deref().or_else(|| variable(session, "VAULT_ADDR"));
    let address = address.unwrap_or("https://127.0.0.1:8200").trim_end_matches('/').to_owned();
    // Whatever is wrong with the file, sops ends with 1 here.
    let original = Original::read(&file).map_err(|error| SopsCommandError::Child {
        act: format!("read `{}`", file.display()),
        source: io::Error::other(error),
    })?;
    let document = Document::parse(original.content(), Format::of_path(&file), file.to_string_lossy())?;
    let opened = open(session, &document, false)?;
    let object = opened.plain().to_json_object().map_err(|source| {
        SopsCommandError::Sops(Error::Malformed { file: document.name().clone(), source })
    })?;
    Ok(Publication { file, address, place, object })
}

/// The name below the destination: the path below the folder that is published, or the file's name.
fn name(arguments: &Publish, rule: &DestinationRule, root: &Path, file: &Path) -> String {
    let below = if arguments.recursive { file.strip_prefix(root).ok() } else { None };
    // A single file that is published with --recursive is `.` below itself.
    let below = below.filter(|below| !below.as_os_str().is_empty());
    let name = below.unwrap_or_else(|| Path::new(file.file_name().unwrap_or_default()));
    if arguments.omit_extensions || rule.omit_extensions {
        name.with_extension("").to_string_lossy().into_owned()
    } else {
        name.to_string_lossy().into_owned()
    }
}

fn place(vault: &VaultDestination, name: &str) -> VaultPlace {
    VaultPlace {
        mount: vault.mount.clone(),
        path: format!("{}/{name}", vault.path.trim_end_matches('/')),
        engine: vault.engine,
    }
}

/// Asks on the terminal; without one the answer comes from stdin, as sops takes it.
fn agree(session: &Session<'_>, publication: &Publication) -> Result<bool, SopsCommandError> {
    let Publication { file, address, place, .. } = publication;
    let question = format!("Publish `{}` to {address}{}?", file.display(), place.request());
    if session.terminal.can_ask() {
        return Ok(session.terminal.confirm(&question));
    }
    loop {
        Terminal::data(format!("{question} (y/n): ").as_bytes());
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        match (read, answer.trim()) {
            (Ok(_), "y") => return Ok(true),
            (Ok(_), "n") => return Ok(false),
            (Ok(0) | Err(_), _) => return Err(SopsCommandError::Unanswered),
            (Ok(_), _) => {}
        }
    }
}

fn connect(session: &Session<'_>, address: &str) -> Result<Vault, SopsCommandError> {
    let token = match variable(session, "VAULT_TOKEN") {
        Some(token) => token.to_owned(),
        // Where `vault login` leaves it.
        None => session
            .environment
            .home()
            .and_then(|home| fs::read_to_string(home.join(".vault-token")).ok())
            .ok_or(SopsCommandError::NoVaultToken)?,
    };
    Ok(Vault::new(address, &Secret::new(token), variable(session, "VAULT_NAMESPACE").map(str::to_owned))?)
}

fn variable<'a>(session: &'a Session<'_>, name: &str) -> Option<&'a str> {
    session.environment.get(name).filter(|value| !value.is_empty())
}

async fn publish(
    session: &Session<'_>,
    vault: &Vault,
    publication: &Publication,
) -> Result<(), SopsCommandError> {
    let Publication { file, place, object, .. } = publication;
    let meter = Meter::default();
    match vault.read(place, None, &meter).await {
        Ok(Some(there)) if is_same(object, &there) => {
            session.terminal.say(&format!("{} has the values of `{}`", place.request(), file.display()));
            return Ok(());
        }
        Ok(_) => {}
        Err(error @ (ServiceError::Forbidden { .. } | ServiceError::Status { .. })) => {
            session.terminal.say(&format!("warning: what is there now can't be read: {error}"));
        }
        Err(error) => return Err(error.into()),
    }
    vault.write(place, object, &meter).await?;
    session.terminal.say(&format!("`{}` is published to {}", file.display(), place.request()));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "one secret is compared with another")]
fn is_same(object: &Secret<String>, there: &serde_json::Map<String, serde_json::Value>) -> bool {
    serde_json::from_str::<serde_json::Map<_, _>>(object.expose()).is_ok_and(|object| object == *there)
}
