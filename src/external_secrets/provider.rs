//! The provider of stores, ExternalSecrets and the seeded webhook certificate.
//!
//! To the API server these are objects like any other, so reading, comparing and applying is `kubernetes`'s work.
//! What is added here is what they need: the operator's kinds, a webhook that serves, the Secrets they refer to.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::{GROUP, WebhookServing, brings, needs, seeded::Seeded};
use crate::clock::Clock;
use crate::diagnostic::Diagnostic;
use crate::kubernetes::{Client, KubernetesProvider};
use crate::resource::{
    Access, Applied, Apply, Brings, Change, Delete, GroupKind, Inputs, Kinds, Known, Live, Need, Operation,
    Provider, ProviderError, Urn, Value,
};

/// The type of the seeded certificate; every other type is a kind of the operator's.
const CERTIFICATE: &str = "external-secrets:WebhookCertificate";

/// Brings about what External Secrets watches.
pub struct ExternalSecrets {
    objects: Arc<KubernetesProvider>,
    seeded: Seeded,
    webhook: WebhookServing,
}

impl ExternalSecrets {
    /// Returns the provider; `timeout` is how long the operator's webhook is waited for.
    pub fn new(client: &Client, objects: Arc<KubernetesProvider>, clock: Clock, timeout: Duration) -> Self {
        let webhook = WebhookServing::new(client.kube(), clock.clone(), timeout);
        Self { objects, seeded: Seeded::new(client.kube(), clock), webhook }
    }
}

fn is_certificate(urn: &Urn) -> bool {
    urn.kind() == CERTIFICATE
}

impl Provider for ExternalSecrets {
    fn check(&self, urn: &Urn, inputs: &Inputs) -> Vec<Diagnostic> {
        if is_certificate(urn) { Vec::new() } else { self.objects.check(urn, inputs) }
    }

    fn needs(&self, inputs: &Inputs) -> Vec<Need> {
        match inputs.get("kind") {
            Some(_) => needs(inputs),
            None => Seeded::needs(inputs),
        }
    }

    fn brings(&self, inputs: &Inputs) -> Vec<Brings> {
        match inputs.get("kind") {
            Some(_) => brings(inputs),
            None => Seeded::brings(inputs),
        }
    }

    fn read<'a>(&'a self, all: &'a [Known<'a>]) -> BoxFuture<'a, Result<Vec<Live>, ProviderError>> {
        Box::pin(async move {
            let objects: Vec<Known<'_>> =
                all.iter().filter(|known| !is_certificate(known.urn)).copied().collect();
            let (objects, certificates) =
                futures::future::try_join(self.objects.read(&objects), self.seeded.read(all)).await?;
            let mut objects = objects.into_iter();
            let mut certificates = certificates.into_iter();
            let next = |known: &Known<'_>| {
                if is_certificate(known.urn) { certificates.next() } else { objects.next() }
            };
            Ok(all.iter().map(next).map(Option::unwrap_or_default).collect())
        })
    }

    fn diff(&self, known: Known<'_>, live: &Live) -> Change {
        match (is_certificate(known.urn), known.inputs) {
            (false, _) => self.objects.diff(known, live),
            (true, None) => Change::of(Operation::Delete),
            (true, Some(_)) if live.exists => Change::of(Operation::Same),
            (true, Some(_)) => Change::of(Operation::Create),
        }
    }

    fn conform(&self, inputs: &Inputs, kinds: &Kinds) -> Vec<Diagnostic> {
        match inputs.get("kind") {
            Some(_) => self.objects.conform(inputs, kinds),
            None => Vec::new(),
        }
    }

    fn accesses(&self, known: Known<'_>, planned: Option<(&Live, &Change)>) -> Vec<Access> {
        if is_certificate(known.urn) {
            return Seeded::accesses(known, planned.map(|(_, change)| change.operation));
        }
        let mut accesses = self.objects.accesses(known, planned);
        if accesses.iter().any(|access| access.verb == "patch") {
            // The webhook is asked by the dry run of a store.
            accesses.push(Access::to("create", GroupKind::new(GROUP, "ClusterSecretStore"), None));
        }
        accesses
    }

    fn outputs(&self, known: Known<'_>, live: &Live) -> Option<Value> {
        if is_certificate(known.urn) { None } else { self.objects.outputs(known, live) }
    }

    fn apply<'a>(&'a self, apply: Apply<'a>) -> BoxFuture<'a, Result<Applied, ProviderError>> {
        Box::pin(async move {
            if is_certificate(apply.urn) {
                return self.seeded.apply(apply.inputs).await;
            }
            let wait = self.webhook.wait(apply.progress).await;
            wait.map_err(|error| {
                ProviderError::new(format!("apply {}", apply.urn.name()), error)
                    .hint("look at the operator's pods: `kubectl get pods -A -l app.kubernetes.io/name=external-secrets-webhook`")
                    .applied()
            })?;
            self.objects.apply(apply).await
        })
    }

    fn delete<'a>(&'a self, delete: Delete<'a>) -> BoxFuture<'a, Result<(), ProviderError>> {
        if is_certificate(&delete.record.urn) {
            Box::pin(self.seeded.delete(delete.record))
        } else {
            self.objects.delete(delete)
        }
    }
}
