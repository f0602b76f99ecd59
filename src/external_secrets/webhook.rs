//! The gate that opens when the operator's webhook serves: a dry run of a throw-away store passes it.

use std::time::Duration;

use super::{API_VERSION, GROUP};
use crate::clock::Clock;
use crate::resource::Progress;
use kube::{
    Client,
    api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams},
};

/// How often is asked. The API server answers in a few milliseconds; what is waited for takes seconds.
const PAUSE: Duration = Duration::from_millis(75);

/// A wait for the webhook of stores.
#[derive(Clone)]
pub struct WebhookServing {
    client: Client,
    clock: Clock,
    deadline: Duration,
}

/// Why the webhook does not serve.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The deadline is over.
    #[error("the webhook of External Secrets does not serve after {seconds} s: {reason}")]
    Deadline {
        /// How long was waited.
        seconds: u64,
        /// What the API server said last.
        reason: String,
    },
    /// The API server refused for a reason that waiting does not mend.
    #[error("the API server refuses a dry run of a ClusterSecretStore")]
    Refused(#[source] Box<kube::Error>),
}

impl WebhookServing {
    /// Returns a wait of at most `deadline`.
    pub fn new(client: Client, clock: Clock, deadline: Duration) -> Self {
        Self { client, clock, deadline }
    }

    /// Waits until a dry run passes the webhook.
    pub async fn wait(&self, progress: &dyn Progress) -> Result<(), WebhookError> {
        let resource = ApiResource::from_gvk_with_plural(
            &GroupVersionKind::gvk(GROUP, "v1", "ClusterSecretStore"),
            "clustersecretstores",
        );
        let stores: Api<DynamicObject> = Api::all_with(self.client.clone(), &resource);
        let parameters = PostParams { dry_run: true, field_manager: Some("eggtooth".to_owned()) };
        let end = self.clock.elapsed() + self.deadline;
        loop {
            let reason = match stores.create(&parameters, &probe(&resource)).await {
                Ok(_) => return Ok(()),
                Err(error) => wait_reason(error)?,
            };
            if self.clock.elapsed() >= end {
                return Err(WebhookError::Deadline { seconds: self.deadline.as_secs(), reason });
            }
            progress.waiting("the webhook of External Secrets", &reason);
            self.clock.sleep(PAUSE).await;
        }
    }
}

/// A store of the provider `fake`: it passes every check of the operator.
fn probe(resource: &ApiResource) -> DynamicObject {
    let spec =
        serde_json::json!({ "provider": { "fake": { "data": [{ "key": "probe", "value": "probe" }] } } });
    let mut store = DynamicObject::new("eggtooth-probe", resource).data(serde_json::json!({ "spec": spec }));
    if let Some(types) = &mut store.types {
        API_VERSION.clone_into(&mut types.api_version);
    }
    store
}

/// What an answer says of a webhook that is still to come; an error where waiting is of no use.
fn wait_reason(error: kube::Error) -> Result<String, WebhookError> {
    match error {
        kube::Error::Api(status) => match status.code {
            404 => Ok("its kind is not served yet".to_owned()),
            409 => Ok("a store named eggtooth-probe exists".to_owned()),
            429 | 500.. => Ok(short(&status.message)),
            _ => Err(WebhookError::Refused(Box::new(kube::Error::Api(status)))),
        },
        kube::Error::HyperError(_) | kube::Error::Service(_) => {
            Ok("the API server does not answer".to_owned())
        }
        other => Err(WebhookError::Refused(Box::new(other))),
    }
}

/// The end of `failed calling webhook "…": failed to call webhook: Post "…": CAUSE` is what tells.
fn short(message: &str) -> String {
    message.rsplit_once("timeout=5s\": ").map_or(message, |(_, cause)| cause).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_what_is_told() {
        let message = "Internal error occurred: failed calling webhook \"validate\": failed to call webhook: \
                       Post \"https://w.svc:443/validate?timeout=5s\": dial tcp 10.96.0.7:443: connect: connection refused";
        assert_eq!(short(message), "dial tcp 10.96.0.7:443: connect: connection refused");
        assert_eq!(short("no endpoints available"), "no endpoints available");
    }
}
