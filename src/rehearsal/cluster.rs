//! The cluster as its users hold it.

use std::{fmt, sync::Arc, time::Duration};

use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;

use super::{
    ClusterBuilder, Faults, WebhookCaller,
    api::{Server, User},
    port::Unanswered,
};
use crate::clock::Clock;
use crate::kubernetes::Client;

/// When client-go gives a connection up: it asks for a sign of life after 30 s of silence, and waits 15 s for it.
const SILENCE: Duration = Duration::from_secs(45);

/// A Kubernetes cluster in memory; cheap to clone. It lives as long as one of its clones and clients.
///
/// ```
/// # use eggtooth::rehearsal::Cluster;
/// use k8s_openapi::api::core::v1::ConfigMap;
/// use kube::{Api, api::PostParams};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cluster = Cluster::builder().version("1.35.4").build()?;
/// let config_maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "default");
/// let egg = serde_json::from_value(serde_json::json!({"metadata": {"name": "egg"}, "data": {"size": "M"}}))?;
/// config_maps.create(&PostParams::default(), &egg).await?;
/// assert_eq!(config_maps.get("egg").await?.data.unwrap()["size"], "M");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cluster {
    server: Arc<Server>,
}

impl Cluster {
    /// Begins to make a cluster.
    pub fn builder() -> ClusterBuilder {
        ClusterBuilder::default()
    }

    pub(super) fn new(server: Arc<Server>) -> Self {
        Self { server }
    }

    /// Returns a client of the cluster, as an administrator. It needs the runtime that this is called in.
    ///
    /// It waits for an answer as long as its caller does.
    pub fn client(&self) -> kube::Client {
        self.client_as(User::administrator(), None)
    }

    /// Returns a client with the rights of a service account: what Roles, `ClusterRole`s and their bindings give it.
    ///
    /// A controller that is tested with it is refused what it would be refused on a real cluster.
    pub fn client_of(&self, namespace: &str, service_account: &str) -> kube::Client {
        self.client_as(User::service_account(namespace, service_account), None)
    }

    /// Returns the client of the cluster's own controllers: it gives a silent connection up.
    pub(super) fn inner_client(&self) -> kube::Client {
        self.client_as(User::administrator(), Some(SILENCE))
    }

    /// Returns the client of a pod: it has its account's rights, and gives a silent connection up.
    pub(super) fn pod_client(&self, namespace: &str, service_account: &str) -> kube::Client {
        self.client_as(User::service_account(namespace, service_account), Some(SILENCE))
    }

    fn client_as(&self, user: User, silence: Option<Duration>) -> kube::Client {
        let (server, user) = (Arc::clone(&self.server), Arc::new(user));
        let service = tower::service_fn(move |request: Request<Body>| {
            let (server, user) = (Arc::clone(&server), Arc::clone(&user));
            async move {
                let (head, body) = request.into_parts();
                // A body in memory is always read to its end.
                let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
                let answer = server.answer(Request::from_parts(head, body), &user);
                let answer = match silence {
                    Some(silence) => server.clock().within(silence, Box::pin(answer)).await.flatten(),
                    None => answer.await,
                };
                answer.ok_or(Unanswered)
            }
        });
        kube::Client::new(service, "default")
    }

    /// Gives the API server its way to the services that validating webhooks are behind. Until then it reaches none.
    pub fn call_webhooks_by(&self, caller: Arc<dyn WebhookCaller>) {
        self.server.call_webhooks_by(caller);
    }

    /// Returns the clock that objects are stamped with.
    pub fn clock(&self) -> &Clock {
        self.server.clock()
    }

    /// Returns what goes wrong with requests; nothing until something is added.
    pub fn faults(&self) -> &Faults {
        &self.server.faults
    }

    pub(super) fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// Forgets all changes so far, as the real server does every few minutes: a watch or a page that begins before now
    /// is answered with 410.
    pub fn compact(&self) {
        self.server.compact();
    }

    /// Returns our own client of the cluster, under the name of a context.
    pub fn connect(&self, context: &str) -> Client {
        Client::over(self.client(), context)
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Cluster")
    }
}
