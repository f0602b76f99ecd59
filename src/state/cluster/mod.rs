//! State in the cluster that it describes: Secrets and a Lease in the namespace `eggtooth-system`.
//!
//! Reading everything is one LIST; it starts together with the write that takes the lock, and after the read that
//! found it free, so that no run can have committed between what was read and the lock.

mod documents;
mod held_lease;
mod lease;
mod namespace;

use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;

use super::{Backend, Document, Documents, Holder, Locked, Revision, StateError};
use crate::clock::Clock;
use crate::resource::{Access, Progress};

/// The namespace that keeps all stacks' state.
pub(super) const NAMESPACE: &str = "eggtooth-system";
/// Marks what is ours: the environment that a Secret or a Lease belongs to.
const ENVIRONMENT: &str = "eggtooth.dev/environment";
/// Marks what is ours: the stack that a Secret or a Lease belongs to.
const STACK: &str = "eggtooth.dev/stack";
const FIELD_MANAGER: &str = "eggtooth";

/// One stack's state in a cluster.
#[derive(Clone)]
pub struct ClusterBackend {
    client: kube::Client,
    clock: Clock,
    environment: String,
    stack: String,
    /// The parts of each document's current writing that did not fit into its Secret.
    parts: Arc<Mutex<[Vec<String>; 2]>>,
}

impl ClusterBackend {
    /// Returns the state of a stack of an environment; sends nothing yet.
    pub fn new(
        client: kube::Client,
        clock: Clock,
        environment: &str,
        stack: &str,
    ) -> Result<Self, StateError> {
        for name in [environment, stack] {
            let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            let ends = !name.starts_with('-') && !name.ends_with('-');
            if name.is_empty() || name.len() > 63 || !ends || !name.bytes().all(fits) {
                return Err(StateError::Name { name: name.to_owned() });
            }
        }
        let (environment, stack) = (environment.to_owned(), stack.to_owned());
        Ok(Self { client, clock, environment, stack, parts: Arc::default() })
    }

    fn name(&self) -> String {
        format!("{}.{}", self.environment, self.stack)
    }

    fn labels(&self) -> [(String, String); 2] {
        [(ENVIRONMENT.into(), self.environment.clone()), (STACK.into(), self.stack.clone())]
    }

    fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    fn leases(&self) -> Api<Lease> {
        Api::namespaced(self.client.clone(), NAMESPACE)
    }

    fn lease_place(&self) -> String {
        format!("Lease {NAMESPACE}/{}", self.name())
    }
}

impl Backend for ClusterBackend {
    fn place(&self, document: Document) -> String {
        format!("Secret {NAMESPACE}/{}", self.document_name(document))
    }

    fn read(&self) -> BoxFuture<'_, Result<Documents, StateError>> {
        Box::pin(self.read_documents())
    }

    fn write<'a>(
        &'a self,
        document: Document,
        bytes: &'a [u8],
        over: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<Revision, StateError>> {
        Box::pin(self.write_document(document, bytes, over))
    }

    fn lock<'a>(
        &'a self,
        holder: Holder,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Locked, StateError>> {
        Box::pin(self.take_lease(holder, progress))
    }

    fn holder(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>> {
        Box::pin(self.lease_holder())
    }

    fn unlock(&self) -> BoxFuture<'_, Result<Option<Holder>, StateError>> {
        Box::pin(self.break_lease())
    }

    fn accesses(&self, ending: bool) -> BoxFuture<'_, Vec<Access>> {
        Box::pin(async move {
            // Whoever may not look at the namespace may not find out that there is none either.
            let namespace = self.namespace().await.ok().flatten();
            Self::accesses_in(namespace.as_ref(), ending)
        })
    }

    fn destroy(&self) -> BoxFuture<'_, Result<(), StateError>> {
        Box::pin(async move {
            self.remove_all_documents().await?;
            self.remove_lease().await?;
            self.remove_namespace_if_ours_and_empty().await
        })
    }
}

/// Returns the error of an act that the API server did not do.
fn failed(act: &'static str, place: impl Into<String>) -> impl FnOnce(kube::Error) -> StateError {
    let place = place.into();
    move |error| StateError::Backend { act, place, source: error.into() }
}

/// Says whether the server answered with this code.
fn is_code(error: &kube::Error, code: u16) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == code)
}

/// Takes "it is not there" for nothing.
fn unless_missing<T>(result: Result<T, kube::Error>) -> Result<Option<T>, kube::Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_code(&error, 404) => Ok(None),
        Err(error) => Err(error),
    }
}
