//! The certificate controller: `certcontroller`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use k8s_openapi::api::core::v1::{ObjectReference, Secret};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{ListParams, PostParams};
use kube::core::PartialObjectMeta;
use kube::runtime::watcher;
use kube::{Api, Client};
use tokio::task::JoinSet;

use super::inject::{COMPONENT, into_definition, into_webhooks};
use super::secret::ensure;
use crate::clock::Clock;
use crate::rehearsal::{
    network::Handler,
    programs::{
        Exit, Process,
        external_secrets::{
            error::Failure,
            flags::CertificateFlags,
            health,
            journal::Journal,
            queue::{Next, Queue},
            recorder::{Notice, Recorder},
            watch::{follow, follow_metadata},
            work::work,
            world::writing,
        },
    },
};

const LOGGER: &str = "controllers.webhook-certs-updater";

struct Controller {
    client: Client,
    clock: Clock,
    flags: CertificateFlags,
    journal: Journal,
    recorder: Recorder,
    ready: Mutex<Ready>,
}

/// What has been injected.
#[derive(Default)]
struct Ready {
    definitions: BTreeSet<String>,
    webhook: bool,
}

/// Runs until the process ends.
pub(crate) async fn run(process: Process) -> Exit {
    let flags = CertificateFlags::read(&process);
    let journal = Journal::new(process.log.clone(), process.clock.clone());
    let client = process.client.clone();
    let controller = Arc::new(Controller {
        recorder: Recorder::new(client.clone(), process.clock.clone(), "validating-webhook-configuration"),
        client: client.clone(),
        clock: process.clock.clone(),
        flags: flags.clone(),
        journal: journal.clone(),
        ready: Mutex::default(),
    });
    let handler: Arc<dyn Handler> = Arc::new(Health(Arc::clone(&controller)));
    let _listening = flags.health_port.map(|port| process.listen(port, handler));
    journal.info("setup", "starting manager");
    let mut tasks = JoinSet::new();
    let (definitions, webhooks) = (Arc::new(Queue::new()), Arc::new(Queue::new()));
    let labelled = |value: &str| {
        let config = watcher::Config::default();
        if flags.partial_cache { config.labels(&format!("{COMPONENT}={value}")) } else { config }
    };
    let queue = Arc::clone(&definitions);
    let api: Api<PartialObjectMeta<CustomResourceDefinition>> = Api::all(client.clone());
    tasks.spawn(follow_metadata(api, labelled("controller"), move |metadata| {
        queue.add(metadata.name.clone().unwrap_or_default());
    }));
    let queue = Arc::clone(&webhooks);
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client);
    tasks.spawn(follow(api, labelled("webhook"), move |configuration| {
        queue.add(configuration.metadata.name.clone().unwrap_or_default());
    }));
    let of = Arc::clone(&controller);
    tasks.spawn(work(definitions, journal.clone(), LOGGER.to_owned(), move |name: String| {
        let controller = Arc::clone(&of);
        Box::pin(async move { controller.definition(&name).await })
    }));
    tasks.spawn(work(webhooks, journal, LOGGER.to_owned(), move |name: String| {
        let controller = Arc::clone(&controller);
        Box::pin(async move { controller.webhook(&name).await })
    }));
    process.termination.requested().await;
    Exit::SUCCESS
}

impl Controller {
    /// Sees to the certificate and to a definition's conversion. Definitions that the flags do not name are left alone.
    async fn definition(&self, name: &str) -> Result<Next, Failure> {
        if !self.flags.definitions.iter().any(|found| found == name) {
            return Ok(Next::After(self.flags.requeue_interval));
        }
        let done = self.inject_definition(name).await;
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        match &done {
            Ok(()) => ready.definitions.insert(name.to_owned()),
            Err(_) => ready.definitions.remove(name),
        };
        done.map(|()| Next::After(self.flags.requeue_interval))
    }

    async fn inject_definition(&self, name: &str) -> Result<(), Failure> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.flags.secret.0);
        let authority = ensure(&secrets, &self.flags, self.clock.now()).await?;
        let definitions: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        let mut definition = definitions.get(name).await?;
        if into_definition(&mut definition, &self.flags, &authority)? {
            let parameters = PostParams { field_manager: writing().field_manager, ..PostParams::default() };
            definitions.replace(name, &parameters, &definition).await?;
            self.journal.info(LOGGER, "updated crd");
        }
        Ok(())
    }

    /// Puts the authority's certificate into one of the operator's configurations.
    async fn webhook(&self, name: &str) -> Result<Next, Failure> {
        let configurations: Api<ValidatingWebhookConfiguration> = Api::all(self.client.clone());
        let Some(mut configuration) = configurations.get_opt(name).await? else { return Ok(Next::Wait) };
        let labels = configuration.metadata.labels.as_ref();
        if labels.and_then(|labels| labels.get(COMPONENT)).is_none_or(|value| value != "webhook") {
            return Ok(Next::Wait);
        }
        if let Err(failure) = self.inject_webhook(&configurations, &mut configuration).await {
            let about = ObjectReference {
                api_version: Some("admissionregistration.k8s.io/v1".to_owned()),
                kind: Some("ValidatingWebhookConfiguration".to_owned()),
                name: configuration.metadata.name.clone(),
                uid: configuration.metadata.uid.clone(),
                ..ObjectReference::default()
            };
            let notice = Notice::warning("UpdateFailed", failure.to_string());
            self.recorder.record(&about, &notice).await;
            return Err(failure);
        }
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).webhook = true;
        Ok(Next::After(self.flags.requeue_interval))
    }

    async fn inject_webhook(
        &self,
        configurations: &Api<ValidatingWebhookConfiguration>,
        configuration: &mut ValidatingWebhookConfiguration,
    ) -> Result<(), Failure> {
        let secrets: Api<Secret> = Api::namespaced(self.client.clone(), &self.flags.secret.0);
        let data = secrets.get(&self.flags.secret.1).await?.data.unwrap_or_default();
        let authority = data.get("ca.crt").ok_or_else(|| Failure::said("ca cert not yet ready"))?;
        if into_webhooks(configuration, &self.flags, &authority.0) {
            let name = configuration.metadata.name.clone().unwrap_or_default();
            let parameters = PostParams { field_manager: writing().field_manager, ..PostParams::default() };
            configurations.replace(&name, &parameters, configuration).await?;
            self.journal.info(LOGGER, "updated webhook config");
        }
        Ok(())
    }

    /// Returns what is not ready yet. It is ready last of the three: when the webhook's pod is.
    async fn unready(&self) -> Option<String> {
        {
            let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
            let missing = self.flags.definitions.iter().find(|name| !ready.definitions.contains(*name));
            if let Some(missing) = missing {
                return Some(format!("resource not ready: {missing}"));
            }
            if !ready.webhook {
                return Some("webhook not ready".to_owned());
            }
        }
        let (namespace, service) = &self.flags.service;
        let slices: Api<EndpointSlice> = Api::namespaced(self.client.clone(), namespace);
        let own = ListParams::default().labels(&format!("kubernetes.io/service-name={service}"));
        match slices.list(&own).await {
            Err(error) => Some(error.to_string()),
            Ok(slices) if slices.items.is_empty() => Some("endpointSlice objects not ready".to_owned()),
            Ok(slices) => {
                let mut endpoints = slices.items.iter().flat_map(|slice| &slice.endpoints);
                let is_ready = endpoints.any(|endpoint| {
                    let conditions = endpoint.conditions.as_ref();
                    conditions.is_some_and(|found| found.ready == Some(true))
                        && !endpoint.addresses.is_empty()
                });
                (!is_ready).then(|| "addresses not ready".to_owned())
            }
        }
    }
}

struct Health(Arc<Controller>);

impl Handler for Health {
    fn handle(&self, request: Request<Bytes>) -> BoxFuture<'_, Response<Bytes>> {
        Box::pin(async move {
            let unready = match request.uri().path() {
                "/readyz" => self.0.unready().await,
                _ => None,
            };
            health::answer(&request, unready)
        })
    }
}
