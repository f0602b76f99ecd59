//! A Connect server's API, as far as values are read from it.

use http::header;
use jiff::Timestamp;
use serde::Deserialize;

use super::token::is_id;
use super::{Content, Item, ItemError, Reference, Token, TokenError};
use crate::remote::{Credential, Meter, Service, ServiceError};
use crate::secret::Secret;

/// A Connect server with a token.
#[derive(Debug)]
pub struct Connect(Service);

/// Why a Connect server gave nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectError {
    /// The token shows by itself that it will not do.
    #[error("{error}; {}", error.hint())]
    Token {
        /// What is wrong.
        error: TokenError,
    },
    /// No answer, or a refusal.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A title is not there, or there several times.
    #[error("there are {count} {what}s titled `{title}` that the token can see; {}", remedy(*.count))]
    Count {
        /// `vault` or `item`.
        what: &'static str,
        /// The title.
        title: String,
        /// How many there are.
        count: usize,
    },
    /// A title that Connect's filter can't express.
    #[error("the title `{0}` holds a quotation mark, which Connect can't look for: use the id")]
    Title(String),
    /// An attribute of a field can't be had from Connect.
    #[error("`{0}`: Connect gives values only, no attributes after `?`")]
    Attribute(String),
    /// A file's content is not given.
    #[error("the file `{name}` can't be had: {error} (servers before version 1.3.0 give no files)")]
    File {
        /// Its name or id.
        name: String,
        /// What the server says.
        error: ServiceError,
    },
    /// The item does not hold it.
    #[error(transparent)]
    Item(#[from] ItemError),
}

fn remedy(count: usize) -> &'static str {
    if count == 0 {
        "correct the name, or make a token that can see it"
    } else {
        "use the id of the one that is meant"
    }
}

/// What a reference leads to.
#[derive(Debug)]
pub enum Found {
    /// A field's value.
    Value(Secret<String>),
    /// A file's bytes.
    File(Secret<Vec<u8>>),
    /// All fields by their labels.
    Item(Vec<(String, Secret<String>)>),
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

impl Connect {
    /// Returns the server at an address, unless the token shows at the time `now` that it will be refused.
    pub fn new(host: &str, token: &Secret<String>, now: Timestamp) -> Result<Self, ConnectError> {
        let checked = Token::parse(token).and_then(|token| token.check(now, std::iter::empty::<&str>()));
        checked.map_err(|error| ConnectError::Token { error })?;
        let credential =
            Credential { header: header::AUTHORIZATION, scheme: "Bearer ", token: token.clone() };
        // The interface of the address is part of the paths; people give it with and without.
        let host = host.trim().trim_end_matches('/').trim_end_matches("/v1");
        Ok(Self(Service::new("1Password Connect", host, credential)?))
    }

    /// Says whether this is the server at an address with a token.
    pub fn is(&self, host: &str, token: &Secret<String>) -> bool {
        self.0.is(host.trim().trim_end_matches('/').trim_end_matches("/v1"), token)
    }

    /// Reads what a reference leads to: a field, a file, or all fields of an item.
    pub async fn read(&self, reference: &Reference, meter: &Meter) -> Result<Found, ConnectError> {
        if reference.query.is_some() {
            return Err(ConnectError::Attribute(reference.to_string()));
        }
        let vault = self.id("vault", "/v1/vaults", &reference.vault, meter).await?;
        let items = format!("/v1/vaults/{vault}/items");
        let item = self.id("item", &items, &reference.item, meter).await?;
        let path = format!("{items}/{item}");
        let item: Item = self.0.get(&path, meter).await?;
        let Some(field) = &reference.field else { return Ok(Found::Item(item.values()?)) };
        match item.find(reference.section.as_deref(), field)? {
            Content::Value(value) => Ok(Found::Value(value)),
            Content::File(id) => match self.0.content(&format!("{path}/files/{id}/content"), meter).await {
                Ok(content) => Ok(Found::File(Secret::new(content.to_vec()))),
                Err(error @ ServiceError::Status { status: 404, .. }) => {
                    Err(ConnectError::File { name: field.clone(), error })
                }
                Err(error) => Err(error.into()),
            },
        }
    }

    /// Returns the id of the only one with a title; what looks like an id is taken for one.
    async fn id(
        &self,
        what: &'static str,
        path: &str,
        name: &str,
        meter: &Meter,
    ) -> Result<String, ConnectError> {
        if is_id(name) {
            return Ok(name.to_owned());
        }
        if name.contains('"') {
            return Err(ConnectError::Title(name.to_owned()));
        }
        let filter: String =
            url::form_urlencoded::byte_serialize(format!("title eq \"{name}\"").as_bytes()).collect();
        let mut found: Vec<Id> = self.0.get(&format!("{path}?filter={filter}"), meter).await?;
        match found.len() {
            1 => Ok(found.remove(0).id),
            count => Err(ConnectError::Count { what, title: name.to_owned(), count }),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::{Value as Json, json};
    use wiremock::matchers::{method, path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    const VAULT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    const ITEM: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn connect(server: &MockServer) -> Connect {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let claims = part(r#"{"aud":["com.1password.connect"]}"#);
        let token = format!("{}.{claims}.{}", part(r#"{"alg":"ES256"}"#), part("signature"));
        Connect::new(&format!("{}/v1/", server.uri()), &Secret::new(token), Timestamp::UNIX_EPOCH).unwrap()
    }

    async fn answer(server: &MockServer, at: &str, title: Option<&str>, body: Json) {
        let mut mock = Mock::given(method("GET")).and(path(at.to_owned()));
        if let Some(title) = title {
            mock = mock.and(query_param("filter", format!("title eq \"{title}\"")));
        }
        mock.respond_with(ResponseTemplate::new(200).set_body_json(body)).mount(server).await;
    }

    /// A server with the item `db` in the vault `prod`; two vaults are called `twin`.
    async fn server() -> MockServer {
        let server = MockServer::start().await;
        let items = format!("/v1/vaults/{VAULT}/items");
        answer(&server, "/v1/vaults", Some("prod"), json!([{ "id": VAULT, "name": "prod" }])).await;
        answer(&server, "/v1/vaults", Some("twin"), json!([{ "id": VAULT }, { "id": ITEM }])).await;
        answer(&server, "/v1/vaults", Some("none"), json!([])).await;
        answer(&server, &items, Some("the db"), json!([{ "id": ITEM, "title": "the db" }])).await;
        answer(&server, &items, Some("none"), json!([])).await;
        let fields = json!([{ "id": "f1", "label": "password", "value": "chirp" }]);
        let item = json!({ "id": ITEM, "title": "the db", "fields": fields, "files": [{ "id": "c1", "name": "ca.pem" }] });
        answer(&server, &format!("{items}/{ITEM}"), None, item).await;
        let content = ResponseTemplate::new(200).set_body_bytes([0, 0xff]);
        let file = path(format!("{items}/{ITEM}/files/c1/content"));
        Mock::given(file).respond_with(content).mount(&server).await;
        server
    }

    async fn read(server: &MockServer, reference: &str) -> Result<Found, ConnectError> {
        connect(server).read(&reference.parse().unwrap(), &Meter::default()).await
    }

    async fn refusal(server: &MockServer, reference: &str) -> String {
        let error = read(server, reference).await.unwrap_err();
        assert!(!error.to_string().contains("chirp"), "{error}");
        error.to_string()
    }

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the test looks at what was found")]
    async fn a_field_and_a_file_are_found_by_titles_and_by_ids() {
        let server = server().await;
        for vault in ["prod", VAULT] {
            let Found::Value(value) = read(&server, &format!("op://{vault}/the db/password")).await.unwrap()
            else {
                unreachable!("a field")
            };
            assert_eq!(value.expose(), "chirp");
        }
        let Found::File(bytes) = read(&server, "op://prod/the db/ca.pem").await.unwrap() else {
            unreachable!("a file")
        };
        assert_eq!(bytes.expose(), &[0, 0xff]);
    }

    #[tokio::test]
    async fn a_title_that_is_not_there_or_there_twice_is_told_with_its_remedy() {
        let server = server().await;
        assert_eq!(
            refusal(&server, "op://none/the db/password").await,
            "there are 0 vaults titled `none` that the token can see; correct the name, or make a token that can see it"
        );
        assert_eq!(
            refusal(&server, "op://twin/the db/password").await,
            "there are 2 vaults titled `twin` that the token can see; use the id of the one that is meant"
        );
        assert!(
            refusal(&server, "op://prod/none/password").await.starts_with("there are 0 items titled `none`")
        );
        assert!(
            refusal(&server, "op://prod/the db/pasword").await.contains("has no field or file `pasword`")
        );
        assert!(refusal(&server, "op://prod/the db/password?attribute=otp").await.contains("no attributes"));
    }

    #[tokio::test]
    async fn each_refusal_of_a_server_is_told_in_its_words() {
        let failure = |status: u16, message: &str| {
            ResponseTemplate::new(status).set_body_json(json!({ "status": status, "message": message }))
        };
        for (response, expected) in [
            (failure(401, "Invalid token signature"), "refused the credential: Invalid token signature"),
            (failure(403, "vault x is not in scope"), "does not allow /v1/vaults"),
            (failure(404, "vault x not found"), "with 404: vault x not found"),
            (failure(400, "Invalid Vault UUID"), "with 400: Invalid Vault UUID"),
            (
                failure(500, "failed to initiate, review service logs for details"),
                "with 500: failed to initiate",
            ),
            (failure(408, "sync did not complete within timeout"), "with 408: sync did not complete"),
            (ResponseTemplate::new(502).set_body_string("<html>bad"), "with 502: Bad Gateway"),
            (ResponseTemplate::new(200).set_body_string("<html>hello"), "is there a proxy"),
        ] {
            let server = MockServer::start().await;
            Mock::given(method("GET")).respond_with(response).mount(&server).await;
            let said = refusal(&server, "op://prod/the db/password").await;
            assert!(said.contains(expected), "{said}");
        }
    }
}
