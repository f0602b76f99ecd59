//! What the operator asks of a cluster's Secrets.

use k8s_openapi::List;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SelfSubjectRulesReview,
    SelfSubjectRulesReviewSpec,
};
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Map, Value, json};

use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    json_text,
    providers::{client::Validation, find::Names},
    resource::{Find, MetadataPolicy, RemoteReference},
    secret::{Data, convert},
};

use super::session::Session;

/// A namespace of a cluster.
pub(crate) struct Kubernetes {
    /// None where the credentials are those of whoever uses the store, and nobody uses it here.
    session: Option<Session>,
    pub(super) namespace: String,
    is_referent: bool,
}

impl Kubernetes {
    pub(crate) fn new(session: Option<Session>, namespace: &str, is_referent: bool) -> Self {
        let namespace = if namespace.is_empty() { "default" } else { namespace };
        Self { session, namespace: namespace.to_owned(), is_referent }
    }

    pub(super) fn session(&self) -> Result<&Session, Failure> {
        self.session.as_ref().ok_or_else(|| Failure::said("no auth provider given"))
    }

    pub(super) fn path(&self, name: &str) -> String {
        format!("/api/v1/namespaces/{}/secrets/{name}", self.namespace)
    }

    pub(super) fn collection(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.namespace)
    }

    /// Asks what the credentials may do; it takes both questions, as rules can be incomplete.
    pub(crate) async fn validate(&self) -> Validation {
        if self.is_referent {
            // Without an error "unknown" is as good as ready.
            return Validation::Ready;
        }
        match self.may_get().await {
            Ok(true) => Validation::Ready,
            Ok(false) => Validation::Error(Failure::said("client is not allowed to get secrets")),
            Err(failure) => Validation::Unknown(failure.within("could not verify if client is valid")),
        }
    }

    async fn may_get(&self) -> Result<bool, Failure> {
        let session = self.session()?;
        let rules = SelfSubjectRulesReview {
            spec: SelfSubjectRulesReviewSpec { namespace: Some(self.namespace.clone()) },
            ..SelfSubjectRulesReview::default()
        };
        let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
        let rules: SelfSubjectRulesReview = session.post(path, &rules).await?;
        let has = |list: &Option<Vec<String>>, wanted: &str| {
            list.iter().flatten().any(|found| found == wanted || found == "*")
        };
        let allowed = rules.status.iter().flat_map(|status| &status.resource_rules).any(|rule| {
            let groups = rule.api_groups.as_deref().unwrap_or_default();
            has(&rule.resources, "secrets")
                && has(&Some(rule.verbs.clone()), "get")
                && (groups.is_empty() || has(&rule.api_groups, ""))
        });
        if allowed {
            return Ok(true);
        }
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    resource: Some("secrets".to_owned()),
                    namespace: Some(self.namespace.clone()),
                    verb: Some("get".to_owned()),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let review: SelfSubjectAccessReview = session.post(path, &review).await?;
        Ok(review.status.is_some_and(|status| status.allowed))
    }

    pub(crate) async fn secret(&self, reference: &RemoteReference) -> Result<Vec<u8>, Failure> {
        let secret: Secret = self.session()?.get(&self.path(&reference.key)).await?;
        let property = reference.property.as_str();
        let key = &reference.key;
        match (property, reference.metadata_policy) {
            ("", MetadataPolicy::None) => Ok(whole(&secret)),
            ("", MetadataPolicy::Fetch) => Ok(json_text::compact(&metadata(&secret)).into_bytes()),
            (_, MetadataPolicy::None) => of_data(&secret, property).ok_or_else(|| {
                Failure::said(format!("property {property} does not exist in data of secret {key:?}"))
            }),
            (_, MetadataPolicy::Fetch) => of_metadata(&secret, property).ok_or_else(|| {
                Failure::said(format!("property {property} does not exist in metadata of secret {key:?}"))
            }),
        }
    }

    pub(crate) async fn extract(&self, reference: &RemoteReference) -> Result<Data, Failure> {
        let secret = self.session()?.get::<Secret>(&self.path(&reference.key)).await;
        let secret =
            secret.map_err(|failure| if failure.is_missing() { Failure::NoSecret } else { failure })?;
        let data = match reference.metadata_policy {
            MetadataPolicy::None => {
                secret.data.into_iter().flatten().map(|(key, value)| (key, value.0)).collect()
            }
            MetadataPolicy::Fetch => match metadata(&secret) {
                Value::Object(parts) => parts
                    .iter()
                    .map(|(key, part)| (key.clone(), json_text::compact(part).into_bytes()))
                    .collect(),
                _ => Data::new(),
            },
        };
        if reference.property.is_empty() {
            return Ok(data);
        }
        let (property, key) = (&reference.property, &reference.key);
        let found = data
            .get(property)
            .ok_or_else(|| Failure::said(format!("property {property} does not exist in key {key}")))?;
        let entries: Map<String, Value> =
            serde_json::from_slice(found).map_err(|_| Failure::said("the property is no JSON object"))?;
        Ok(entries.iter().map(|(key, value)| (key.clone(), json_text::compact(value).into_bytes())).collect())
    }

    pub(crate) async fn find(&self, wanted: &Find) -> Result<Data, Failure> {
        let names = wanted.name.as_ref().map(Names::new).transpose()?;
        if wanted.tags.is_none() && names.is_none() {
            return Err(Failure::said("unexpected find operator"));
        }
        let secrets = self.session()?.get::<List<Secret>>(&self.collection()).await;
        let secrets = secrets.map_err(|failure| failure.within("unable to list secrets"))?;
        let fits = |secret: &Secret| match (&wanted.tags, &names) {
            (Some(tags), _) => {
                let labels = secret.metadata.labels.as_ref();
                tags.iter().all(|(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value))
            }
            (None, Some(names)) => names.fit(secret.metadata.name.as_deref().unwrap_or_default()),
            (None, None) => false,
        };
        let found = secrets.items.iter().filter(|secret| fits(secret));
        let data = found.map(|secret| (secret.metadata.name.clone().unwrap_or_default(), whole(secret)));
        convert(wanted.conversion_strategy, data.collect())
    }
}

/// Returns a Secret's data as one JSON object of texts.
pub(super) fn whole(secret: &Secret) -> Vec<u8> {
    let entries = secret.data.iter().flatten();
    let texts: Value =
        entries.map(|(key, value)| (key.clone(), json!(String::from_utf8_lossy(&value.0)))).collect();
    json_text::compact(&texts).into_bytes()
}

fn metadata(secret: &Secret) -> Value {
    json!({ "labels": secret.metadata.labels, "annotations": secret.metadata.annotations })
}

/// A key with dots comes before a path into a key's JSON.
fn of_data(secret: &Secret, property: &str) -> Option<Vec<u8>> {
    let data = secret.data.as_ref()?;
    if let Some(value) = data.get(property) {
        return Some(value.0.clone());
    }
    let (key, path) = property.split_once('.').filter(|(key, path)| !key.is_empty() && !path.is_empty())?;
    let found = json_text::at_path(std::str::from_utf8(&data.get(key)?.0).ok()?, path)?;
    Some(json_text::plain(&found))
}

fn of_metadata(secret: &Secret, property: &str) -> Option<Vec<u8>> {
    let (part, key) = match property.split_once('.') {
        Some((part, key)) => (part, Some(key)),
        None => (property, None),
    };
    let entries = match part {
        "labels" => &secret.metadata.labels,
        "annotations" => &secret.metadata.annotations,
        _ => return None,
    };
    match key {
        None => Some(json_text::compact(&json!(entries)).into_bytes()),
        Some(key) => entries.as_ref()?.get(key).map(|value| value.clone().into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;

    use super::*;

    fn secret() -> Secret {
        let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
        let mut secret = Secret {
            data: Some(
                [("file.png".into(), bytes("png")), ("json".into(), bytes(r#"{"a":{"b":1}}"#))].into(),
            ),
            ..Secret::default()
        };
        secret.metadata.labels = Some([("team".into(), "a".into())].into());
        secret
    }

    #[test]
    fn a_key_with_a_dot_comes_before_a_path() {
        assert_eq!(of_data(&secret(), "file.png").unwrap(), b"png");
        assert_eq!(of_data(&secret(), "json.a.b").unwrap(), b"1");
        assert_eq!(of_data(&secret(), "json.x"), None);
        assert_eq!(of_data(&secret(), "nothing"), None);
    }

    #[test]
    fn metadata_can_be_asked_for_whole_or_by_key() {
        assert_eq!(of_metadata(&secret(), "labels.team").unwrap(), b"a");
        assert_eq!(of_metadata(&secret(), "labels").unwrap(), br#"{"team":"a"}"#);
        assert_eq!(of_metadata(&secret(), "owner"), None);
    }
}
