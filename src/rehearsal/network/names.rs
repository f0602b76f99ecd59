//! The names that a pod can look up.

/// The cluster's domain.
const DOMAIN: &str = "cluster.local";

/// Splits a host name into namespace and Service as the search list of a pod in `namespace` would: the name alone,
/// `SERVICE.NAMESPACE`, `….svc` and `….svc.cluster.local` are the same Service.
pub(super) fn service<'a>(host: &'a str, namespace: &'a str) -> Option<(&'a str, &'a str)> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let inner = host.strip_suffix(DOMAIN).and_then(|inner| inner.strip_suffix('.'));
    let (inner, whole) = (inner.unwrap_or(host), inner.is_some());
    let parts: Vec<&str> = inner.split('.').collect();
    match parts[..] {
        [service, namespace, "svc"] => Some((namespace, service)),
        [service, namespace] if !whole => Some((namespace, service)),
        [service] if !whole => Some((namespace, service)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_services_name_is_the_same_service() {
        for host in
            ["connect", "connect.op", "connect.op.svc", "connect.op.svc.cluster.local", "connect.op.svc."]
        {
            assert_eq!(service(host, "op"), Some(("op", "connect")), "{host}");
        }
        for host in ["connect.op.cluster.local", "a.b.c.svc", "api.example.com", "connect.cluster.local"] {
            assert_eq!(service(host, "op"), None, "{host}");
        }
    }
}
