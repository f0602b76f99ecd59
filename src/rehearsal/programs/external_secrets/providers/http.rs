//! Requests over the rehearsal's network, with the words of Go's client for what goes wrong.

use std::fmt::Write;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use http::{Method, Request, Response, StatusCode};

use crate::rehearsal::{
    network::{Network, Trust},
    programs::external_secrets::error::Failure,
};

/// One request to a provider.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// The whole URL. It is sent as it is written: Pulumi's double slash stays.
    pub(super) url: String,
    /// The whole value of `Authorization`.
    pub(super) authorization: &'a [u8],
    pub(super) user_agent: &'static str,
    pub(super) headers: &'a [(HeaderName, &'static str)],
    pub(super) body: Option<Vec<u8>>,
}

impl Call<'_> {
    /// Sends the request and returns whatever is answered.
    pub(super) async fn send(self, network: &Network, trust: &Trust) -> Result<Response<Bytes>, Failure> {
        let (method, url) = (self.method.clone(), self.url.clone());
        let failed = |cause: &str| {
            let (first, rest) = method.as_str().split_at(1);
            Failure::said(format!("{first}{} \"{url}\": {cause}", rest.to_lowercase()))
        };
        let Ok(mut authorization) = HeaderValue::from_bytes(self.authorization) else {
            return Err(failed("net/http: invalid header field value for \"Authorization\""));
        };
        authorization.set_sensitive(true);
        let mut request = Request::builder()
            .method(self.method)
            .uri(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, self.user_agent)
            .header(AUTHORIZATION, authorization);
        for (name, value) in self.headers {
            request = request.header(name, *value);
        }
        let request = request.body(Bytes::from(self.body.unwrap_or_default()));
        let request = request.map_err(|_| failed("unsupported protocol scheme \"\""))?;
        let sent = network.call_trusting(request, trust).await;
        sent.map_err(|error| Failure::said(error.text(&method, &url)))
    }
}

/// The header that Pulumi's client asks with.
pub(super) const JSON: (HeaderName, &str) = (ACCEPT, "application/json");

/// Returns a status as Go prints it: `404 Not Found`.
pub(super) fn status_line(status: StatusCode) -> String {
    format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default())
}

/// Returns what `encoding/json` says of a text that is no JSON. What stands in it is not shown but for its first letter.
pub(super) fn not_json(body: &[u8]) -> String {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[' | b'"') => "unexpected end of JSON input".to_owned(),
        Some(first) => format!("invalid character '{}' looking for beginning of value", char::from(*first)),
        None => "unexpected end of JSON input".to_owned(),
    }
}

/// Escapes a text for a query as Go's `url.QueryEscape` does: a space is `+`.
pub(super) fn query_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => escaped.push('+'),
            b'-' | b'_' | b'.' | b'~' => escaped.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => escaped.push(char::from(byte)),
            _ => write!(escaped, "%{byte:02X}").expect("a String takes everything"),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_escaped_as_go_escapes_them() {
        assert_eq!(query_escape("title eq \"Prod ü\""), "title+eq+%22Prod+%C3%BC%22");
    }

    #[test]
    fn a_page_in_place_of_json_is_told_by_its_first_letter() {
        assert_eq!(not_json(b"<html>"), "invalid character '<' looking for beginning of value");
        assert_eq!(not_json(b" 404 page not found"), "invalid character '4' looking for beginning of value");
        assert_eq!(not_json(b""), "unexpected end of JSON input");
    }
}
