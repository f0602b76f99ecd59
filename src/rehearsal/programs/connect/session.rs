//! The credentials that a Connect server was given, and the one mistake everybody makes with them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::rehearsal::programs::Process;

use super::credentials::Credentials;

/// What the real server logs when the credentials have the wrong form.
const WRONG_FORM: &str = "(E) Server: (unable to get credentials and initialize API, retrying in 30s), Wrapped: (failed to \
    FindCredentialsUniqueKey), Wrapped: (failed to loadCredentialsFile), Wrapped: (LoadLocalAuthV2 failed to \
    credentialsDataFromBase64), illegal base64 data at input byte 0";

/// Reads `OP_SESSION`: the path of a file with raw JSON (charts from 2.3.0 on), or base64 of the JSON itself (older ones).
///
/// The wrong form is logged as the real server does and leaves the server without credentials.
pub(super) fn load(process: &Process) -> Option<Credentials> {
    let session = process.environment.get("OP_SESSION").map(String::as_str).unwrap_or_default();
    let credentials = if session.starts_with('/') {
        process.mounts.read(session).and_then(|file| Credentials::parse(&file))
    } else {
        let json = STANDARD.decode(session.trim()).ok().map(Zeroizing::new);
        json.and_then(|json| Credentials::parse(&json))
    };
    if credentials.is_none() {
        process.log.line(WRONG_FORM);
    }
    credentials
}
