//! What the server says when it refuses: a `Status` with code, reason, message and details, in the words of the
//! real server, because clients and people read them.

use http::StatusCode;
use serde_json::{Value as Json, json};

use super::kind::Kind;
use crate::kubernetes::Cause;
use crate::rehearsal::merge::{ApplyError, Conflicts};

/// A refused request.
#[derive(Clone, Debug)]
pub(in crate::rehearsal) struct Refusal {
    pub(in crate::rehearsal) code: u16,
    pub(in crate::rehearsal) reason: &'static str,
    pub(in crate::rehearsal) message: String,
    details: Json,
}

impl Refusal {
    pub(in crate::rehearsal) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), details: Json::Null }
    }

    fn of(mut self, kind: &Kind, name: &str) -> Self {
        self.details = details(name, &kind.group, kind.plural());
        self
    }

    fn causes(mut self, causes: Vec<Json>) -> Self {
        if !self.details.is_object() {
            self.details = json!({});
        }
        self.details["causes"] = causes.into();
        self
    }

    /// No such object.
    pub(super) fn not_found(kind: &Kind, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{} {name:?} not found", kind.qualified())).of(kind, name)
    }

    /// No such path.
    pub(super) fn no_page() -> Self {
        Self {
            details: json!({}),
            ..Self::new(404, "NotFound", "the server could not find the requested resource")
        }
    }

    pub(super) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", kind.qualified());
        Self::new(409, "AlreadyExists", message).of(kind, name)
    }

    pub(super) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} {name:?}: {why}", kind.qualified());
        Self::new(409, "Conflict", message).of(kind, name)
    }

    /// Somebody else changed the object since it was read.
    pub(super) fn stale(kind: &Kind, name: &str) -> Self {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(kind, name, why)
    }

    /// What can't be applied, or belongs to other managers.
    pub(super) fn unapplied(error: &ApplyError, kind: &Kind, namespace: &str, name: &str) -> Self {
        match error {
            ApplyError::Conflicts(conflicts) => Self::owned(conflicts),
            ApplyError::Unfit(problem) => {
                let (version, kind) = (kind.api_version(), &kind.kind);
                let place = format!("{namespace}/{name}; {version}, Kind={kind}");
                Self::new(500, "", format!("failed to create typed patch object ({place}): {problem}"))
            }
        }
    }

    fn owned(conflicts: &Conflicts) -> Self {
        let causes = conflicts.causes().iter().map(cause).collect();
        Self { details: json!({}), ..Self::new(409, "Conflict", conflicts.to_string()) }.causes(causes)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("{} {name:?} is forbidden: {why}", kind.qualified());
        Self::new(403, "Forbidden", message).of(kind, name)
    }

    /// The object's namespace is going away.
    pub(super) fn terminating(kind: &Kind, name: &str, namespace: &str) -> Self {
        let why =
            format!("unable to create new content in namespace {namespace} because it is being terminated");
        let cause = format!("namespace {namespace} is being terminated");
        Self::forbidden(kind, name, &why).causes(vec![
            json!({"reason": "NamespaceTerminating", "message": cause, "field": "metadata.namespace"}),
        ])
    }

    pub(super) fn invalid(kind: &Kind, name: &str, causes: &[Cause]) -> Self {
        let listed: Vec<String> =
            causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let text = match listed.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let named =
            if kind.group.is_empty() { kind.kind.clone() } else { format!("{}.{}", kind.kind, kind.group) };
        let message = format!("{named} {name:?} is invalid: {text}");
        let causes = causes.iter().map(cause).collect();
        let details = details(name, &kind.group, &kind.kind);
        Self { details, ..Self::new(422, "Invalid", message) }.causes(causes)
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self { details: json!({}), ..Self::new(405, "MethodNotAllowed", message) }
    }

    pub(super) fn unsupported_media(content_type: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml; got {content_type:?}"
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// A resource version that the history no longer holds.
    pub(super) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    pub(super) fn internal(message: impl std::fmt::Display) -> Self {
        let message = format!("Internal error occurred: {message}");
        let causes = vec![json!({"message": message.trim_start_matches("Internal error occurred: ")})];
        Self::new(500, "InternalError", message).causes(causes)
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Returns the body.
    pub(in crate::rehearsal) fn body(&self) -> Json {
        let mut body = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if !self.details.is_null() {
            body["details"] = self.details.clone();
        }
        body
    }
}

fn cause(cause: &Cause) -> Json {
    json!({"reason": cause.reason, "message": cause.message, "field": cause.field})
}

fn details(name: &str, group: &str, kind: &str) -> Json {
    let mut details = json!({"name": name, "group": group, "kind": kind});
    if let Some(entries) = details.as_object_mut() {
        entries.retain(|_, value| value != "");
    }
    details
}
