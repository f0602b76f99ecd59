//! `fn::open::kubernetes-secret`: a Secret of a cluster, also of another one than the environment's.

use std::sync::Arc;

use futures::future::BoxFuture;
use k8s_openapi::api::core::v1::Secret as KubernetesObject;
use kube::Api;

use super::{file::text_or_bytes, inputs, standard::Outside};
use crate::environment::{Names, Schema, Source, SourceError};
use crate::remote::Meter;
use crate::resource::{Map, Value};

/// Reads Secrets.
pub(super) struct KubernetesSecret {
    outside: Arc<Outside>,
}

impl KubernetesSecret {
    pub(super) fn new(outside: Arc<Outside>) -> Self {
        Self { outside }
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Inputs {
    /// The context of the kubeconfig; without it, that of the command line, or the current one
    context: Option<String>,
    /// The Secret's namespace
    namespace: String,
    /// The Secret's name
    name: String,
    /// The key to take; without it, all by their names
    key: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum KubernetesSecretError {
    #[error("read the Secret {namespace}/{name} of the cluster `{context}`")]
    Read {
        namespace: String,
        name: String,
        context: String,
        #[source]
        source: Box<kube::Error>,
    },
    #[error("there is no Secret {namespace}/{name} in the cluster `{context}`")]
    NotFound { namespace: String, name: String, context: String },
    #[error("the Secret {namespace}/{name} has no key `{key}`; it has {}", has.join(", "))]
    Key { namespace: String, name: String, key: String, has: Vec<String> },
}

impl Source for KubernetesSecret {
    fn name(&self) -> &'static str {
        "kubernetes-secret"
    }

    fn inputs(&self) -> Schema {
        inputs::schema::<Inputs>()
    }

    fn json_schema(&self) -> serde_json::Value {
        inputs::json_schema::<Inputs>()
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        _: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let Inputs { context, namespace, name, key } = inputs::read(self.name(), inputs)?;
            let client = self.outside.connect(context.as_deref()).await?;
            let context = client.context().to_owned();
            meter.count();
            let secrets: Api<KubernetesObject> = Api::namespaced(client.kube(), &namespace);
            let found = match secrets.get_opt(&name).await {
                Ok(found) => found,
                Err(source) => {
                    let source = Box::new(source);
                    return Err(KubernetesSecretError::Read { namespace, name, context, source }.into());
                }
            };
            let Some(object) = found else {
                return Err(KubernetesSecretError::NotFound { namespace, name, context }.into());
            };
            let mut data = object.data.unwrap_or_default();
            let Some(key) = key else {
                let entries = data.into_iter().map(|(key, bytes)| (key, text_or_bytes(bytes.0).secret()));
                return Ok(Value::map(entries));
            };
            if let Some(bytes) = data.remove(&key) {
                return Ok(text_or_bytes(bytes.0).secret());
            }
            let has = data.into_keys().collect();
            Err(KubernetesSecretError::Key { namespace, name, key, has }.into())
        })
    }
}
