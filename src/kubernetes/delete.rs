//! Deletion of exactly the object that we know, and of no other of its name.

use http::Method;
use serde_json::json;

use super::{
    ApiResource, Client, KubernetesError,
    client::{Call, JSON},
};
use crate::resource::ObjectName;

/// What becomes of what an object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// It is deleted afterwards, by the garbage collector.
    Background,
    /// It is deleted first.
    Foreground,
    /// It stays, without its owner.
    Orphan,
}

impl Propagation {
    fn word(self) -> &'static str {
        match self {
            Self::Background => "Background",
            Self::Foreground => "Foreground",
            Self::Orphan => "Orphan",
        }
    }
}

impl Client {
    /// Asks the server to delete the object of this uid. Returns whether there is something to wait for: `false`
    /// when the object is gone already, or another one has taken its name, which is left alone.
    pub async fn delete(
        &self,
        resource: &ApiResource,
        name: &ObjectName,
        uid: &str,
        propagation: Propagation,
    ) -> Result<bool, KubernetesError> {
        let options = json!({
            "apiVersion": "v1", "kind": "DeleteOptions",
            "preconditions": {"uid": uid}, "propagationPolicy": propagation.word(),
        });
        let act = format!("delete {} {name}", resource.kind);
        let call = Call::send(act, Method::DELETE, resource.object(name), JSON, &options);
        match self.json::<serde::de::IgnoredAny>(call).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() || error.is_conflict() => Ok(false),
            Err(error) => Err(error),
        }
    }
}
