//! What an object may be called.

use serde_json::Value as Json;

use super::invalid;
use crate::kubernetes::Cause;
use crate::rehearsal::api::kind::Kind;

pub(super) const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SERVICE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/// Returns what is wrong with an object's name.
pub(super) fn check(kind: &Kind, object: &Json) -> Option<Cause> {
    let given = &object["metadata"]["name"];
    let name = given.as_str().unwrap_or_default();
    let (fits, why, most) = match kind.qualified().as_str() {
        // Roles are called what their authors like: only a path must come of it.
        resource if resource.ends_with("rbac.authorization.k8s.io") => {
            (!matches!(name, "." | "..") && !name.contains(['/', '%']), "may not contain '/' or '%'", 253)
        }
        "namespaces" if name.contains('.') => (false, "must not contain dots", 63),
        "namespaces" => (is_label(name), LABEL, 63),
        "services" => (is_label(name) && !name.starts_with(|c: char| c.is_ascii_digit()), SERVICE, 63),
        _ => (is_subdomain(name), SUBDOMAIN, 253),
    };
    if name.len() > most {
        return Some(invalid("metadata.name", given, &format!("must be no more than {most} characters")));
    }
    (!fits).then(|| invalid("metadata.name", given, why))
}

pub(super) fn is_subdomain(name: &str) -> bool {
    name.split('.').all(is_label)
}

fn is_label(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.chars().all(fits) && !name.starts_with('-') && !name.ends_with('-')
}
