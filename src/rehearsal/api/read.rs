//! Reading: one object, or a list in pages.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{
    kind::Kind,
    refusal::Refusal,
    reply::{Form, Reply},
    request::{Request, Target},
    rules,
    selector::Selector,
    server::{Server, State},
    shape,
    storage::Key,
    table,
};

/// Where the next page begins, and as of when.
#[derive(Serialize, Deserialize)]
struct Continue {
    v: String,
    rv: u64,
    start: Key,
}

impl Server {
    pub(super) fn get(&self, request: &Request, target: &Target, kind: &Kind) -> Result<Reply, Refusal> {
        let form = Form::accepted(request.header(http::header::ACCEPT))?;
        let object = {
            let state = self.state();
            let key = Key::new(
                target.namespace.as_deref().unwrap_or_default(),
                target.name.as_deref().unwrap_or_default(),
            );
            let found = state.storage.get(&kind.resource, &key).cloned();
            found.ok_or_else(|| Refusal::not_found(kind, &key.name))?
        };
        Ok(self.object(StatusCode::OK, kind, form, &object))
    }

    /// Answers with one object.
    pub(super) fn object(&self, code: StatusCode, kind: &Kind, form: Form, object: &Arc<Json>) -> Reply {
        match form {
            Form::Whole => Reply::json(code, &shape::versioned(kind, object)),
            Form::Metadata => Reply::json(code, &shape::metadata(object)),
            Form::Table => Reply::json(
                code,
                &table::of(
                    kind,
                    std::slice::from_ref(object),
                    json!({"resourceVersion": object["metadata"]["resourceVersion"]}),
                    true,
                    self.now(),
                ),
            ),
        }
    }

    pub(super) fn list(&self, request: &Request, target: &Target, kind: &Kind) -> Result<Reply, Refusal> {
        let form = Form::accepted(request.header(http::header::ACCEPT))?;
        let selector = selector(request, kind)?;
        let limit = request.query.number("limit")?.filter(|limit| *limit > 0);
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let page = self.page(&Wanted {
            kind,
            namespace: target.namespace.as_deref(),
            selector: &selector,
            limit,
            token: request.query.get("continue"),
            exactly: exact_revision(request)?,
        })?;
        let body = match form {
            Form::Whole => {
                let items: Vec<Json> = page.items.iter().map(|item| shape::list_item(kind, item)).collect();
                let mut page = page;
                if kind.custom.is_some() && page.metadata.get("continue").is_none() {
                    page.metadata["continue"] = "".into();
                }
                json!({"kind": kind.list_kind, "apiVersion": kind.api_version(), "metadata": page.metadata, "items": items})
            }
            Form::Metadata => {
                let items: Vec<Json> = page.items.iter().map(|item| shape::metadata(item)).collect();
                // The real server never made the empty list.
                let items = if items.is_empty() { Json::Null } else { items.into() };
                json!({"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": page.metadata, "items": items})
            }
            Form::Table => table::of(kind, &page.items, page.metadata, true, self.now()),
        };
        Ok(Reply::json(StatusCode::OK, &body))
    }

    fn page(&self, wanted: &Wanted<'_>) -> Result<Page, Refusal> {
        let state = self.state();
        let resource = &wanted.kind.resource;
        let too_old = || {
            Refusal::expired(
                "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.",
            )
        };
        let (revision, items, rest) = match wanted.token {
            None if wanted.exactly.is_none() => {
                let (items, rest) = wanted.take(state.storage.list(resource, wanted.namespace));
                (state.storage.revision(), items, rest)
            }
            token => {
                let token = token.map(Continue::read).transpose()?;
                let revision = token.as_ref().map_or(wanted.exactly, |token| Some(token.rv));
                let revision = revision.unwrap_or_else(|| state.storage.revision());
                let objects: BTreeMap<Key, Arc<Json>> =
                    state.storage.list_at(resource, revision).map_err(|_| too_old())?;
                let start = token.map_or_else(|| Key::new("", ""), |token| token.start);
                let later = objects.range(start..);
                let (items, rest) =
                    wanted.take(later.filter(|(key, _)| {
                        wanted.namespace.is_none_or(|namespace| key.namespace == namespace)
                    }));
                (revision, items, rest)
            }
        };
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if let Some((next, remaining)) = rest {
            metadata["continue"] =
                Continue { v: "meta.k8s.io/v1".into(), rv: revision, start: next }.text().into();
            if wanted.selector.is_empty() {
                metadata["remainingItemCount"] = remaining.into();
            }
        }
        Ok(Page { metadata, items })
    }
}

struct Page {
    metadata: Json,
    items: Vec<Arc<Json>>,
}

/// What a list is to hold.
struct Wanted<'a> {
    kind: &'a Kind,
    namespace: Option<&'a str>,
    selector: &'a Selector,
    limit: usize,
    token: Option<&'a str>,
    exactly: Option<u64>,
}

impl Wanted<'_> {
    /// Takes a page; returns with it where the next one begins and how many objects are left.
    fn take<'b>(
        &self,
        objects: impl Iterator<Item = (&'b Key, &'b Arc<Json>)>,
    ) -> (Vec<Arc<Json>>, Option<(Key, usize)>) {
        let mut matching = objects.filter(|(_, object)| self.selector.matches(object));
        let items = matching.by_ref().take(self.limit).map(|(_, object)| Arc::clone(object)).collect();
        let next = matching.next().map(|(key, _)| key.clone());
        (items, next.map(|next| (next, 1 + matching.count())))
    }
}

impl Continue {
    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn read(text: &str) -> Result<Self, Refusal> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or_else(|| {
            let why = "illegal base64 data at input byte 0";
            Refusal::bad_request(format!("invalid continue token: continue key is not valid: {why}"))
        })
    }
}

pub(super) fn selector(request: &Request, kind: &Kind) -> Result<Selector, Refusal> {
    Selector::read(request.query.get("labelSelector"), request.query.get("fieldSelector"), kind)
}

fn exact_revision(request: &Request) -> Result<Option<u64>, Refusal> {
    const FIELD: &str = "resourceVersionMatch";
    let forbidden = |why: &str| Err(Refusal::options("ListOptions", rules::forbidden(FIELD, why)));
    match (request.query.get(FIELD), request.query.get("resourceVersion")) {
        (None, _) | (Some("NotOlderThan"), Some(_)) => Ok(None),
        (Some(_), None) => forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"),
        (Some("Exact"), Some("0")) => {
            forbidden("resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"")
        }
        (Some("Exact"), Some(_)) => request.query.number("resourceVersion"),
        (Some(other), Some(_)) => {
            let supported = ["\"Exact\"", "\"NotOlderThan\"", "\"\""];
            let cause = rules::unsupported(FIELD, &other.into(), &supported);
            Err(Refusal::options("ListOptions", cause))
        }
    }
}

impl State {
    /// Returns the objects of a kind that a selector takes.
    pub(super) fn select(&self, kind: &Kind, namespace: Option<&str>, selector: &Selector) -> Vec<Key> {
        self.storage
            .list(&kind.resource, namespace)
            .filter(|(_, object)| selector.matches(object))
            .map(|(key, _)| key.clone())
            .collect()
    }
}
