//! `sops edit`.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use zeroize::Zeroizing;

use super::{
    Session, SopsCommandError,
    child::{OnSignal, Watch},
    create,
    decrypt::open,
    encrypt::encrypt_as,
    input::{input_format, output_format, refuse_conversion},
    private_folder::PrivateFolder,
};
use crate::cli::{args::sops::Edit, display, exit::Exit};
use crate::file::{FileError, Original, Privacy, create as create_file};
use crate::keys::ProcessEnvironment;
use crate::sops::{Document, Format};

pub(super) fn run(session: &Session<'_>, arguments: &Edit) -> Result<Exit, SopsCommandError> {
    let file = arguments.file.as_ref().ok_or(SopsCommandError::NoFile)?;
    if file.exists() { change(session, arguments, file) } else { begin(session, arguments, file) }
}

/// Edits a file that is there.
fn change(session: &Session<'_>, arguments: &Edit, file: &Path) -> Result<Exit, SopsCommandError> {
    let original = Original::read(file)?;
    let format = input_format(file, &arguments.formats.input);
    refuse_conversion(format, &arguments.formats)?;
    let document = Document::parse(original.content(), format, file.to_string_lossy())?;
    let opened = open(session, &document, arguments.mac.ignore)?;
    let keys = arguments.show_master_keys;
    let plain = if keys { opened.editable_with_keys()? } else { opened.editable()? };
    #[expect(clippy::disallowed_methods, reason = "the user wants to edit the document")]
    let editing = Editing::start(session, file, plain.expose())?;
    let content = editing.until(|typed| {
        let now = session.now();
        Ok(if keys { opened.edit_with_keys(typed, now)? } else { opened.edit(typed, now)? })
    })?;
    match original.replace(&content) {
        Err(error @ (FileError::Changed { .. } | FileError::Busy { .. })) => {
            keep(session, file, &content)?;
            Err(error.into())
        }
        replaced => Ok(replaced.map(|_| Exit::Done)?),
    }
}

/// Begins a new file with an example.
fn begin(session: &Session<'_>, arguments: &Edit, file: &Path) -> Result<Exit, SopsCommandError> {
    let from = input_format(file, &arguments.formats.input);
    let to = output_format(file, &arguments.formats);
    let options = create::options(session, file, (from, to), &arguments.keys, &arguments.selectors)?;
    let editing = Editing::start(session, file, example(from).as_bytes())?;
    let content = editing.until(|typed| encrypt_as(session, typed, (from, to), &options, file))?;
    create_file(file, &content, Privacy::Usual)?;
    Ok(Exit::Done)
}

/// What somebody typed must not be lost because somebody else was quicker: it is kept, encrypted, beside the file.
fn keep(session: &Session<'_>, file: &Path, content: &[u8]) -> Result<(), SopsCommandError> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kept = file.with_file_name(format!("mine-{}-{name}", session.now().as_second()));
    create_file(&kept, content, Privacy::Usual)?;
    session.terminal.say(&format!("what you typed is kept, encrypted, in `{}`", kept.display()));
    Ok(())
}

/// The example that a new file begins with.
pub(super) fn example(format: Format) -> &'static str {
    match format {
        Format::Yaml => {
            "# What stands here is encrypted when the editor closes. Replace it by your own.\nexample: a value\nlist:\n    - first\n    - second\n"
        }
        Format::Json => {
            "{\n\t\"example\": \"a value\",\n\t\"list\": [\n\t\t\"first\",\n\t\t\"second\"\n\t]\n}\n"
        }
        Format::Dotenv => "# What stands here is encrypted when the editor closes.\nEXAMPLE=a value\n",
        Format::Ini => "; What stands here is encrypted when the editor closes.\n[example]\nkey = a value\n",
        Format::Binary => "What stands here is encrypted when the editor closes.\n",
    }
}

/// A document in an editor.
struct Editing<'a> {
    session: &'a Session<'a>,
    /// Declared before the watch, so that it is wiped while signals are still caught.
    folder: PrivateFolder,
    watch: Watch,
    path: PathBuf,
    before: Zeroizing<Vec<u8>>,
    editor: Vec<String>,
}

impl<'a> Editing<'a> {
    fn start(session: &'a Session<'a>, file: &Path, plain: &[u8]) -> Result<Self, SopsCommandError> {
        let editor = editor(&session.environment)?;
        let watch = Watch::start(OnSignal::Stop, session.terminal.can_ask())
            .map_err(|source| SopsCommandError::Editor(editor.join(" "), source))?;
        let folder = PrivateFolder::new(&session.environment)?;
        if !folder.is_in_memory() {
            let place = folder.path().display();
            session
                .terminal
                .say(&format!("note: the plain text lies in {place}, on a disk, until the editor closes"));
        }
        // The editor knows by the name what it edits.
        let name = Path::new(file.file_name().unwrap_or_default());
        let path = folder.write(name, plain)?;
        Ok(Self { session, folder, watch, path, before: Zeroizing::new(plain.to_vec()), editor })
    }

    /// Opens the editor until what was typed can be used.
    fn until<T>(&self, work: impl Fn(&[u8]) -> Result<T, SopsCommandError>) -> Result<T, SopsCommandError> {
        loop {
            let typed = self.once()?;
            if typed == self.before {
                return Err(SopsCommandError::Unchanged);
            }
            match work(&typed) {
                Ok(result) => return Ok(result),
                Err(error) => {
                    let terminal = self.session.terminal;
                    terminal.say(&display::error(&error, error.hint().as_deref(), terminal.style));
                    terminal.say("press return to go back to the editor, or Ctrl+C to give up");
                    if !self.watch.wait_for_return() {
                        return Err(SopsCommandError::Stopped);
                    }
                }
            }
        }
    }

    /// Opens the editor once and returns what the file holds when it closes.
    fn once(&self) -> Result<Zeroizing<Vec<u8>>, SopsCommandError> {
        let name = || self.editor.join(" ");
        let (program, arguments) = self.editor.split_first().ok_or(SopsCommandError::NoEditor)?;
        let mut command = Command::new(program);
        self.session.environment.apply(&mut command, &[]);
        command.args(arguments).arg(&self.path);
        let status = self.watch.run(&mut command);
        if self.watch.is_signalled() {
            return Err(SopsCommandError::Stopped);
        }
        let status = status.map_err(|source| SopsCommandError::Editor(name(), source))?;
        if !status.success() {
            return Err(SopsCommandError::EditorFailed(name(), status));
        }
        let path = self.folder.path().join(&self.path);
        fs::read(path)
            .map(Zeroizing::new)
            .map_err(|source| SopsCommandError::ReadInput("what was typed", source))
    }
}

/// Returns the editor's words: that of `SOPS_EDITOR` or `EDITOR`, as in sops, else of `VISUAL`, else a usual one.
pub(in crate::cli::commands) fn editor(
    environment: &ProcessEnvironment,
) -> Result<Vec<String>, SopsCommandError> {
    let named = ["SOPS_EDITOR", "EDITOR", "VISUAL"].into_iter().find_map(|name| environment.get(name));
    if let Some(text) = named {
        let words = shlex::split(text).filter(|words| !words.is_empty());
        let quotes = || io::Error::new(io::ErrorKind::InvalidInput, "its quotes do not match");
        return words.ok_or_else(|| SopsCommandError::Editor(text.to_owned(), quotes()));
    }
    let folders = environment.get("PATH").unwrap_or_default();
    let usual = ["vim", "nano", "vi"];
    let found = usual
        .into_iter()
        .find(|name| std::env::split_paths(folders).any(|folder| folder.join(name).is_file()));
    found.map(|name| vec![name.to_owned()]).ok_or(SopsCommandError::NoEditor)
}
