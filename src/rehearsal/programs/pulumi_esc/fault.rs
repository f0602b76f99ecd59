//! The ways in which Pulumi's service misbehaves.

use http::Response;

use bytes::Bytes;
use serde_json::json;

use super::server::{answer, error, respond};

/// One way to misbehave, for every request of who has a good token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EscFault {
    /// Requests are accepted, and not answered.
    Hang,
    /// 403: the token is of somebody who may not open the environment.
    Forbidden,
    /// 409: the environment changes at this moment.
    Conflict,
    /// 400 for whatever is opened: the environment has errors, which come with their places.
    Invalid,
    /// 404 for whatever is read by a session, as after its end.
    SessionEnded,
    /// 429: too many requests.
    TooMany,
    /// 500 with a reason.
    InternalError,
    /// 502 with a proxy's HTML page.
    BadGateway,
    /// 200 with the page of a proxy that wants to be signed in to.
    LoginPage,
}

impl EscFault {
    /// Returns the answer to a request for this environment; nothing where the fault does not show.
    pub(super) fn answer(self, environment: &str, opens: bool) -> Option<Response<Bytes>> {
        let page =
            |status, text: &'static str| respond(status, "text/html", Bytes::from_static(text.as_bytes()));
        match self {
            Self::Hang => None,
            Self::Forbidden => Some(error(403, "Forbidden: missing permission environment:open")),
            Self::Conflict => Some(error(409, "Conflict: the environment is being changed")),
            Self::Invalid if opens => Some(invalid(environment)),
            Self::SessionEnded if !opens => Some(error(404, "Not Found: open environment not found")),
            Self::Invalid | Self::SessionEnded => None,
            Self::TooMany => Some(error(429, "Too Many Requests")),
            Self::InternalError => Some(error(500, "Internal Server Error")),
            Self::BadGateway => Some(page(502, "<html><h1>502 Bad Gateway</h1></html>")),
            Self::LoginPage => Some(page(200, "<html><form>Sign in</form></html>")),
        }
    }
}

fn invalid(environment: &str) -> Response<Bytes> {
    let place = |line: u32, column: u32| json!({ "line": line, "column": column, "byte": 0 });
    let range = json!({ "environment": environment, "begin": place(3, 9), "end": place(3, 18) });
    let body = json!({ "code": 400, "message": "Bad Request: environment has errors", "diagnostics": [
        { "range": range, "summary": "unknown property \"feather\"", "severity": "error" },
        { "summary": "evaluation stopped" },
    ] });
    answer(400, &body)
}
