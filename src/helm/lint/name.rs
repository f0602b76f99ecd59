//! What objects of a kind may be called.

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const OLD_LABEL: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/// Returns what the API server will say against the name, if it will.
pub(super) fn problem(kind: &str, name: &str) -> Option<String> {
    match kind {
        "Namespace" => dotless(name, 63, LABEL, is_label),
        "Service" => dotless(name, 63, OLD_LABEL, |name| {
            is_label(name) && name.starts_with(|first: char| first.is_ascii_lowercase())
        }),
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" | "CertificateSigningRequest" => {
            segment(name)
        }
        _ => {
            let fits = name.split('.').all(is_label);
            too_long(name, 253).or_else(|| (!fits).then(|| SUBDOMAIN.to_owned()))
        }
    }
}

fn dotless(name: &str, limit: usize, rule: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let long = too_long(name, limit);
    if long.is_some() || fits(name) {
        return long;
    }
    // The namespace's validation looks for dots first.
    if rule == LABEL && name.contains('.') && name.split('.').all(is_label) {
        return Some("must not contain dots".to_owned());
    }
    Some(rule.to_owned())
}

fn too_long(name: &str, limit: usize) -> Option<String> {
    (name.len() > limit).then(|| format!("must be no more than {limit} characters"))
}

fn is_label(text: &str) -> bool {
    let is_inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(is_inner)
        && bytes.last().is_some_and(is_inner)
        && bytes.iter().all(|byte| is_inner(byte) || *byte == b'-')
}

/// A name that is only a part of a path.
fn segment(name: &str) -> Option<String> {
    match name {
        "." | ".." => Some(format!("may not be '{name}'")),
        name => ["/", "%"]
            .iter()
            .find(|part| name.contains(*part))
            .map(|part| format!("may not contain '{part}'")),
    }
}
