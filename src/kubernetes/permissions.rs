//! Whether we may do what a plan holds, asked before the first write.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use futures::FutureExt;
use http::Method;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    Client, Discovery, KubernetesError,
    client::{Call, JSON},
    list::side_by_side,
};
use crate::resource::{Access, Kinds, Target};

/// Something that the cluster allows or not, in its own words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    /// `get`, `list`, `watch`, `create`, `patch`, `delete` …
    pub verb: Cow<'static, str>,
    /// The API group.
    pub group: String,
    /// The kind's plural, a subresource behind a slash; or a path of the server.
    pub resource: String,
    /// The namespace; `None` for cluster-scoped kinds, or for all namespaces.
    pub namespace: Option<String>,
    /// The only object, where it is about one.
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Review {
    status: Verdict,
}

#[derive(Deserialize)]
struct Verdict {
    allowed: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ourselves {
    status: OurselvesStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OurselvesStatus {
    user_info: User,
}

#[derive(Deserialize)]
struct User {
    username: String,
}

impl Client {
    /// Says whether we may do everything everywhere: then nothing else has to be asked.
    pub async fn may_everything(&self) -> Result<bool, KubernetesError> {
        self.may(&Permission {
            verb: "*".into(),
            group: "*".into(),
            resource: "*".into(),
            namespace: None,
            name: None,
        })
        .await
    }

    /// Returns what of this the cluster does not allow us. Asks each once, side by side; of a kind that is neither
    /// served nor among `kinds` nothing can be asked.
    pub async fn missing_permissions(
        &self,
        wanted: &BTreeSet<Access>,
        kinds: &Kinds,
    ) -> Result<BTreeSet<Permission>, KubernetesError> {
        let discovery = self.discovery().await?;
        let permission = |access: &Access| self.permission(access, &discovery, kinds);
        // First what is needed in any case, and what would make the rest needless.
        let first = |access: &Access| permission(access.unless.as_deref().unwrap_or(access));
        let mut answers = self.ask(wanted.iter().filter_map(first).collect()).await?;
        let denied = |answers: &BTreeMap<Permission, bool>, access: &Access| {
            permission(access).filter(|permission| answers.get(permission) == Some(&false))
        };
        let left: Vec<&Access> = wanted
            .iter()
            .filter(|access| access.unless.as_ref().is_some_and(|other| denied(&answers, other).is_some()))
            .collect();
        let unknown = left.iter().filter_map(|access| permission(access));
        let unknown = unknown.filter(|permission| !answers.contains_key(permission)).collect();
        let more = self.ask(unknown).await?;
        answers.extend(more);
        let plain = wanted.iter().filter(|access| access.unless.is_none());
        Ok(plain.chain(left).filter_map(|access| denied(&answers, access)).collect())
    }

    /// Returns by which name the cluster knows us.
    pub async fn username(&self) -> Result<String, KubernetesError> {
        let review = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let call = Call::send("ask who we are", Method::POST, path, JSON, &review);
        Ok(self.json::<Ourselves>(call).await?.status.user_info.username)
    }

    fn permission(&self, access: &Access, discovery: &Discovery, kinds: &Kinds) -> Option<Permission> {
        let mut namespace = access.namespace.clone();
        let (group, resource) = match &access.to {
            Target::Kind(kind) => {
                let served = discovery.find(kind, None);
                if let (Some(served), None) = (served, &namespace)
                    && served.namespaced
                    && access.verb != "list"
                {
                    namespace = Some(self.default_namespace().to_owned());
                }
                let defined = || kinds.get(kind).map(|kind| kind.plural());
                (kind.group.clone(), served.map(|served| served.plural.as_str()).or_else(defined)?.to_owned())
            }
            Target::Resource { group, resource } => (group.clone(), resource.clone()),
            Target::Path(path) => (String::new(), path.clone()),
        };
        Some(Permission { verb: access.verb.clone(), group, resource, namespace, name: access.name.clone() })
    }

    async fn ask(&self, wanted: BTreeSet<Permission>) -> Result<BTreeMap<Permission, bool>, KubernetesError> {
        let asked = wanted.iter().map(|permission| self.may(permission).boxed()).collect();
        let allowed = side_by_side(asked).await?;
        Ok(wanted.into_iter().zip(allowed).collect())
    }

    async fn may(&self, permission: &Permission) -> Result<bool, KubernetesError> {
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": permission.question(),
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let mut call = Call::send("ask what we may do", Method::POST, path, JSON, &review);
        call.repeatable = true;
        Ok(self.json::<Review>(call).await?.status.allowed)
    }
}

impl Permission {
    fn question(&self) -> Json {
        if self.resource.starts_with('/') {
            return json!({"nonResourceAttributes": {"verb": self.verb, "path": self.resource}});
        }
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((&self.resource, ""));
        json!({"resourceAttributes": {
            "verb": self.verb, "group": self.group, "resource": resource, "subresource": subresource,
            "namespace": self.namespace, "name": self.name,
        }})
    }
}

/// `patch secrets in onepassword`.
impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(formatter, ".{}", self.group)?;
        }
        if let Some(name) = &self.name {
            write!(formatter, " {name}")?;
        }
        match &self.namespace {
            Some(namespace) => write!(formatter, " in {namespace}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::matchers::{body_partial_json, method, path};
    use wiremock::{Mock, ResponseTemplate};

    use super::*;
    use crate::kubernetes::testing::Api;
    use crate::resource::GroupKind;

    const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    /// A cluster that allows these verbs and nothing else.
    async fn allows(verbs: &[&str]) -> Api {
        let api = Api::start().await;
        for verb in verbs {
            let attributes = json!({"spec": {"resourceAttributes": {"verb": verb}}});
            Mock::given(method("POST"))
                .and(path(REVIEWS))
                .and(body_partial_json(attributes))
                .respond_with(ResponseTemplate::new(201).set_body_json(json!({"status": {"allowed": true}})))
                .with_priority(1)
                .mount(&api.server)
                .await;
        }
        api.answer("POST", REVIEWS, json!({"status": {"allowed": false}})).await;
        api
    }

    async fn missing(api: &Api, wanted: impl IntoIterator<Item = Access>) -> Vec<String> {
        let wanted = wanted.into_iter().collect();
        let missing = api.client.missing_permissions(&wanted, &Kinds::new()).await.unwrap();
        missing.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn what_is_missing_is_named_as_the_cluster_names_it_and_each_is_asked_once() {
        let api = allows(&["get"]).await;
        let secret = GroupKind::new("", "Secret");
        let access = |verb| Access::to(verb, secret.clone(), Some("n"));
        let deployments = Access::to("patch", GroupKind::new("apps", "Deployment"), None);
        let wanted = [access("get"), access("patch"), access("patch"), access("delete"), deployments];
        assert_eq!(
            missing(&api, wanted).await,
            ["delete secrets in n", "patch secrets in n", "patch deployments.apps in default"]
        );
        assert_eq!(api.requests().await.len(), 4);
    }

    #[tokio::test]
    async fn a_right_that_makes_others_needless_is_asked_in_their_place() {
        let secrets = || Access::to("list", GroupKind::new("", "Secret"), None);
        let escalate = || Access::to("escalate", GroupKind::new("", "ConfigMap"), None);
        let granted = [secrets().unless(escalate())];
        assert_eq!(missing(&allows(&["escalate"]).await, granted.clone()).await, Vec::<String>::new());
        assert_eq!(missing(&allows(&["list"]).await, granted.clone()).await, Vec::<String>::new());
        assert_eq!(missing(&allows(&[]).await, granted).await, ["list secrets"]);
    }
}
