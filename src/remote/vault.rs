//! Vault, and what is in its key/value engines.

use http::{HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Credential, Meter, Service, ServiceError};
use crate::secret::Secret;

/// A Vault, asked with a token within a namespace.
#[derive(Debug)]
pub struct Vault {
    namespace: Option<String>,
    service: Service,
}

/// A secret's place in a key/value engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultPlace {
    /// Where the engine is mounted.
    pub mount: String,
    /// The secret's path in the engine.
    pub path: String,
    /// What kind of engine it is.
    pub engine: VaultEngine,
}

/// The versions of Vault's key/value engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VaultEngine {
    /// Keeps the last value.
    V1,
    /// Keeps versions of each value.
    #[default]
    V2,
}

/// `data` of an answer is the secret, or, from an engine of version 2, holds it as `data`.
#[derive(Deserialize)]
struct Answer {
    data: Option<Value>,
}

impl Vault {
    /// Returns the Vault at an address; sends nothing yet.
    pub fn new(
        address: &str,
        token: &Secret<String>,
        namespace: Option<String>,
    ) -> Result<Self, ServiceError> {
        let header = HeaderName::from_static("x-vault-token");
        let credential = Credential { header, scheme: "", token: token.clone() };
        let mut service = Service::new("Vault", address, credential)?
            .header(HeaderName::from_static("x-vault-request"), HeaderValue::from_static("true"));
        if let Some(namespace) = &namespace {
            let value = HeaderValue::from_str(namespace).map_err(|_| ServiceError::Namespace)?;
            service = service.header(HeaderName::from_static("x-vault-namespace"), value);
        }
        Ok(Self { namespace, service })
    }

    /// Says whether this is the Vault at an address, with a token and a namespace.
    pub fn is(&self, address: &str, token: &Secret<String>, namespace: Option<&str>) -> bool {
        self.namespace.as_deref() == namespace && self.service.is(address, token)
    }

    /// Reads a secret, of engines of version 2 the wanted version or the latest; none where there is none.
    pub async fn read(
        &self,
        place: &VaultPlace,
        version: Option<u32>,
        meter: &Meter,
    ) -> Result<Option<Map<String, Value>>, ServiceError> {
        let version = version.map(|version| format!("?version={version}")).unwrap_or_default();
        let answer: Answer = match self.service.get(&format!("{}{version}", place.request()), meter).await {
            Err(error) if error.status() == Some(404) => return Ok(None),
            answer => answer?,
        };
        let data = match (place.engine, answer.data) {
            (VaultEngine::V2, Some(Value::Object(mut outer))) => outer.remove("data"),
            (VaultEngine::V2, _) => None,
            (VaultEngine::V1, data) => data,
        };
        Ok(match data {
            Some(Value::Object(entries)) => Some(entries),
            _ => None,
        })
    }

    /// Writes a secret whose keys and values are this JSON object.
    #[expect(clippy::disallowed_methods, reason = "the secret goes into the body of the request")]
    pub async fn write(
        &self,
        place: &VaultPlace,
        object: &Secret<String>,
        meter: &Meter,
    ) -> Result<(), ServiceError> {
        let object = object.expose();
        let body = Secret::new(match place.engine {
            VaultEngine::V1 => object.clone(),
            VaultEngine::V2 => format!("{{\"data\":{object}}}"),
        });
        self.service.put(&place.request(), body.expose().as_bytes(), meter).await
    }
}

impl VaultPlace {
    /// Returns the path of requests for it.
    pub fn request(&self) -> String {
        let data = match self.engine {
            VaultEngine::V1 => "",
            VaultEngine::V2 => "data/",
        };
        format!("/v1/{}/{data}{}", encoded(&self.mount), encoded(&self.path))
    }
}

/// What means something in an address.
const SPECIAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Each step of a path by itself; none leads upwards.
fn encoded(path: &str) -> String {
    let steps = path.split('/').filter(|step| !matches!(*step, "" | "." | ".."));
    steps.map(|step| utf8_percent_encode(step, SPECIAL).to_string()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_nowhere_but_below_its_engine() {
        let place = |engine| VaultPlace { mount: "kv/".into(), path: "/a//../b c?/".into(), engine };
        assert_eq!(place(VaultEngine::V1).request(), "/v1/kv/a/b%20c%3F");
        assert_eq!(place(VaultEngine::V2).request(), "/v1/kv/data/a/b%20c%3F");
    }
}
