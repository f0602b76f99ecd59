//! What a verb reads: a file or stdin, and in which format.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::SopsCommandError;
use crate::cli::args::sops::{Formats, InputType, Target};
use crate::file::Original;
use crate::secret::Secret;
use crate::sops::{Document, Format};

/// What was read.
pub(super) enum Input {
    /// A file, which may be replaced.
    File { path: PathBuf, original: Original },
    /// The standard input.
    Stdin(Secret<Vec<u8>>),
}

impl Input {
    /// Reads the file; none, or `-`, is stdin.
    pub(super) fn read(file: Option<&PathBuf>, target: &Target) -> Result<Self, SopsCommandError> {
        if target.in_place && target.output.is_some() {
            return Err(SopsCommandError::Conflict("there can't be both --in-place and --output"));
        }
        match file.filter(|path| path.as_os_str() != "-") {
            Some(path) => Self::file(path),
            None if target.in_place => {
                Err(SopsCommandError::Conflict("stdin can't be replaced: leave --in-place out"))
            }
            None => Self::stdin(),
        }
    }

    /// Reads a file that must exist.
    pub(super) fn file(path: &Path) -> Result<Self, SopsCommandError> {
        if !path.exists() {
            return Err(SopsCommandError::Missing(path.to_owned()));
        }
        // A pipe, as /dev/stdin often is one, has no place to be replaced at.
        if path == Path::new("/dev/stdin") {
            return Self::stdin();
        }
        Ok(Self::File { path: path.to_owned(), original: Original::read(path)? })
    }

    fn stdin() -> Result<Self, SopsCommandError> {
        let mut content = Vec::new();
        io::stdin()
            .read_to_end(&mut content)
            .map_err(|source| SopsCommandError::ReadInput("stdin", source))?;
        Ok(Self::Stdin(Secret::new(content)))
    }

    /// Returns what was read. An encrypted file is public; a plain one goes nowhere but into its ciphertext.
    #[expect(
        clippy::disallowed_methods,
        reason = "the content is parsed, and its values are secrets from there"
    )]
    pub(super) fn content(&self) -> &[u8] {
        match self {
            Self::File { original, .. } => original.content(),
            Self::Stdin(content) => content.expose(),
        }
    }

    /// Returns the name that messages call it by, and that rules and formats are looked for with.
    pub(super) fn name<'a>(&'a self, filename_override: Option<&'a PathBuf>) -> &'a Path {
        match (filename_override, self) {
            (Some(name), _) => name,
            (None, Self::File { path, .. }) => path,
            (None, Self::Stdin(_)) => Path::new("stdin"),
        }
    }

    /// Returns the format that the name or `--input-type` says.
    pub(super) fn format(&self, filename_override: Option<&PathBuf>, wanted: &InputType) -> Format {
        input_format(self.name(filename_override), wanted)
    }

    /// Reads it as an encrypted document.
    pub(super) fn document(
        &self,
        filename_override: Option<&PathBuf>,
        wanted: &InputType,
    ) -> Result<Document, SopsCommandError> {
        let format = self.format(filename_override, wanted);
        let name: Arc<str> = match self {
            Self::File { path, .. } => path.to_string_lossy().into(),
            Self::Stdin(_) => "stdin".into(),
        };
        Ok(Document::parse(self.content(), format, name)?)
    }
}

pub(super) fn input_format(name: &Path, wanted: &InputType) -> Format {
    wanted.input_type.map_or_else(|| Format::of_path(name), Format::from)
}

/// Returns the format of the output: as in sops, the name decides and not `--input-type`.
pub(super) fn output_format(name: &Path, formats: &Formats) -> Format {
    formats.output_type.map_or_else(|| Format::of_path(name), Format::from)
}

/// Refuses to write a file in another format than it was read in.
pub(super) fn refuse_conversion(format: Format, formats: &Formats) -> Result<(), SopsCommandError> {
    match formats.output_type.map(Format::from) {
        Some(wanted) if wanted != format => Err(SopsCommandError::Conflict(
            "a change in place can't change the format: leave --output-type out",
        )),
        Some(_) | None => Ok(()),
    }
}
