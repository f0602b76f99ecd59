//! External Secrets Operator: its stores as types, the seeded webhook certificate, the gate of a serving webhook.
//!
//! The field names and rules are those of the API group `external-secrets.io/v1`. What a store's status says is read
//! here; whether a store can be trusted is `verify`'s question.

mod access;
mod canary;
mod certificate;
mod cluster_external_secret;
pub mod duration;
mod external_secret;
mod interval;
mod kubernetes_secrets;
mod namespace_finalizers;
mod old_form;
mod onepassword_sdk;
mod origin;
mod provider;
mod push_secret;
mod recipe;
mod resource_refs;
mod restart;
mod seeded;
mod separation;
mod store;
mod synced;
mod target;
mod webhook;
mod workload;

pub use access::{Access, OnePassword, PulumiAuth, PulumiEsc, SecretKey};
pub use canary::{canary, canary_name};
pub use certificate::{CertificateError, WebhookCertificate};
pub use cluster_external_secret::ClusterExternalSecret;
pub use external_secret::{ExternalSecret, Fetch, Fetched};
pub use interval::Interval;
pub use kubernetes_secrets::KubernetesSecrets;
pub use old_form::{OldForm, modernised};
pub use onepassword_sdk::OnePasswordSdk;
pub use origin::Origin;
pub use provider::ExternalSecrets;
pub use push_secret::PushSecret;
pub use recipe::{Naming, Recipe};
pub use resource_refs::{brings, needs};
pub use separation::{SeparationError, admits, apart};
pub use store::{Condition, Store, StoreReference};
pub use target::Target;
pub use webhook::{WebhookError, WebhookServing};
pub use workload::{Aws, AwsKeys, AwsService, Azure, AzureClient, Caller, Gcp, GcpCluster, Vault, Workload};

/// The API group of stores and ExternalSecrets.
pub const GROUP: &str = "external-secrets.io";

/// The version that we write.
pub const API_VERSION: &str = "external-secrets.io/v1";
