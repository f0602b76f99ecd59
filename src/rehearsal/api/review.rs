//! Reviews: questions that are answered and not kept. Whoever asks is an administrator.

use http::StatusCode;
use serde_json::{Value as Json, json};

use super::{
    kind::Kind,
    metadata,
    refusal::Refusal,
    reply::Reply,
    request::{Request, Target},
    rules,
    server::Server,
    storage::Key,
};

/// Who every client is.
pub(super) const USER: &str = "kubernetes-admin";
pub(super) const GROUPS: [&str; 2] = ["system:masters", "system:authenticated"];

/// Answers a review.
pub(super) fn answer(
    request: &Request,
    target: &Target,
    kind: &Kind,
    now: jiff::Timestamp,
) -> Result<Reply, Refusal> {
    let mut review = request.object(target, kind)?;
    if kind.group == "authorization.k8s.io" && kind.kind != "SelfSubjectRulesReview" {
        let spec = &review["spec"];
        if spec["resourceAttributes"].is_null() == spec["nonResourceAttributes"].is_null() {
            let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            let cause = rules::invalid("spec.resourceAttributes", &spec["resourceAttributes"], why);
            return Err(Refusal::invalid_in(&kind.group, cause));
        }
    }
    if kind.kind == "SelfSubjectReview" {
        review["metadata"]["creationTimestamp"] = now.to_string().into();
    }
    review["status"] = match kind.kind.as_str() {
        "SelfSubjectReview" => json!({"userInfo": {"username": USER, "groups": GROUPS}}),
        "TokenReview" => {
            json!({"authenticated": false, "user": {}, "error": "tokens are not checked here"})
        }
        "SelfSubjectRulesReview" => json!({"incomplete": false,
            "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}]}),
        _ => json!({"allowed": true}),
    };
    Ok(Reply::json(StatusCode::CREATED, &review))
}

impl Server {
    /// Gives out a token of a service account. It proves nothing: no door here asks for one.
    pub(super) fn token(&self, request: &Request, target: &Target, kind: &Kind) -> Result<Reply, Refusal> {
        let name = target.name.as_deref().unwrap_or_default();
        let namespace = target.namespace.as_deref().unwrap_or_default();
        let mut body = request.json()?.unwrap_or_default();
        let mut state = self.state();
        let account = state.storage.get(&kind.resource, &Key::new(namespace, name)).cloned();
        let account = account.ok_or_else(|| Refusal::not_found(kind, name))?;
        let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(3600);
        let until = self.now() + jiff::SignedDuration::from_secs(seconds);
        let audiences = match &body["spec"]["audiences"] {
            Json::Array(audiences) if !audiences.is_empty() => audiences.clone(),
            _ => vec![json!("https://kubernetes.default.svc.cluster.local")],
        };
        let claims = json!({"aud": audiences, "exp": until.as_second(), "iat": self.now().as_second(),
            "iss": "https://kubernetes.default.svc.cluster.local", "jti": metadata::new_uid(&mut state.random),
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name, "uid": metadata::uid(&account)}},
            "sub": format!("system:serviceaccount:{namespace}:{name}")});
        let part = |json: &Json| {
            base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, json.to_string())
        };
        let token =
            format!("{}.{}.cmVoZWFyc2Fs", part(&json!({"alg": "none", "kid": "rehearsal"})), part(&claims));
        body["apiVersion"] = "authentication.k8s.io/v1".into();
        body["kind"] = "TokenRequest".into();
        body["metadata"] =
            json!({"name": name, "namespace": namespace, "creationTimestamp": self.now().to_string()});
        body["spec"]["expirationSeconds"] = seconds.into();
        body["spec"]["audiences"] = audiences.into();
        body["status"] = json!({"token": token, "expirationTimestamp": until.to_string()});
        Ok(Reply::json(StatusCode::CREATED, &body))
    }
}
