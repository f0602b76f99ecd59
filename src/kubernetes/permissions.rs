//! Whether we may do what a plan holds, asked before the first write.

use futures::FutureExt;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    Client, KubernetesError,
    client::{Call, JSON},
    list::side_by_side,
};

/// Something that a plan does to objects of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// `get`, `list`, `watch`, `create`, `patch`, `delete`.
    pub verb: &'static str,
    /// The API group.
    pub group: String,
    /// The kind's plural.
    pub resource: String,
    /// The namespace; `None` for cluster-scoped kinds, or for all namespaces.
    pub namespace: Option<String>,
}

#[derive(Deserialize)]
struct Review {
    status: Verdict,
}

#[derive(Deserialize)]
struct Verdict {
    allowed: bool,
}

impl Client {
    /// Returns which of these the cluster would not allow us. Asks each once, side by side.
    pub async fn missing_permissions(
        &self,
        wanted: impl IntoIterator<Item = Permission>,
    ) -> Result<Vec<Permission>, KubernetesError> {
        let wanted: std::collections::BTreeSet<Permission> = wanted.into_iter().collect();
        let all = Permission { verb: "*", group: "*".into(), resource: "*".into(), namespace: None };
        if self.may(&all).await? {
            return Ok(Vec::new());
        }
        let asked = wanted.iter().map(|permission| self.may(permission).boxed()).collect();
        let allowed = side_by_side(asked).await?;
        let asked = wanted.into_iter().zip(allowed);
        Ok(asked.filter(|(_, allowed)| !allowed).map(|(permission, _)| permission).collect())
    }

    async fn may(&self, permission: &Permission) -> Result<bool, KubernetesError> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {
                "verb": permission.verb, "group": permission.group, "resource": permission.resource,
                "namespace": permission.namespace,
            }},
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let mut call = Call::send("ask what we may do", Method::POST, path, JSON, &review);
        call.repeatable = true;
        Ok(self.json::<Review>(call).await?.status.allowed)
    }
}

/// `patch secrets in onepassword`.
impl std::fmt::Display for Permission {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(formatter, ".{}", self.group)?;
        }
        match &self.namespace {
            Some(namespace) => write!(formatter, " in {namespace}"),
            None => Ok(()),
        }
    }
}
