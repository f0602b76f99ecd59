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
            Content::File(id) => {
                let content = self.0.content(&format!("{path}/files/{id}/content"), meter).await?;
                Ok(Found::File(Secret::new(content.to_vec())))
            }
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
