//! From a store to its provider: the credentials are read, nothing is asked of it yet.

use kube::Client;

use crate::rehearsal::{
    network::Network,
    programs::external_secrets::{
        error::Failure,
        resource::{Kind, KubernetesAuth, KubernetesProvider, Object, Provider, PulumiProvider, Store},
    },
};

use super::client::{Access, ProviderClient};
use super::connect::Connect;
use super::fake::{Fake, FakeSecrets};
use super::kubernetes::{self, Kubernetes};
use super::pulumi::Pulumi;
use super::secret_key;

/// What providers need of the world.
#[derive(Clone)]
pub(crate) struct Around {
    pub(crate) client: Client,
    pub(crate) network: Network,
    pub(crate) fake: FakeSecrets,
}

/// Returns what a provider can do, and how it is called where the rehearsal has it.
pub(crate) fn capabilities(store: &Object<Store>) -> Result<Access, Failure> {
    match provider(store)? {
        Provider::Pulumi(_) => Ok(Access::ReadOnly),
        Provider::OnePassword(_) | Provider::Kubernetes(_) | Provider::Fake(_) => Ok(Access::ReadWrite),
        Provider::Other(name) => Err(absent(&name, store.name())),
    }
}

/// Opens a store's provider for a namespace; for the store's own check that is the store's, empty for the cluster's.
pub(crate) async fn open(
    around: &Around,
    kind: Kind,
    store: &Object<Store>,
    namespace: &str,
) -> Result<ProviderClient, Failure> {
    match provider(store)? {
        Provider::OnePassword(provider) => {
            let selector = &provider.auth.secret_ref.connect_token_secret_ref;
            let token = secret_key::read(&around.client, kind, namespace, selector).await?;
            let network = around.network.clone();
            let connect = Connect::new(network, &provider.connect_host, &token, provider.vaults);
            Ok(ProviderClient::Connect(connect))
        }
        Provider::Pulumi(provider) => open_pulumi(around, kind, &provider, namespace).await,
        Provider::Kubernetes(provider) => {
            let is_referent = kind == Kind::ClusterSecretStore && is_referent(&provider);
            let session = if is_referent && namespace.is_empty() {
                None
            } else {
                let opened = kubernetes::open(around, kind, &provider, namespace).await;
                Some(opened.map_err(|failure| failure.within("failed to prepare auth"))?)
            };
            Ok(ProviderClient::Kubernetes(Kubernetes::new(session, &provider.remote_namespace, is_referent)))
        }
        Provider::Fake(provider) => {
            Ok(ProviderClient::Fake(Fake::new(provider, store.name(), around.fake.clone())))
        }
        Provider::Other(name) => Err(absent(&name, store.name())),
    }
}

fn provider(store: &Object<Store>) -> Result<Provider, Failure> {
    let read = store.spec.provider.read();
    read.map_err(|error| Failure::said(error.to_string()).within(format!("store error for {}", store.name())))
}

/// As an operator says it that was built without the provider.
fn absent(provider: &str, store: &str) -> Failure {
    Failure::said(format!(
        "failed to find registered store backend for type: {provider}, name: {store} (a rehearsal has onepassword, \
         kubernetes, pulumi and fake)"
    ))
}

async fn open_pulumi(
    around: &Around,
    kind: Kind,
    provider: &PulumiProvider,
    namespace: &str,
) -> Result<ProviderClient, Failure> {
    check_pulumi(provider)?;
    let selector = provider.token().ok_or_else(|| Failure::said("no auth provider given"))?;
    if kind == Kind::ClusterSecretStore && selector.namespace.is_none() {
        return Err(Failure::said("cluster store requires namespace"));
    }
    let token = secret_key::read(&around.client, kind, namespace, selector).await;
    let token = token.map_err(|failure| failure.within("cannot resolve secret key ref"))?;
    Ok(ProviderClient::Pulumi(Pulumi::new(around.network.clone(), provider, &token)))
}

/// Refuses what is left out of a Pulumi store; the webhook does so too.
pub(crate) fn check_pulumi(provider: &PulumiProvider) -> Result<(), Failure> {
    let selector = provider.token();
    let missing = [
        (provider.organization.is_empty(), "organization is required"),
        (provider.environment.is_empty(), "environment is required"),
        (provider.project.is_empty(), "project is required"),
        (selector.is_some_and(|selector| selector.name.is_empty()), "secretRef.name is required"),
        (selector.is_some_and(|selector| selector.key.is_empty()), "secretRef.key is required"),
    ];
    match missing.into_iter().find(|(is_missing, _)| *is_missing) {
        Some((_, text)) => Err(Failure::said(text)),
        None => Ok(()),
    }
}

/// Tells whether the credentials are those of whoever uses the store: they have no namespace of their own.
fn is_referent(provider: &KubernetesProvider) -> bool {
    let Some(KubernetesAuth { cert, token, service_account }) = &provider.auth else { return false };
    cert.as_ref()
        .is_some_and(|cert| cert.client_cert.namespace.is_none() || cert.client_key.namespace.is_none())
        || service_account.as_ref().is_some_and(|account| account.namespace.is_none())
        || token.as_ref().is_some_and(|token| token.bearer_token.namespace.is_none())
}
