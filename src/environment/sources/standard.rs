//! The sources that every project has.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::{
    Sources, eggtooth_stack::EggtoothStack, exec::Exec, file::File, kubernetes_secret::KubernetesSecret,
    onepassword::OnePassword, onepassword_connect::OnePasswordConnect, process_environment::Variable,
    pulumi_esc::PulumiEscSource, sops::Sops, vault_kv::VaultKv,
};
use crate::clock::Clock;
use crate::keys::ProcessEnvironment;
use crate::kubernetes::{Client, KubernetesError, Target};

/// What sources reach out with.
#[derive(Clone, Debug)]
pub struct Outside {
    /// The folder that paths begin at.
    pub project: PathBuf,
    /// The process environment.
    pub process: ProcessEnvironment,
    /// Where clusters are found.
    pub target: Target,
    /// A cluster that is at hand already, for what names no context.
    pub cluster: Option<Client>,
    /// The time.
    pub clock: Clock,
    /// Whether documents may start programs.
    pub allow_exec: bool,
}

impl Outside {
    /// Connects to the cluster of a context.
    pub(super) async fn connect(&self, context: Option<&str>) -> Result<Client, KubernetesError> {
        match (context, &self.cluster) {
            (None, Some(cluster)) => Ok(cluster.clone()),
            (None, None) => Client::connect(&self.target).await,
            (Some(context), _) => {
                let target = Target { context: Some(context.to_owned()), ..self.target.clone() };
                Client::connect(&target).await
            }
        }
    }
}

impl Sources {
    /// Returns all sources that a project has; `sops` is the one that opens its SOPS files.
    pub fn standard(outside: &Outside, sops: Sops) -> Self {
        let outside = Arc::new(outside.clone());
        Self::new()
            .source(sops)
            .source(Variable::new(Arc::clone(&outside)))
            .source(File::new(Arc::clone(&outside)))
            .source(OnePasswordConnect::new(Arc::clone(&outside)))
            .source(OnePassword::new(Arc::clone(&outside)))
            .source(PulumiEscSource::new(Arc::clone(&outside)))
            .source(KubernetesSecret::new(Arc::clone(&outside)))
            .source(EggtoothStack::new(Arc::clone(&outside)))
            .source(VaultKv::new(Arc::clone(&outside)))
            .source(Exec::new(outside))
            .alias("1password-secrets", OnePassword::NAME)
    }
}

/// Says what to do instead of a provider of Pulumi's that is not here.
pub(crate) fn left_out(name: &str) -> Option<&'static str> {
    match name {
        "aws-login"
        | "aws-secrets"
        | "aws-parameter-store"
        | "azure-login"
        | "azure-secrets"
        | "gcp-login"
        | "gcp-secrets"
        | "doppler-secrets"
        | "infisical-secrets"
        | "gh-login"
        | "snowflake-login" => Some(
            "Eggtooth has no clients of the secret managers of clouds; open it at Pulumi by `fn::open::pulumi-esc`, or by its own command with `fn::open::exec`",
        ),
        "vault-login" | "vault-secrets" => Some("use `fn::open::vault-kv`, with an address and a token"),
        "pulumi-stacks" => Some(
            "outputs of Pulumi's stacks are read at Pulumi: open an environment there that has them by \
             `fn::open::pulumi-esc`; for outputs of stacks of Eggtooth there is `fn::open::eggtooth-stack`",
        ),
        _ => None,
    }
}

/// Clients that were made in this evaluation: who was refused once is not asked again.
pub(super) struct Kept<T>(Mutex<Vec<Arc<T>>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Kept<T> {
    /// Returns the one that `is` it, or makes it.
    pub(super) fn get<E>(
        &self,
        is: impl Fn(&T) -> bool,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.iter().find(|one| is(one)) {
            return Ok(Arc::clone(found));
        }
        let made = Arc::new(make()?);
        kept.push(Arc::clone(&made));
        Ok(made)
    }
}
