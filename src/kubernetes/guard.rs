//! The permit before each write request: a run whose lock ended writes nothing more, also in the middle of a step.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Method, Request, Uri};
use kube::client::Body;

use crate::resource::{Forbidden, Permit};

/// Who is asked before a write; nobody while no stack is locked.
#[derive(Default)]
pub(super) struct Guard(Mutex<Option<Arc<dyn Permit>>>);

/// While it lives, a client writes under a permit.
#[must_use = "dropped, it ends"]
pub struct WritingUnder(Arc<Guard>);

impl Drop for WritingUnder {
    fn drop(&mut self) {
        *self.0.permit() = None;
    }
}

impl Guard {
    pub(super) fn set(this: &Arc<Self>, permit: Arc<dyn Permit>) -> WritingUnder {
        *this.permit() = Some(permit);
        WritingUnder(Arc::clone(this))
    }

    /// Lets a request pass that changes nothing, or that the permit allows.
    pub(super) async fn allow(&self, method: &Method, uri: &Uri) -> Result<(), Forbidden> {
        if !is_write(method, uri) {
            return Ok(());
        }
        let permit = self.permit().clone();
        match permit {
            Some(permit) => permit.assure().await,
            None => Ok(()),
        }
    }

    /// Returns a connection that asks before it sends.
    pub(super) fn before(this: &Arc<Self>, service: kube::Client) -> kube::Client {
        let namespace = service.default_namespace().to_owned();
        let guard = Arc::clone(this);
        let guarded = tower::service_fn(move |request: Request<Body>| {
            let (guard, service) = (Arc::clone(&guard), service.clone());
            async move {
                let (method, uri) = (request.method().clone(), request.uri().clone());
                guard.allow(&method, &uri).await?;
                Ok::<_, Box<dyn Error + Send + Sync>>(service.send(request).await?)
            }
        });
        kube::Client::new(guarded, namespace)
    }

    fn permit(&self) -> MutexGuard<'_, Option<Arc<dyn Permit>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says whether a request changes anything. Dry runs do not, nor questions about ourselves.
fn is_write(method: &Method, uri: &Uri) -> bool {
    let asks = ["/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/"];
    let tries = uri.query().is_some_and(|query| query.split('&').any(|part| part.starts_with("dryRun=")));
    !matches!(*method, Method::GET | Method::HEAD)
        && !tries
        && !asks.iter().any(|path| uri.path().starts_with(path))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use k8s_openapi::api::core::v1::ConfigMap;
    use kube::api::{Api as Objects, DeleteParams};
    use serde_json::json;

    use super::*;
    use crate::kubernetes::testing::Api;
    use crate::kubernetes::{ApplyOptions, KubernetesError, Manifest};
    use crate::resource::Silent;

    const AT: &str = "/api/v1/namespaces/n/configmaps/a";

    /// Hands out so many permits.
    struct Permits(AtomicUsize);

    impl Permit for Permits {
        fn check(&self) -> Result<(), Forbidden> {
            let taken = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            taken.map(drop).map_err(|_| Forbidden { why: "the lease ended".into() })
        }
    }

    #[tokio::test]
    async fn a_run_without_a_permit_reads_and_tries_but_sends_no_write() {
        let api = Api::start().await;
        let json =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}});
        for verb in ["PATCH", "GET", "DELETE"] {
            api.answer(verb, AT, json.clone()).await;
        }
        let object = Manifest::new(json).unwrap();
        let options = ApplyOptions::new("eggtooth");
        let writing = api.client.write_under(Arc::new(Permits(AtomicUsize::new(1))));
        api.client.apply(&object, options, &Silent).await.unwrap();
        let refused = api.client.apply(&object, options, &Silent).await.unwrap_err();
        assert!(matches!(refused, KubernetesError::Forbidden(_)), "{refused}");
        let objects: Objects<ConfigMap> = Objects::namespaced(api.client.kube(), "n");
        let refused = objects.delete("a", &DeleteParams::default()).await.unwrap_err();
        assert!(format!("{refused:?}").contains("the lease ended"), "{refused:?}");
        assert_eq!(api.requests().await.len(), 1, "only the permitted write was sent");

        api.client.apply(&object, options.dry_run(), &Silent).await.unwrap();
        objects.get("a").await.unwrap();
        drop(writing);
        objects.delete("a", &DeleteParams::default()).await.unwrap();
        assert_eq!(api.requests().await.len(), 4);
    }
}
