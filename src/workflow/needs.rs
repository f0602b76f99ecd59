//! What a plan needs and its program does not bring: looked up in the cluster before anything is written.

use std::collections::BTreeSet;

use futures::future::try_join_all;

use super::Stage;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::{Because, Graph, Plan, Unmet, conform, defined, needed_kinds, unmet};
use crate::external_secrets::GROUP;
use crate::kubernetes::KubernetesError;
use crate::resource::{GroupKind, Kinds, Need, ObjectName};

impl Stage {
    /// Returns what is wrong with the resources that a plan makes or changes: fields that their kinds don't have, and
    /// needs that neither the program nor the cluster meets.
    pub(super) async fn conform(&self, graph: &Graph, plan: &Plan) -> Result<Diagnostics, KubernetesError> {
        let needed = needed_kinds(graph, plan);
        let unmet = unmet(graph, plan);
        let checks = unmet.iter().map(|unmet| self.problem(unmet));
        let (live, problems) = futures::try_join!(self.live_kinds(&unmet), try_join_all(checks))?;
        let mut kinds = defined(graph, self.providers(), &needed);
        kinds.extend(live);
        let mut found = conform(graph, plan, self.providers(), &kinds);
        // What is not known before something else was made may bring whatever is missing.
        if !graph.resources().iter().any(|resource| resource.inputs.holds_unknown()) {
            found.extend(problems.into_iter().flatten());
        }
        Ok(found)
    }

    /// Returns the definitions that the cluster has of kinds that the program does not bring.
    async fn live_kinds(&self, unmet: &[&Unmet]) -> Result<Kinds, KubernetesError> {
        let kinds: BTreeSet<&GroupKind> = unmet
            .iter()
            .filter_map(|unmet| match &unmet.need {
                Need::Kind(kind) => Some(kind),
                Need::Namespace(_) | Need::SecretKey { .. } | Need::Store(_) | Need::Webhook(_) => None,
            })
            .collect();
        let definitions = try_join_all(kinds.into_iter().map(|kind| self.client.definition(kind))).await?;
        let definitions = definitions.into_iter().flatten();
        Ok(definitions
            .map(|definition| (definition.kind.clone(), std::sync::Arc::new(definition) as _))
            .collect())
    }

    async fn problem(&self, unmet: &Unmet) -> Result<Option<Diagnostic>, KubernetesError> {
        let Unmet { urn, need } = unmet;
        let met = match need {
            Need::Namespace(name) => {
                self.is_there(&GroupKind::new("", "Namespace"), &ObjectName::cluster(name)).await?
            }
            Need::Kind(kind) => self.client.discovery().await?.find(kind, None).is_some(),
            Need::Store(store) => {
                let kind = if store.namespace.is_some() { "SecretStore" } else { "ClusterSecretStore" };
                self.is_there(&GroupKind::new(GROUP, kind), store).await?
            }
            // A controller may make the Secret of what the program makes; the gate waits for the webhook.
            Need::SecretKey { .. } | Need::Webhook(_) => true,
        };
        let because = Because::Need(need.clone());
        let problem = || {
            Diagnostic::error(format!("{} {} {because}, which is not there", urn.kind(), urn.name()))
                .hint("make it before, or register it in the program: it is then made first")
        };
        Ok((!met).then(problem))
    }

    /// Says whether the object is there; what we may not look at, the server will tell.
    async fn is_there(&self, kind: &GroupKind, name: &ObjectName) -> Result<bool, KubernetesError> {
        let discovery = self.client.discovery().await?;
        let Some(resource) = discovery.find(kind, None) else { return Ok(false) };
        match self.client.get(resource, name).await {
            Ok(object) => Ok(object.is_some()),
            Err(error) if error.is_refused() => Ok(true),
            Err(error) => Err(error),
        }
    }
}
