//! What makes a store invalid.

use super::{Findings, regex};
use crate::rehearsal::programs::external_secrets::{
    providers::check_pulumi,
    resource::{
        FakeProvider, KeySelector, Kind, KubernetesProvider, Object, OnePasswordProvider, Provider,
        PulumiProvider, Store,
    },
    store::interval,
};

const REQUIRES_NAMESPACE: &str = "cluster scope requires namespace";
const OTHER_NAMESPACE: &str = "namespace should either be empty or match the namespace of the SecretStore for a \
                               namespaced SecretStore";

/// Checks a store of that kind.
pub(super) fn validate(kind: Kind, store: &Object<Store>) -> Findings {
    let mut findings = Findings { errors: unreadable_expressions(store), warnings: Vec::new() };
    if !findings.errors.is_empty() {
        return findings;
    }
    if let Err(failure) = interval(store.spec.refresh_interval.as_ref(), std::time::Duration::ZERO) {
        findings.errors.push(failure.to_string());
        return findings;
    }
    let provider = match store.spec.provider.read() {
        Ok(provider) => provider,
        Err(error) => {
            findings.errors.push(format!("store error for {}: {error}", store.name()));
            return findings;
        }
    };
    let checked = match &provider {
        Provider::OnePassword(provider) => onepassword(kind, store, provider),
        Provider::Kubernetes(provider) => kubernetes(kind, store, provider, &mut findings.warnings),
        Provider::Pulumi(provider) => pulumi(kind, store, provider),
        Provider::Fake(provider) => {
            let name = store.name();
            findings.warnings.push(format!(
                "store {name} isn't currently maintained. Please plan and prepare accordingly."
            ));
            fake(provider)
        }
        Provider::Other(name) => {
            findings
                .warnings
                .push(format!("a rehearsal does not have the provider {name}: nothing is checked"));
            Ok(())
        }
    };
    findings.errors.extend(checked.err());
    findings
}

fn unreadable_expressions(store: &Object<Store>) -> Vec<String> {
    let conditions = store.spec.conditions.iter().enumerate();
    let expressions = conditions.flat_map(|(condition, found)| {
        found.namespace_regexes.iter().enumerate().map(move |(index, text)| (condition, index, text))
    });
    expressions
        .filter_map(|(condition, index, text)| {
            let error = regex::error_of(text)?;
            Some(format!("failed to compile {index}th namespace regex in {condition}th condition: {error}"))
        })
        .collect()
}

fn onepassword(kind: Kind, store: &Object<Store>, provider: &OnePasswordProvider) -> Result<(), String> {
    let selector = &provider.auth.secret_ref.connect_token_secret_ref;
    let checked = if selector.name.is_empty() {
        Err("missing: spec.provider.onepassword.auth.secretRef.connectTokenSecretRef.name".to_owned())
    } else if selector.key.is_empty() {
        Err("missing: spec.provider.onepassword.auth.secretRef.connectTokenSecretRef.key".to_owned())
    } else {
        selected(kind, store, selector).and_then(|()| vaults(provider))
    };
    checked.map_err(|error| format!("received invalid 1Password SecretStore resource: {error}"))
}

fn vaults(provider: &OnePasswordProvider) -> Result<(), String> {
    if provider.vaults.is_empty() {
        return Err("must be at least one vault: spec.provider.onepassword.vaults".to_owned());
    }
    let mut numbers: Vec<i64> = provider.vaults.values().copied().collect();
    numbers.sort_unstable();
    if numbers.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err("vault order numbers must be unique".to_owned());
    }
    let host = &provider.connect_host;
    match go_url_error(host) {
        Some(why) => {
            Err(format!("unable to parse URL: spec.provider.onepassword.connectHost: parse {host:?}: {why}"))
        }
        None => Ok(()),
    }
}

/// Returns what Go's `url.Parse` refuses; it takes nearly everything.
fn go_url_error(text: &str) -> Option<String> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Some("net/url: invalid control character in URL".to_owned());
    }
    if text.starts_with(':') {
        return Some("missing protocol scheme".to_owned());
    }
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let starts_with_letter = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if !(scheme.contains('/') || starts_with_letter && scheme.bytes().all(is_scheme)) {
        return Some("first path segment in URL cannot contain colon".to_owned());
    }
    let authority = rest.strip_prefix("//")?.split(['/', '?', '#']).next().unwrap_or_default();
    // The colons of an IPv6 address stand in brackets.
    let (_, port) = authority.rsplit(']').next().unwrap_or_default().rsplit_once(':')?;
    if port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(format!("invalid port {:?} after host", format!(":{port}")))
}

fn kubernetes(
    kind: Kind,
    store: &Object<Store>,
    provider: &KubernetesProvider,
    warnings: &mut Vec<String>,
) -> Result<(), String> {
    let server = &provider.server;
    if provider.auth_ref.is_none() && server.ca_bundle.is_empty() && server.ca_provider.is_none() {
        let text = "No caBundle or caProvider specified; TLS connections will use system certificate roots.";
        warnings.push(text.to_owned());
    }
    if let Some(from) = &server.ca_provider {
        match (kind, &from.namespace) {
            (Kind::ClusterSecretStore, None) => {
                return Err("CAProvider.namespace must not be empty with ClusterSecretStore".to_owned());
            }
            (Kind::SecretStore, Some(_)) => {
                return Err("CAProvider.namespace must be empty with SecretStore".to_owned());
            }
            _ => {}
        }
    }
    let Some(auth) = &provider.auth else { return Ok(()) };
    if let Some(cert) = &auth.cert {
        named(&cert.client_cert, "ClientCert")?;
        selected(kind, store, &cert.client_cert)?;
    }
    if let Some(token) = &auth.token {
        named(&token.bearer_token, "BearerToken")?;
        selected(kind, store, &token.bearer_token)?;
    }
    if let Some(account) = &auth.service_account {
        not_another(kind, store, account.namespace.as_deref())?;
    }
    Ok(())
}

fn named(selector: &KeySelector, what: &str) -> Result<(), String> {
    if selector.name.is_empty() {
        return Err(format!("{what}.Name cannot be empty"));
    }
    if selector.key.is_empty() {
        return Err(format!("{what}.Key cannot be empty"));
    }
    Ok(())
}

fn pulumi(kind: Kind, store: &Object<Store>, provider: &PulumiProvider) -> Result<(), String> {
    check_pulumi(provider).map_err(|failure| failure.to_string())?;
    match provider.token() {
        Some(selector) => not_another(kind, store, selector.namespace.as_deref()),
        None => Ok(()),
    }
}

fn fake(provider: &FakeProvider) -> Result<(), String> {
    for (index, data) in provider.data.iter().enumerate() {
        if data.key.is_empty() {
            return Err(format!("key must be set in data {index}"));
        }
        if data.value.is_empty() {
            return Err(format!("at least one value must be set in data {index}"));
        }
    }
    Ok(())
}

/// A ClusterSecretStore's references name a namespace.
fn selected(kind: Kind, store: &Object<Store>, selector: &KeySelector) -> Result<(), String> {
    if kind == Kind::ClusterSecretStore && selector.namespace.is_none() {
        return Err(REQUIRES_NAMESPACE.to_owned());
    }
    not_another(kind, store, selector.namespace.as_deref())
}

/// A SecretStore's references name no other namespace.
fn not_another(kind: Kind, store: &Object<Store>, namespace: Option<&str>) -> Result<(), String> {
    if kind == Kind::SecretStore && namespace.is_some_and(|namespace| namespace != store.namespace()) {
        return Err(OTHER_NAMESPACE.to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(kind: Kind, spec: Value) -> Findings {
        let metadata = json!({ "name": "s", "namespace": "n" });
        validate(kind, &serde_json::from_value(json!({ "metadata": metadata, "spec": spec })).unwrap())
    }

    fn connect(token: Value, vaults: Value, host: &str) -> Value {
        json!({ "provider": { "onepassword": { "connectHost": host, "vaults": vaults,
            "auth": { "secretRef": { "connectTokenSecretRef": token } } } } })
    }

    fn error(kind: Kind, spec: Value) -> String {
        check(kind, spec).errors.join("\n")
    }

    #[test]
    fn a_connect_store_needs_a_token_with_namespace_and_vaults_in_order() {
        let token = json!({ "name": "t", "key": "k", "namespace": "n" });
        let cluster = Kind::ClusterSecretStore;
        let prefix = "received invalid 1Password SecretStore resource: ";
        assert_eq!(error(cluster, connect(token.clone(), json!({ "v": 1 }), "http://x:8080")), "");
        let without = json!({ "name": "t", "key": "k" });
        let found = error(cluster, connect(without, json!({ "v": 1 }), "http://x"));
        assert_eq!(found, format!("{prefix}cluster scope requires namespace"));
        let found = error(cluster, connect(json!({ "key": "k" }), json!({ "v": 1 }), "http://x"));
        let path = "spec.provider.onepassword.auth.secretRef.connectTokenSecretRef.name";
        assert_eq!(found, format!("{prefix}missing: {path}"));
        let found = error(cluster, connect(token.clone(), json!({}), "http://x"));
        assert_eq!(found, format!("{prefix}must be at least one vault: spec.provider.onepassword.vaults"));
        let found = error(cluster, connect(token.clone(), json!({ "a": 1, "b": 1 }), "http://x"));
        assert_eq!(found, format!("{prefix}vault order numbers must be unique"));
        let found = error(cluster, connect(token, json!({ "a": 1 }), ":bad"));
        assert!(found.ends_with("connectHost: parse \":bad\": missing protocol scheme"), "{found}");
    }

    #[test]
    fn a_secret_store_may_name_its_own_namespace_alone() {
        let token = |namespace: &str| json!({ "name": "t", "key": "k", "namespace": namespace });
        let store = |namespace| connect(token(namespace), json!({ "v": 1 }), "http://x");
        assert_eq!(error(Kind::SecretStore, store("n")), "");
        assert!(error(Kind::SecretStore, store("other")).contains("should either be empty or match"));
    }

    #[test]
    fn expressions_and_intervals_are_read_before_the_provider() {
        let spec = json!({ "conditions": [{ "namespaceRegexes": ["ok", "[a"] }], "provider": {} });
        let expected = "failed to compile 1th namespace regex in 0th condition: error parsing regexp: missing \
                        closing ]: `[a`";
        assert_eq!(error(Kind::ClusterSecretStore, spec), expected);
        let spec = json!({ "refreshInterval": "soon", "provider": { "fake": { "data": [] } } });
        assert!(error(Kind::ClusterSecretStore, spec).starts_with("invalid refreshInterval: "));
    }

    #[test]
    fn a_store_has_one_provider() {
        let found = error(Kind::ClusterSecretStore, json!({ "provider": {} }));
        let expected =
            "store error for s: secret stores must only have exactly one backend specified, found 0";
        assert_eq!(found, expected);
    }

    #[test]
    fn what_the_rehearsal_lacks_is_a_warning_and_so_is_a_missing_bundle() {
        let vault = check(Kind::ClusterSecretStore, json!({ "provider": { "vault": {} } }));
        assert!(vault.errors.is_empty() && vault.warnings[0].contains("vault"));
        let auth = json!({ "serviceAccount": { "name": "a" } });
        let kubernetes =
            check(Kind::ClusterSecretStore, json!({ "provider": { "kubernetes": { "auth": auth } } }));
        assert!(kubernetes.errors.is_empty() && kubernetes.warnings[0].starts_with("No caBundle"));
    }

    #[test]
    fn fake_data_needs_key_and_value() {
        let fake =
            |data: Value| error(Kind::SecretStore, json!({ "provider": { "fake": { "data": [data] } } }));
        assert_eq!(fake(json!({ "value": "v" })), "key must be set in data 0");
        assert_eq!(fake(json!({ "key": "k" })), "at least one value must be set in data 0");
        assert_eq!(fake(json!({ "key": "k", "value": "v" })), "");
    }

    #[test]
    fn gos_url_parser_takes_nearly_everything() {
        assert_eq!(go_url_error("onepassword-connect"), None);
        assert_eq!(go_url_error("http://x:8080/y"), None);
        assert_eq!(go_url_error("http://[::1]"), None);
        assert_eq!(go_url_error("http://x:y").unwrap(), "invalid port \":y\" after host");
        assert_eq!(go_url_error("1a:b").unwrap(), "first path segment in URL cannot contain colon");
    }
}
