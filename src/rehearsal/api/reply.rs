//! What the server answers, and in which form the client wants it.

use std::convert::Infallible;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use serde_json::Value as Json;

use super::refusal::Refusal;

/// A body that may never end.
pub(in crate::rehearsal) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// An answer before it is written.
pub(super) struct Reply {
    pub(super) code: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) warnings: Vec<String>,
    /// In how many seconds the client may come back.
    retry_after: Option<u64>,
    pub(super) body: Body,
}

pub(super) const JSON: &str = "application/json";

impl Reply {
    pub(super) fn json(code: StatusCode, json: &Json) -> Self {
        Self::bytes(code, JSON, serde_json::to_vec(json).unwrap_or_default())
    }

    /// Answers for a path that nobody serves.
    pub(super) fn nowhere() -> Self {
        Self::bytes(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "404 page not found\n")
    }

    pub(super) fn bytes(code: StatusCode, content_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        Self {
            code,
            content_type,
            warnings: Vec::new(),
            retry_after: None,
            body: Full::new(bytes.into()).boxed_unsync(),
        }
    }

    /// Answers with one line after the other.
    pub(super) fn stream(lines: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        let frames = lines.map(|line| Ok(Frame::data(line)));
        Self {
            code: StatusCode::OK,
            content_type: JSON,
            warnings: Vec::new(),
            retry_after: None,
            body: StreamBody::new(frames).boxed_unsync(),
        }
    }

    pub(super) fn warn(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.code;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        for warning in self.warnings {
            let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
            if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
                headers.append(header::WARNING, value);
            }
        }
        response
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let reply = Self::json(refusal.status(), &refusal.body());
        Self { retry_after: refusal.retry_after(), ..reply }
    }
}

/// The form of objects in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As they are.
    Whole,
    /// Only their metadata.
    Metadata,
    /// As rows of a table, for people.
    Table,
}

impl Form {
    /// Reads an `Accept` header. What the client would like best and this server can't write, as protobuf, is passed
    /// over.
    pub(super) fn accepted(accept: &str) -> Result<Self, Refusal> {
        if accept.is_empty() {
            return Ok(Self::Whole);
        }
        for wanted in accept.split(',') {
            let mut parts = wanted.split(';').map(str::trim);
            if !matches!(parts.next(), Some("application/json" | "*/*" | "application/*")) {
                continue;
            }
            let parameter = |name: &str| {
                let mut parts = wanted.split(';').map(str::trim);
                parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
            };
            match parameter("as").as_deref() {
                None => return Ok(Self::Whole),
                Some(_) if parameter("v").as_deref() != Some("v1") => {}
                Some("Table") => return Ok(Self::Table),
                Some("PartialObjectMetadata" | "PartialObjectMetadataList") => return Ok(Self::Metadata),
                Some(_) => {}
            }
        }
        Err(Refusal::not_acceptable())
    }
}
