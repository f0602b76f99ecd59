//! What the server says when it refuses: a `Status` with code, reason, message and details, in the words of the
//! real server, because clients and people read them.

use http::StatusCode;
use serde_json::{Value as Json, json};

use super::{kind::Kind, rules};
use crate::kubernetes::Cause;
use crate::rehearsal::merge::{ApplyError, Conflicts, PatchError};

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
    pub(super) fn unapplied(error: &ApplyError) -> Self {
        match error {
            ApplyError::Conflicts(conflicts) => Self::owned(conflicts),
            ApplyError::Unfit(_) => Self::new(500, "", error.to_string()),
        }
    }

    fn owned(conflicts: &Conflicts) -> Self {
        let causes = conflicts.causes().iter().map(cause).collect();
        Self { details: json!({}), ..Self::new(409, "Conflict", conflicts.to_string()) }.causes(causes)
    }

    /// A body whose fields hold what they can't.
    pub(super) fn unreadable(kind: &Kind, problem: &str) -> Self {
        let (kind, version) = (&kind.kind, &kind.version);
        Self::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {problem}"))
    }

    /// A patch that makes of an object what its fields can't hold.
    pub(super) fn misfit(patched: &Json, problem: &str) -> Self {
        let shown = patched.to_string();
        let cause = Cause {
            reason: "FieldValueInvalid".into(),
            message: format!("Invalid value: {shown:?}: {problem}"),
            field: "patch".into(),
        };
        Self::invalid_as("", "", "", &[cause])
    }

    /// An object that belongs to no kind, but to a group.
    pub(super) fn invalid_in(group: &str, cause: Cause) -> Self {
        Self::invalid_as("", group, "", &[cause])
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(super) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("{} {name:?} is forbidden: {why}", kind.qualified());
        Self::new(403, "Forbidden", message).of(kind, name)
    }

    /// Nobody knows who asks.
    pub(super) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// Who asks may not do this with a resource; `name` is empty for a collection.
    pub(super) fn forbidden_resource(group: &str, plural: &str, name: &str, why: &str) -> Self {
        let resource = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
        let named = if name.is_empty() { resource } else { format!("{resource} {name:?}") };
        let message = format!("{named} is forbidden: {why}");
        Self { details: details(name, group, plural), ..Self::new(403, "Forbidden", message) }
    }

    /// Who asks may not do this with a path.
    pub(super) fn forbidden_path(why: &str) -> Self {
        Self { details: json!({}), ..Self::new(403, "Forbidden", format!("forbidden: {why}")) }
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
        Self::invalid_as(&kind.kind, &kind.group, name, causes)
    }

    /// An update that does not say which version it changes.
    pub(super) fn unconditional(kind: &Kind, name: &str) -> Self {
        let cause = rules::invalid("metadata.resourceVersion", &0.into(), "must be specified for an update");
        Self::invalid_as(kind.plural(), &kind.group, name, &[cause])
    }

    /// Parameters that the server does not take: `kind` is that of the options, as `PatchOptions`.
    pub(super) fn options(kind: &str, cause: Cause) -> Self {
        Self::invalid_as(kind, "meta.k8s.io", "", &[cause])
    }

    fn invalid_as(kind: &str, group: &str, name: &str, causes: &[Cause]) -> Self {
        let mut listed: Vec<String> = Vec::new();
        for cause in causes {
            let text = format!("{}: {}", cause.field, cause.message);
            // What is found twice is said once.
            if !listed.contains(&text) {
                listed.push(text);
            }
        }
        let text = match listed.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let named = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let message = format!("{named} {name:?} is invalid: {text}");
        let details = details(name, group, kind);
        Self { details, ..Self::new(422, "Invalid", message) }.causes(causes.iter().map(cause).collect())
    }

    /// A scale that can't be.
    pub(super) fn unscaled(name: &str, cause: Cause) -> Self {
        Self::invalid_as("Scale", "autoscaling", name, &[cause])
    }

    /// A precondition of a deletion that does not hold.
    pub(super) fn unmet(kind: &Kind, name: &str, why: &str) -> Self {
        let named =
            if kind.group.is_empty() { kind.kind.clone() } else { format!("{}.{}", kind.kind, kind.group) };
        let message = format!("Operation cannot be fulfilled on {named} {name:?}: {why}");
        Self { details: details(name, &kind.group, &kind.kind), ..Self::new(409, "Conflict", message) }
    }

    pub(super) fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self { details: json!({}), ..Self::new(405, "MethodNotAllowed", message) }
    }

    pub(super) fn not_acceptable() -> Self {
        let message = "406: Not Acceptable\n\nAvailable representations: application/json";
        Self { details: json!({}), ..Self::new(406, "NotAcceptable", message) }
    }

    pub(super) fn unsupported_media(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// A patch in a form that there is none of.
    pub(super) fn unsupported_patch() -> Self {
        Self { details: json!({}), ..Self::new(415, "UnsupportedMediaType", "415: Unsupported Media Type") }
    }

    /// A patch that does not fit what is there.
    pub(super) fn unfitting_patch(error: &PatchError) -> Self {
        match error {
            PatchError::Rejected(_) => {
                Self { details: json!({}), ..Self::new(422, "Invalid", error.to_string()) }
            }
            error => Self::bad_request(error.to_string()),
        }
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

    /// Come back in so many seconds.
    pub(super) fn too_many(seconds: u64) -> Self {
        let message = "too many requests, please try again later";
        Self { details: json!({"retryAfterSeconds": seconds}), ..Self::new(429, "TooManyRequests", message) }
    }

    /// The server is not up yet, or no more.
    pub(super) fn unavailable() -> Self {
        let message = "the server is currently unable to handle the request";
        Self { details: json!({"retryAfterSeconds": 1}), ..Self::new(503, "ServiceUnavailable", message) }
    }

    pub(super) fn retry_after(&self) -> Option<u64> {
        self.details["retryAfterSeconds"].as_u64()
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
        if self.reason.is_empty() {
            body.as_object_mut().map(|body| body.remove("reason"));
        }
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
