//! The API server's own account of a failure, and what it means: wait, give up, or tell who is in the way.

use std::fmt;

use super::Conflict;

/// A `metav1.Status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Status {
    /// The HTTP status.
    pub code: u16,
    /// One word, as `Conflict`.
    pub reason: String,
    /// The sentence.
    pub message: String,
    /// More about it.
    pub details: Details,
}

/// The details of a [`Status`].
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Details {
    /// One entry a cause.
    pub causes: Vec<Cause>,
    /// How long to wait before the next try.
    pub retry_after_seconds: u64,
}

/// One cause of a [`Status`].
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(default)]
pub struct Cause {
    /// One word, as `FieldManagerConflict`.
    pub reason: String,
    /// The sentence.
    pub message: String,
    /// The field's path.
    pub field: String,
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message.as_str() {
            "" => write!(formatter, "{} {}", self.code, self.reason),
            message => formatter.write_str(message),
        }
    }
}

/// Sentences of a webhook or a kind that is not there *yet*: the controller is still starting.
const NOT_YET: [&str; 8] = [
    "connection refused",
    "no endpoints available for service",
    "x509: certificate signed by unknown authority",
    "x509: certificate is not valid",
    "the object has been modified",
    "the server could not find the requested resource",
    "EOF",
    "connection reset by peer",
];

impl Status {
    /// Reads a failure's body; one that is no `Status` (a proxy's page) becomes a short message.
    pub(super) fn read(code: u16, body: &[u8]) -> Self {
        let mut status: Self = serde_json::from_slice(body).unwrap_or_else(|_| Self {
            message: String::from_utf8_lossy(body).trim().chars().take(200).collect(),
            ..Self::default()
        });
        status.code = code;
        status
    }

    /// Says whether the request is worth another try at once: the server is busy or changes hands.
    pub fn is_busy(&self) -> bool {
        matches!(self.code, 429 | 502 | 503 | 504)
            || (self.code == 500 && matches!(self.reason.as_str(), "ServerTimeout" | "Timeout"))
            || (self.code == 500
                && ["etcdserver:", "leader changed", "unexpected EOF"]
                    .iter()
                    .any(|word| self.message.contains(word)))
    }

    /// Says whether an admission webhook could not be reached yet, so that waiting helps.
    ///
    /// A webhook that answered `denied the request` never counts, nor one that no network path leads to.
    pub fn is_webhook_starting(&self) -> bool {
        self.code == 500
            && self.message.contains("failed calling webhook")
            && !self.message.contains("denied the request")
            && NOT_YET.iter().any(|word| self.message.contains(word))
    }

    /// Says whether a webhook looked at the object and refused it: final.
    pub fn is_denied(&self) -> bool {
        self.message.contains("denied the request")
    }

    /// Says whether a field can't be changed in place: the object must be made anew.
    pub fn is_immutable(&self) -> bool {
        self.code == 422
            && (self.message.contains("field is immutable") || self.message.contains("may not be changed"))
    }

    /// Returns the fields that other managers own, when that is why the server refused.
    pub fn conflicts(&self) -> Vec<Conflict> {
        self.details
            .causes
            .iter()
            .filter(|cause| cause.reason == "FieldManagerConflict")
            .map(|cause| Conflict { manager: owner(&cause.message), field: cause.field.clone() })
            .collect()
    }

    /// Returns what to do about it, where the facts of the field know.
    pub(super) fn hint(&self) -> Option<String> {
        let message = self.message.as_str();
        let hint = if message.contains("failed calling webhook") {
            if message.contains("service \"") && message.contains("not found") {
                "a webhook configuration of a removed release is left: delete it"
            } else if message.contains("context deadline exceeded") {
                "the control plane can't reach the webhook's pod: open the firewall, or set webhook.hostNetwork or webhook.port"
            } else if message.contains("x509: certificate is valid for") {
                "something else answers on the webhook's port (the kubelet on Fargate): set webhook.port"
            } else {
                "the webhook does not serve yet: look at its pod"
            }
        } else if message.contains("must be specified in spec.versions")
            || message.contains("must appear in spec.versions")
            || message.contains("missing from spec.versions")
        {
            "objects are stored in an old version: rewrite them and patch the definition's status.storedVersions first"
        } else if self.code == 401 {
            "the cluster does not accept the credentials of this context"
        } else if self.code == 403 && !self.is_denied() {
            "the user of this context lacks the permission"
        } else {
            return None;
        };
        Some(hint.into())
    }
}

/// Takes the manager out of `conflict with "kubectl-edit" using apps/v1 at 2024-…`.
fn owner(message: &str) -> String {
    let rest = message.strip_prefix("conflict with ").unwrap_or(message);
    let mut parts = rest.splitn(3, '"');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(""), Some(name), Some(rest)) => format!("{name}{rest}"),
        _ => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, message: &str) -> Status {
        Status { code, message: message.into(), ..Status::default() }
    }

    #[test]
    fn a_webhook_that_starts_is_waited_for_and_one_that_denies_is_not() {
        let call = "Internal error occurred: failed calling webhook \"validate.x\": failed to call webhook: Post \"https://w.ns.svc:443/v?timeout=5s\": ";
        for (rest, wait) in [
            ("dial tcp 10.0.0.1:10250: connect: connection refused", true),
            ("no endpoints available for service \"external-secrets-webhook\"", true),
            ("tls: failed to verify certificate: x509: certificate signed by unknown authority", true),
            ("service \"external-secrets-webhook\" not found", false),
            ("context deadline exceeded", false),
            ("x509: certificate is valid for ip-10-0-0-1, not external-secrets-webhook.ns.svc", false),
        ] {
            assert_eq!(status(500, &format!("{call}{rest}")).is_webhook_starting(), wait, "{rest}");
        }
        let denied = status(403, "admission webhook \"validate.x\" denied the request: no EOF");
        assert!(denied.is_denied() && !denied.is_webhook_starting() && !denied.is_busy());
    }

    #[test]
    fn a_conflict_names_its_owner_and_field() {
        let body =
            br#"{"kind":"Status","reason":"Conflict","details":{"causes":[{"reason":"FieldManagerConflict",
            "message":"conflict with \"kubectl-edit\" using apps/v1","field":".spec.replicas"}]}}"#;
        let conflicts = Status::read(409, body).conflicts();
        assert_eq!(conflicts[0].to_string(), ".spec.replicas is owned by kubectl-edit using apps/v1");
    }

    #[test]
    fn a_page_of_a_proxy_is_cut_short() {
        let status = Status::read(502, "x".repeat(9000).as_bytes());
        assert!(status.is_busy() && status.message.len() == 200);
    }
}
