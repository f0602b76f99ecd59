//! An API server of a few answers, for tests.

use serde_json::{Value as Json, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param},
};

use super::Client;

/// A server, and a client of it.
pub(super) struct Api {
    pub(super) server: MockServer,
    pub(super) client: Client,
}

impl Api {
    /// Starts a server that serves core kinds, Deployments, and definitions.
    pub(super) async fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = MockServer::start().await;
        let mut config = kube::Config::new(server.uri().parse().unwrap());
        config.default_retry = false;
        let client = Client::over(kube::Client::try_from(config).unwrap(), "test");
        let api = Self { server, client };
        let kind = |kind: &str, plural: &str, scope: &str| json!({"resource": plural, "responseKind": {"kind": kind}, "scope": scope});
        let core = [
            kind("Secret", "secrets", "Namespaced"),
            kind("ConfigMap", "configmaps", "Namespaced"),
            kind("Pod", "pods", "Namespaced"),
            kind("Namespace", "namespaces", "Cluster"),
        ];
        api.answer(
            "GET",
            "/api",
            json!({"items": [{"metadata": {}, "versions": [{"version": "v1", "resources": core}]}]}),
        )
        .await;
        let apps = [kind("Deployment", "deployments", "Namespaced")];
        let definitions = [kind("CustomResourceDefinition", "customresourcedefinitions", "Cluster")];
        let groups = json!({"items": [
            {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": apps}]},
            {"metadata": {"name": "apiextensions.k8s.io"}, "versions": [{"version": "v1", "resources": definitions}]},
        ]});
        api.answer("GET", "/apis", groups).await;
        api
    }

    /// Answers each such request with this object.
    pub(super) async fn answer(&self, verb: &str, at: &str, body: Json) {
        self.respond(verb, at, 200, body, None).await;
    }

    /// Answers so many of such requests, or all, with a status.
    pub(super) async fn respond(&self, verb: &str, at: &str, code: u16, body: Json, times: Option<u64>) {
        let mock = Mock::given(method(verb)).and(path(at));
        let mock = mock.respond_with(ResponseTemplate::new(code).set_body_json(body));
        match times {
            Some(times) => mock.up_to_n_times(times).with_priority(1).mount(&self.server).await,
            None => mock.mount(&self.server).await,
        }
    }

    /// Answers a dry run.
    pub(super) async fn dry_run(&self, at: &str, body: Json) {
        Mock::given(method("PATCH"))
            .and(path(at))
            .and(query_param("dryRun", "All"))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .with_priority(1)
            .mount(&self.server)
            .await;
    }

    /// Returns the requests so far: method, path and query.
    pub(super) async fn requests(&self) -> Vec<String> {
        let requests = self.server.received_requests().await.unwrap();
        requests
            .iter()
            .map(|request| {
                let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
                format!("{} {}{query}", request.method, request.url.path())
            })
            .filter(|request| request != "GET /api" && request != "GET /apis")
            .collect()
    }
}
