//! A store's credentials for a cluster: a bearer token, a service account's token, or a client certificate.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
use kube::Api;
use kube::api::PostParams;

use crate::rehearsal::{
    network::Trust,
    programs::external_secrets::{
        error::Failure,
        providers::{open::Around, secret_key},
        resource::{
            CaProvider, KeySelector, Kind, KubernetesAuth, KubernetesProvider, ServiceAccountSelector,
        },
    },
};

use super::session::Session;

/// How long a service account's token lasts, in seconds.
const EXPIRATION: i64 = 3600;

/// Returns a session with the store's credentials.
pub(crate) async fn open(
    around: &Around,
    kind: Kind,
    provider: &KubernetesProvider,
    namespace: &str,
) -> Result<Session, Failure> {
    if provider.auth_ref.is_some() {
        return Err(Failure::said("a rehearsal does not read kubeconfigs out of Secrets (authRef)"));
    }
    let auth = provider.auth.as_ref().ok_or_else(|| Failure::said("no auth provider given"))?;
    if provider.server.url.is_empty() {
        return Err(Failure::said("no server URL provided"));
    }
    let bundle = bundle(around, kind, provider, namespace).await?;
    let token = token(around, kind, auth, namespace).await?;
    let trust = bundle.map_or(Trust::System, Trust::Bundle);
    Ok(Session::new(around, &provider.server.url, trust, &token))
}

async fn token(
    around: &Around,
    kind: Kind,
    auth: &KubernetesAuth,
    namespace: &str,
) -> Result<Vec<u8>, Failure> {
    match (&auth.token, &auth.service_account, &auth.cert) {
        (Some(token), _, _) => {
            let token = secret_key::read(&around.client, kind, namespace, &token.bearer_token).await;
            token.map_err(|failure| failure.within("could not fetch Auth.Token.BearerToken"))
        }
        (None, Some(account), _) => {
            let token = request_token(around, kind, account, namespace).await;
            token.map_err(|failure| failure.within("could not fetch Auth.ServiceAccount"))
        }
        (None, None, Some(_)) => Err(Failure::said("a rehearsal has no client certificates (auth.cert)")),
        (None, None, None) => Err(Failure::said("no auth provider given")),
    }
}

async fn request_token(
    around: &Around,
    kind: Kind,
    account: &ServiceAccountSelector,
    namespace: &str,
) -> Result<Vec<u8>, Failure> {
    let namespace = match (&account.namespace, kind) {
        (Some(named), Kind::ClusterSecretStore) => named,
        _ => namespace,
    };
    let request = TokenRequest {
        spec: TokenRequestSpec {
            audiences: account.audiences.clone(),
            expiration_seconds: Some(EXPIRATION),
            bound_object_ref: None,
        },
        ..TokenRequest::default()
    };
    let accounts: Api<ServiceAccount> = Api::namespaced(around.client.clone(), namespace);
    let answer = accounts.create_token_request(&account.name, &PostParams::default(), &request).await;
    let answer = answer.map_err(|error| {
        // The operator prints the cause in quotes.
        let cause = Failure::from(error).to_string();
        Failure::said(format!("cannot create service account token: {cause:?}"))
    })?;
    Ok(answer.status.map(|status| status.token).unwrap_or_default().into_bytes())
}

async fn bundle(
    around: &Around,
    kind: Kind,
    provider: &KubernetesProvider,
    namespace: &str,
) -> Result<Option<Vec<u8>>, Failure> {
    let server = &provider.server;
    if !server.ca_bundle.is_empty() {
        // The field is base64 of PEM, or of base64 of PEM.
        let once = STANDARD.decode(&server.ca_bundle).unwrap_or_default();
        let twice = || STANDARD.decode(once.trim_ascii()).unwrap_or_default();
        let pem = if is_pem(&once) { once.clone() } else { twice() };
        if !is_pem(&pem) {
            let text = "failed to parse the new certificate, not valid pem data";
            return Err(Failure::said(text).within("failed to decode ca bundle"));
        }
        return Ok(Some(pem));
    }
    let Some(from) = &server.ca_provider else { return Ok(None) };
    if kind == Kind::ClusterSecretStore && from.namespace.is_none() {
        return Err(Failure::said("missing namespace on caProvider secret"));
    }
    match from.kind.as_str() {
        "Secret" => bundle_of_secret(around, kind, from, namespace).await.map(Some),
        "ConfigMap" => {
            let found = bundle_of_config_map(around, from, namespace).await;
            found.map(Some).map_err(|failure| failure.within("failed to get cert from configmap"))
        }
        other => Err(Failure::said(format!("unsupported CA provider type: {other}"))),
    }
}

fn is_pem(bytes: &[u8]) -> bool {
    bytes.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----")
}

async fn bundle_of_secret(
    around: &Around,
    kind: Kind,
    from: &CaProvider,
    namespace: &str,
) -> Result<Vec<u8>, Failure> {
    let selector =
        KeySelector { name: from.name.clone(), key: from.key.clone(), namespace: from.namespace.clone() };
    let found = secret_key::read(&around.client, kind, namespace, &selector).await;
    found.map_err(|failure| {
        failure.within("failed to resolve secret key ref").within("failed to get cert from secret")
    })
}

async fn bundle_of_config_map(
    around: &Around,
    from: &CaProvider,
    namespace: &str,
) -> Result<Vec<u8>, Failure> {
    let namespace = from.namespace.as_deref().unwrap_or(namespace);
    let maps: Api<ConfigMap> = Api::namespaced(around.client.clone(), namespace);
    let map = maps.get(&from.name).await.map_err(|error| {
        Failure::from(error).within(format!("failed to get caProvider secret {}", from.name))
    })?;
    let value = map.data.unwrap_or_default().remove(&from.key);
    value.map(String::into_bytes).ok_or_else(|| {
        Failure::said(format!("failed to get caProvider configMap {} -> {}", from.name, from.key))
    })
}
