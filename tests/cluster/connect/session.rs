//! The credentials that a Connect server was given, and the one mistake everybody makes with them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Credentials;

/// What the real server logs when the credentials have the wrong form.
const WRONG_FORM: &str = "(E) Server: (unable to get credentials and initialize API, retrying in 30s), Wrapped: (failed to \
    FindCredentialsUniqueKey), Wrapped: (failed to loadCredentialsFile), Wrapped: (LoadLocalAuthV2 failed to \
    credentialsDataFromBase64), illegal base64 data at input byte 0";

/// Reads `OP_SESSION`: the path of a file with raw JSON (charts from 2.3.0 on), or base64 of the JSON itself (older ones).
///
/// The wrong form is logged as the real server does and leaves the server without credentials.
pub(crate) fn load() -> Option<Credentials> {
    let session = std::env::var("OP_SESSION").unwrap_or_default();
    let json = if session.starts_with('/') {
        std::fs::read(&session).ok()
    } else {
        STANDARD.decode(session.trim()).ok()
    };
    let credentials = json.as_deref().and_then(Credentials::parse);
    if credentials.is_none() {
        eprintln!("{WRONG_FORM}");
    }
    credentials
}
