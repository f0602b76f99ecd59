//! `sops git textconv`: a file as git compares it.
//!
//! An unchanged value keeps its ciphertext, so a ciphertext's digest shows what changed, without a key and without a
//! value.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::cli::commands::sops::{
    Session, SopsCommandError,
    decrypt::open,
    diff::{End, values},
};
use crate::cli::{args::sops::GitTextconv, exit::Exit, terminal::Terminal};
use crate::file::Original;
use crate::secret::Secret;
use crate::sops::{Document, Error, Format, Scalar};

pub(super) fn run(session: &Session<'_>, arguments: &GitTextconv) -> Result<Exit, SopsCommandError> {
    let original = Original::read(&arguments.file)?;
    let format = Format::of_path(&arguments.file);
    let document = match Document::parse(original.content(), format, arguments.file.to_string_lossy()) {
        Ok(document) => document,
        // git shows it anyway.
        Err(Error::NotEncrypted { .. }) => {
            Terminal::data(original.content());
            return Ok(Exit::Done);
        }
        Err(error) => return Err(error.into()),
    };
    if arguments.show_values {
        let plain = open(session, &document, false)?.plaintext(document.format())?;
        #[expect(clippy::disallowed_methods, reason = "the user asked for the values")]
        Terminal::data(plain.expose());
    } else {
        Terminal::data(hidden(&document).as_bytes());
    }
    Ok(Exit::Done)
}

fn hidden(document: &Document) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    for (path, end) in values(document.branches()) {
        let _ = match &end {
            End::Null => writeln!(text, "{path}: null"),
            End::Empty(empty) => writeln!(text, "{path}: {empty}"),
            End::Scalar { value, .. } => writeln!(text, "{path}: {}", shown(value)),
        };
    }
    for recipient in document.metadata().recipients() {
        let _ = writeln!(text, "recipient: {recipient}");
    }
    text
}

/// Returns a plain value, and of a ciphertext a digest.
fn shown(value: &Secret<Scalar>) -> String {
    #[expect(clippy::disallowed_methods, reason = "in the file as it lies there all values are public")]
    let text = value.expose().to_text();
    if text.starts_with("ENC[AES256_GCM,") {
        let digest = hex::encode(Sha256::digest(text.as_bytes()));
        return format!("encrypted {}", &digest[..12]);
    }
    serde_json::Value::from(text).to_string()
}
