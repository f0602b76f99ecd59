//! Connect's interface as its SDK uses it.

use std::time::Duration;

use futures::future::BoxFuture;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::rehearsal::{
    network::{Network, Trust},
    programs::external_secrets::{
        error::Failure,
        providers::http::{Call, not_json, query_escape},
    },
};

use super::item::{Item, Vault, is_id};

/// A refused authorization is tried so often, with these pauses between the tries.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];

/// A Connect server with a token.
pub(super) struct Rest {
    pub(super) network: Network,
    pub(super) host: String,
    /// The whole header: `Bearer …`.
    pub(super) authorization: Vec<u8>,
}

/// What Connect answers instead of what was asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refused {
    status: i64,
    message: String,
}

impl Rest {
    /// Returns a vault by id or title.
    pub(super) async fn vault(&self, name: &str) -> Result<Vault, Failure> {
        retried(|| Box::pin(self.vault_once(name))).await
    }

    async fn vault_once(&self, name: &str) -> Result<Vault, Failure> {
        if is_id(name) {
            return self.get(&format!("/v1/vaults/{name}")).await;
        }
        let mut vaults: Vec<Vault> = self.get(&format!("/v1/vaults?filter={}", by_title(name))).await?;
        match vaults.len() {
            1 => Ok(vaults.remove(0)),
            count => Err(Failure::said(format!("Found {count} vaults with title {name:?}"))),
        }
    }

    /// Returns the items of a title, each in full: the SDK asks for one after the other.
    pub(super) async fn items_titled(&self, title: &str, vault: &str) -> Result<Vec<Item>, Failure> {
        retried(|| Box::pin(self.items_titled_once(title, vault))).await
    }

    async fn items_titled_once(&self, title: &str, vault: &str) -> Result<Vec<Item>, Failure> {
        let path = format!("/v1/vaults/{vault}/items?filter={}", by_title(title));
        let summaries: Vec<Item> = self.get(&path).await?;
        let mut items = Vec::with_capacity(summaries.len());
        for summary in summaries {
            items.push(self.item_once(&summary.id, &summary.vault.id).await?);
        }
        Ok(items)
    }

    /// Returns the summaries of all items.
    pub(super) async fn items(&self, vault: &str) -> Result<Vec<Item>, Failure> {
        let path = format!("/v1/vaults/{vault}/items");
        retried(|| Box::pin(self.get(&path))).await
    }

    /// Returns an item by its id.
    pub(super) async fn item(&self, id: &str, vault: &str) -> Result<Item, Failure> {
        retried(|| Box::pin(self.item_once(id, vault))).await
    }

    async fn item_once(&self, id: &str, vault: &str) -> Result<Item, Failure> {
        if !is_id(id) {
            return Err(Failure::said("malformed item uuid provided"));
        }
        self.get(&format!("/v1/vaults/{vault}/items/{id}")).await
    }

    /// Returns a file's content.
    pub(super) async fn content(&self, path: &str) -> Result<Vec<u8>, Failure> {
        retried(|| Box::pin(self.send(Method::GET, path, None, StatusCode::OK))).await
    }

    pub(super) async fn create(&self, item: &Item, vault: &str) -> Result<(), Failure> {
        let path = format!("/v1/vaults/{vault}/items");
        self.write(Method::POST, &path, Some(item), StatusCode::OK).await
    }

    pub(super) async fn update(&self, item: &Item) -> Result<(), Failure> {
        self.write(Method::PUT, &path_of(item), Some(item), StatusCode::OK).await
    }

    pub(super) async fn delete(&self, item: &Item) -> Result<(), Failure> {
        self.write(Method::DELETE, &path_of(item), None, StatusCode::NO_CONTENT).await
    }

    async fn write(
        &self,
        method: Method,
        path: &str,
        item: Option<&Item>,
        expected: StatusCode,
    ) -> Result<(), Failure> {
        let body = item.map(|item| serde_json::to_vec(item).unwrap_or_default());
        let sent = retried(|| Box::pin(self.send(method.clone(), path, body.clone(), expected)));
        sent.await.map(drop)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        let body = self.send(Method::GET, path, None, StatusCode::OK).await?;
        // What serde says may quote what it found: only whether it is JSON is told.
        serde_json::from_slice(&body).map_err(|error| {
            let why = if error.is_data() { "json: cannot unmarshal it".to_owned() } else { not_json(&body) };
            Failure::said(format!("decoding response: {why}"))
        })
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        expected: StatusCode,
    ) -> Result<Vec<u8>, Failure> {
        let call = Call {
            method,
            url: format!("{}{path}", self.host),
            authorization: &self.authorization,
            user_agent: "external-secrets",
            headers: &[],
            body,
        };
        let response = call.send(&self.network, &Trust::System).await?;
        let status = response.status();
        let body = response.into_body();
        if status == expected {
            return Ok(body.to_vec());
        }
        // JSON without a status has the status 0; what is no JSON is told by the response's own.
        let refused = match serde_json::from_slice::<Value>(&body) {
            Ok(json) => Refused::deserialize(json)
                .map_err(|_| Failure::said("decoding error response: json: cannot unmarshal it"))?,
            Err(_) => Refused {
                status: i64::from(status.as_u16()),
                message: status.canonical_reason().unwrap_or_default().to_owned(),
            },
        };
        Err(Failure::said(format!("status {}: {}", refused.status, refused.message)))
    }
}

fn by_title(title: &str) -> String {
    query_escape(&format!("title eq \"{title}\""))
}

fn path_of(item: &Item) -> String {
    format!("/v1/vaults/{}/items/{}", item.vault.id, item.id)
}

/// Tries again where Connect says that the token has no authorization, which may be untrue for a moment.
async fn retried<'a, T>(act: impl Fn() -> BoxFuture<'a, Result<T, Failure>>) -> Result<T, Failure> {
    for pause in PAUSES {
        match act().await {
            Err(failure) if failure.to_string().contains("status 403: Authorization") => {
                tokio::time::sleep(pause).await;
            }
            other => return other,
        }
    }
    act().await
}
