//! Plain documents in another format.

use crate::secret::Secret;

use super::decrypt::Plain;
use super::document::text_of;
use super::error::{Error, Problem};
use super::format::Format;
use super::section::is_metadata;
use super::source::Source;

/// Writes a plain document, which messages call `name`, in another format.
///
/// Binary files have no values that another format could hold, so they are refused on either side.
///
/// ```
/// use eggtooth::sops::{Format, convert};
///
/// let json = convert(b"A=1\n", Format::Dotenv, Format::Json, "nest.env")?;
/// # #[expect(clippy::disallowed_methods, reason = "an example")]
/// assert_eq!(json.expose(), b"{\n\t\"A\": \"1\"\n}\n");
/// # Ok::<(), eggtooth::sops::Error>(())
/// ```
pub fn convert(plain: &[u8], from: Format, to: Format, name: &str) -> Result<Secret<Vec<u8>>, Error> {
    let malformed = |source| Error::Malformed { file: name.into(), source };
    if from == Format::Binary || to == Format::Binary {
        let source = Problem::Format("a binary file has no values to be written in another format");
        return Err(Error::Print { file: name.into(), format: to, source });
    }
    let source = Source::read(text_of(plain).map_err(malformed)?, from).map_err(malformed)?;
    let branches = source.into_branches();
    if branches.iter().flatten().any(|entry| is_metadata(entry, from)) {
        return Err(Error::AlreadyEncrypted { file: name.into() });
    }
    let printed = Plain { format: from, branches }.to_text(to);
    printed.map_err(|source| Error::Print { file: name.into(), format: to, source })
}
