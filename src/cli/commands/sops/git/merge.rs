//! `sops git merge`: git's merge driver for encrypted files.
//!
//! Merged as they lie there, two sides always conflict: in the MAC and the time of encryption. So the plain texts are
//! merged, in a private folder, and the result is encrypted into the file whose keys are the right ones.

use std::{fs, path::Path, process::Command};

use zeroize::Zeroizing;

use crate::cli::commands::sops::{
    Session, SopsCommandError,
    child::{OnSignal, Watch},
    decrypt::open,
    private_folder::PrivateFolder,
};
use crate::cli::{args::sops::GitMerge, exit::Exit};
use crate::file::Original;
use crate::secret::Secret;
use crate::sops::{self, Document, Format, Opened};

pub(super) fn run(session: &Session<'_>, arguments: &GitMerge) -> Result<Exit, SopsCommandError> {
    let name = arguments.path.as_deref().unwrap_or(&arguments.ours);
    let read = |path: &Path| -> Result<(Original, Opened), SopsCommandError> {
        let original = Original::read(path)?;
        let document = Document::parse(original.content(), Format::of_path(name), name.to_string_lossy())?;
        let opened = open(session, &document, false)?;
        Ok((original, opened))
    };
    let (_, ancestor) = read(&arguments.ancestor)?;
    let (target, ours) = read(&arguments.ours)?;
    let (_, theirs) = read(&arguments.theirs)?;
    let base = base(&ancestor, &ours, &theirs)?;
    let merged = merge(session, name, [&ours, &ancestor, &theirs])?;
    let content = match base {
        Base::Ours => ours.edit(&merged, session.now())?,
        Base::Theirs => theirs.edit(&merged, session.now())?,
    };
    target.replace(&content)?;
    Ok(Exit::Done)
}

/// The side whose keys the result has.
enum Base {
    Ours,
    Theirs,
}

/// Whoever was taken away from a file must not come back with a merge.
fn base(ancestor: &Opened, ours: &Opened, theirs: &Opened) -> Result<Base, SopsCommandError> {
    let keys = |side: &Opened| {
        let metadata = side.document().metadata();
        let mut keys = metadata.recipients();
        keys.sort();
        (keys, metadata.groups.len(), metadata.shamir_threshold)
    };
    let (ancestor, ours, theirs) = (keys(ancestor), keys(ours), keys(theirs));
    if theirs == ancestor || ours == theirs {
        Ok(Base::Ours)
    } else if ours == ancestor {
        Ok(Base::Theirs)
    } else {
        Err(SopsCommandError::Merge(
            "both sides changed who can open the file: take one side, then run `eggtooth sops updatekeys`"
                .to_owned(),
        ))
    }
}

/// A way to write the plain text of a side.
type Form = fn(&Opened, Format) -> Result<Secret<Vec<u8>>, sops::Error>;

/// Merges the plain texts with git: as they are laid out, and where that conflicts, as sops would lay them out.
fn merge(
    session: &Session<'_>,
    name: &Path,
    sides: [&Opened; 3],
) -> Result<Zeroizing<Vec<u8>>, SopsCommandError> {
    let failed = |source| SopsCommandError::Git { act: "merge-file".to_owned(), source };
    let watch = Watch::start(OnSignal::Stop, session.terminal.can_ask()).map_err(failed)?;
    let format = sides[0].document().format();
    let forms: [Form; 2] = [|side, _| side.editable(), Opened::plaintext];
    let mut conflicts = 0;
    for form in forms {
        let folder = PrivateFolder::new(&session.environment)?;
        let mut paths = Vec::new();
        for (side, label) in sides.into_iter().zip(["ours", "ancestor", "theirs"]) {
            let plain = form(side, format)?;
            #[expect(clippy::disallowed_methods, reason = "git merges the plain texts in a private folder")]
            paths.push(folder.write(Path::new(label), plain.expose())?);
        }
        let mut command = Command::new("git");
        session.environment.apply(&mut command, &[]);
        command.args(["merge-file", "--quiet"]).args(&paths);
        let status = watch.run(&mut command).map_err(failed)?;
        match status.code() {
            Some(0) => return fs::read(&paths[0]).map(Zeroizing::new).map_err(failed),
            Some(number @ 1..=127) => conflicts = number,
            _ => {
                let message = status.to_string();
                return Err(SopsCommandError::GitFailed { act: "merge-file".to_owned(), message });
            }
        }
    }
    // The conflicts themselves are secret.
    let (file, noun) = (name.display(), if conflicts == 1 { "conflict" } else { "conflicts" });
    Err(SopsCommandError::Merge(format!(
        "`{file}` has {conflicts} {noun}, and stays as it is on our side\n  see both sides: eggtooth sops diff :2:{file} :3:{file}\n  then edit it (eggtooth sops edit {file}) and add it (git add {file})"
    )))
}
