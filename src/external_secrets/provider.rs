//! The provider of stores, ExternalSecrets and the seeded webhook certificate.
//!
//! To the API server these are objects like any other, so reading, comparing and applying is `kubernetes`'s work.
//! What is added here is what they need: the operator's kinds, a webhook that serves, the Secrets they refer to.

use std::{sync::Arc, time::Duration};

use futures::future::BoxFuture;

use super::{
    GROUP, WebhookServing, brings, namespace_finalizers::NamespaceFinalizers, needs, restart::Restart,
    seeded::Seeded, synced::Synced,
};
use crate::clock::Clock;
use crate::diagnostic::Diagnostic;
use crate::kubernetes::{Client, KubernetesProvider};
use crate::resource::{
    Access, Applied, Apply, Brings, Change, Delete, GroupKind, Inputs, Kinds, Known, Live, Need, Operation,
    Provider, ProviderError, Urn, Value,
};

/// The type of the seeded certificate; every type but it, the finalizers' and the restarts' is a kind of the operator's.
const CERTIFICATE: &str = "external-secrets:WebhookCertificate";

/// Brings about what External Secrets watches.
pub struct ExternalSecrets {
    client: kube::Client,
    clock: Clock,
    objects: Arc<KubernetesProvider>,
    seeded: Seeded,
    finalizers: NamespaceFinalizers,
    restart: Restart,
    webhook: WebhookServing,
}

impl ExternalSecrets {
    /// Returns the provider; `timeout` is how long the operator's webhook is waited for.
    pub fn new(client: &Client, objects: Arc<KubernetesProvider>, clock: Clock, timeout: Duration) -> Self {
        let webhook = WebhookServing::new(client.kube(), clock.clone(), timeout);
        let finalizers = NamespaceFinalizers::new(client.kube());
        let restart = Restart::new(client.kube());
        let seeded = Seeded::new(client.kube(), clock.clone());
        Self { client: client.kube(), clock, objects, seeded, finalizers, restart, webhook }
    }
}

fn is_certificate(urn: &Urn) -> bool {
    urn.kind() == CERTIFICATE
}

fn is_object(urn: &Urn) -> bool {
    !is_certificate(urn) && !NamespaceFinalizers::is(urn) && !Restart::is(urn)
}

impl Provider for ExternalSecrets {
    fn check(&self, urn: &Urn, inputs: &Inputs) -> Vec<Diagnostic> {
        if is_object(urn) { self.objects.check(urn, inputs) } else { Vec::new() }
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
            None if inputs.get("workload").is_some() => Vec::new(),
            None => Seeded::brings(inputs),
        }
    }

    fn read<'a>(&'a self, all: &'a [Known<'a>]) -> BoxFuture<'a, Result<Vec<Live>, ProviderError>> {
        Box::pin(async move {
            let objects: Vec<Known<'_>> = all.iter().filter(|known| is_object(known.urn)).copied().collect();
            let (objects, certificates, finalizers, restarts) = futures::future::try_join4(
                self.objects.read(&objects),
                self.seeded.read(all),
                self.finalizers.read(all),
                self.restart.read(all),
            )
            .await?;
            let mut objects = objects.into_iter();
            let mut certificates = certificates.into_iter();
            let mut finalizers = finalizers.into_iter();
            let mut restarts = restarts.into_iter();
            let next = |known: &Known<'_>| match known.urn {
                urn if is_certificate(urn) => certificates.next(),
                urn if NamespaceFinalizers::is(urn) => finalizers.next(),
                urn if Restart::is(urn) => restarts.next(),
                _ => objects.next(),
            };
            Ok(all.iter().map(next).map(Option::unwrap_or_default).collect())
        })
    }

    fn diff(&self, known: Known<'_>, live: &Live) -> Change {
        if NamespaceFinalizers::is(known.urn) {
            return NamespaceFinalizers::diff(known, live);
        }
        if Restart::is(known.urn) {
            return Restart::diff(known, live);
        }
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
        if NamespaceFinalizers::is(known.urn) {
            return NamespaceFinalizers::accesses();
        }
        if Restart::is(known.urn) {
            return Restart::accesses(known);
        }
        let mut accesses = self.objects.accesses(known, planned);
        if accesses.iter().any(|access| access.verb == "patch") {
            // The webhook is asked by the dry run of a store.
            accesses.push(Access::to("create", GroupKind::new(GROUP, "ClusterSecretStore"), None));
        }
        accesses
    }

    fn outputs(&self, known: Known<'_>, live: &Live) -> Option<Value> {
        if is_object(known.urn) { self.objects.outputs(known, live) } else { None }
    }

    fn apply<'a>(&'a self, apply: Apply<'a>) -> BoxFuture<'a, Result<Applied, ProviderError>> {
        Box::pin(async move {
            if is_certificate(apply.urn) {
                return self.seeded.apply(apply.inputs).await;
            }
            if NamespaceFinalizers::is(apply.urn) {
                return self.finalizers.apply(apply.urn, apply.inputs).await;
            }
            if Restart::is(apply.urn) {
                return self.restart.apply(apply.urn, apply.inputs).await;
            }
            let wait = self.webhook.wait(apply.progress).await;
            wait.map_err(|error| {
                ProviderError::new(format!("apply {}", apply.urn.name()), error)
                    .hint("look at the operator's pods: `kubectl get pods -A -l app.kubernetes.io/name=external-secrets-webhook`")
                    .applied()
            })?;
            let synced = Synced::of(&self.client, &self.clock, apply.inputs).await;
            let progress = apply.progress;
            let applied = self.objects.apply(apply).await?;
            if let Some(synced) = synced {
                synced.wait(progress).await;
            }
            Ok(applied)
        })
    }

    fn delete<'a>(&'a self, delete: Delete<'a>) -> BoxFuture<'a, Result<(), ProviderError>> {
        if is_certificate(&delete.record.urn) {
            Box::pin(self.seeded.delete(delete.record))
        } else if NamespaceFinalizers::is(&delete.record.urn) {
            Box::pin(self.finalizers.delete(&delete.record.urn))
        } else if Restart::is(&delete.record.urn) {
            // To take the annotation off would start the pods anew.
            Box::pin(async { Ok(()) })
        } else {
            self.objects.delete(delete)
        }
    }
}
