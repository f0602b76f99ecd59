//! Tokens of service accounts: given out by the server, and known again by it alone.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use http::StatusCode;
use jiff::SignedDuration;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value as Json, json};
use sha2::Sha256;

use crate::rehearsal::api::{
    kind::Kind,
    metadata,
    refusal::Refusal,
    reply::Reply,
    request::{Request, Target},
    server::Server,
    storage::Key,
};

use super::User;

/// Who reads tokens that name no reader.
const AUDIENCE: &str = "https://kubernetes.default.svc.cluster.local";
/// How long a token lasts that says nothing, in seconds.
const LIFE: i64 = 3600;

/// What a server signs its tokens with.
pub(in crate::rehearsal::api) struct TokenKey([u8; 32]);

impl TokenKey {
    pub(in crate::rehearsal::api) fn drawn(seed: u64) -> Self {
        // Not the numbers that names and uids are drawn from.
        Self(StdRng::seed_from_u64(!seed).r#gen())
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::new_from_slice(&self.0).expect("a key of any length is one");
        mac.update(signed.as_bytes());
        mac
    }

    fn sign(&self, claims: &Json) -> String {
        let part = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "HS256", "kid": "rehearsal"})), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(self.mac(&signed).finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    /// Returns the claims of a token that was signed here.
    fn read(&self, token: &str) -> Option<Json> {
        let (signed, signature) = token.rsplit_once('.')?;
        self.mac(signed).verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?).ok()
    }
}

impl Server {
    /// Gives out a token of a service account.
    pub(in crate::rehearsal::api) fn token(
        &self,
        request: &Request,
        target: &Target,
        kind: &Kind,
    ) -> Result<Reply, Refusal> {
        let name = target.name.as_deref().unwrap_or_default();
        let namespace = target.namespace.as_deref().unwrap_or_default();
        let mut body = request.json()?.unwrap_or_default();
        let mut state = self.state();
        let account = state.storage.get(&kind.resource, &Key::new(namespace, name)).cloned();
        let account = account.ok_or_else(|| Refusal::not_found(kind, name))?;
        let seconds = body["spec"]["expirationSeconds"].as_i64().unwrap_or(LIFE);
        let until = self.now() + SignedDuration::from_secs(seconds);
        let audiences = match &body["spec"]["audiences"] {
            Json::Array(audiences) if !audiences.is_empty() => audiences.clone(),
            _ => vec![json!(AUDIENCE)],
        };
        let now = self.now().as_second();
        let claims = json!({"aud": audiences, "exp": until.as_second(), "iat": now, "nbf": now,
            "iss": AUDIENCE, "jti": metadata::new_uid(&mut state.random),
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": name, "uid": metadata::uid(&account)}},
            "sub": User::service_account(namespace, name).name});
        body["apiVersion"] = "authentication.k8s.io/v1".into();
        body["kind"] = "TokenRequest".into();
        body["metadata"] = json!({"name": name, "namespace": namespace, "uid": metadata::uid(&account),
                "creationTimestamp": self.now().to_string()});
        body["spec"]["expirationSeconds"] = seconds.into();
        body["spec"]["audiences"] = audiences.into();
        body["status"] =
            json!({"token": self.tokens.sign(&claims), "expirationTimestamp": until.to_string()});
        Ok(Reply::json(StatusCode::CREATED, &body))
    }

    /// Returns whom a token names: as long as it lasts, for one of these readers (the server itself for none), and while
    /// there is the very account that it was given out for.
    pub(super) fn token_user(&self, token: &str, audiences: &[&str]) -> Option<User> {
        let claims = self.tokens.read(token)?;
        let audiences = if audiences.is_empty() { &[AUDIENCE] } else { audiences };
        let meant =
            claims["aud"].as_array()?.iter().filter_map(Json::as_str).any(|one| audiences.contains(&one));
        if !meant || claims["exp"].as_i64()? <= self.now().as_second() {
            return None;
        }
        let claimed = &claims["kubernetes.io"];
        let (namespace, account) = (claimed["namespace"].as_str()?, &claimed["serviceaccount"]);
        let state = self.state();
        let kind = state.registry.find("", "v1", "serviceaccounts")?;
        let name = account["name"].as_str()?;
        let live = state.storage.get(&kind.resource, &Key::new(namespace, name))?;
        let uid = account["uid"].as_str().filter(|uid| *uid == metadata::uid(live))?;
        let credential = claims["jti"].as_str().map(str::to_owned);
        Some(User { uid: uid.to_owned(), credential, ..User::service_account(namespace, name) })
    }
}
