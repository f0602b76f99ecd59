//! A request, taken apart: what it is about, and what it asks for.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;

use super::{access::User, refusal::Refusal};

/// A request with its whole body.
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Query,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Who asks.
    pub(super) user: Arc<User>,
}

/// The parameters after the question mark.
#[derive(Default)]
pub(super) struct Query(Vec<(String, String)>);

/// What a path under `/api` or `/apis` names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) plural: String,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    pub(super) subresource: Option<String>,
}

impl Request {
    pub(super) fn new(request: http::Request<Bytes>, user: &Arc<User>) -> Self {
        let (head, body) = request.into_parts();
        let query = Query::read(head.uri.query().unwrap_or_default());
        let (path, user) = (head.uri.path().to_owned(), Arc::clone(user));
        Self { method: head.method, path, query, headers: head.headers, body, user }
    }

    pub(super) fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Returns who writes: the parameter, or the program's name before the slash.
    pub(super) fn field_manager(&self) -> &str {
        if let Some(manager) = self.query.get("fieldManager") {
            return manager;
        }
        match self.header(header::USER_AGENT).split('/').next().unwrap_or_default() {
            "" => "unknown",
            program => program,
        }
    }

    pub(super) fn dry_run(&self) -> bool {
        self.query.get("dryRun").is_some()
    }

    /// Returns the name in the path's verb: `list` and `watch` are one path with `get`.
    pub(super) fn verb(&self, target: &Target) -> &'static str {
        match (self.method.as_str(), target.name.is_some()) {
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", true) => "delete",
            ("DELETE", false) => "deletecollection",
            _ if self.query.truth("watch") => "watch",
            (_, true) => "get",
            (_, false) => "list",
        }
    }
}

impl Query {
    pub(super) fn read(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// Returns the parameter, if it says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key == name)?;
        Some(found.1.as_str()).filter(|value| !value.is_empty())
    }

    pub(super) fn truth(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "true" | "1" | "t" | "T" | "TRUE" | "True"))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Refusal> {
        self.get(name)
            .map(|value| {
                value.parse().map_err(|_| {
                    Refusal::bad_request(format!("strconv.ParseInt: parsing {value:?}: invalid syntax"))
                })
            })
            .transpose()
    }
}

impl Target {
    /// Reads `/api/v1/…` and `/apis/GROUP/VERSION/…` down to an object; nothing for the discovery's own paths.
    pub(super) fn read(path: &str) -> Option<Self> {
        let mut segments = path.trim_matches('/').split('/').map(decode);
        let group = match &*segments.next()? {
            "api" => Cow::Borrowed(""),
            "apis" => segments.next()?,
            _ => return None,
        };
        let version = segments.next()?;
        let mut rest: Vec<Cow<'_, str>> = segments.collect();
        // The old way to ask for a watch.
        if rest.first().is_some_and(|first| first == "watch") {
            rest.remove(0);
        }
        let mut target = Self {
            group: group.into_owned(),
            version: version.into_owned(),
            plural: String::new(),
            namespace: None,
            name: None,
            subresource: None,
        };
        let mut rest = rest.into_iter().map(Cow::into_owned);
        let first = rest.next().filter(|first| !first.is_empty())?;
        let second = rest.next();
        let third = rest.next();
        let of_namespace = matches!(third.as_deref(), Some("status" | "finalize")) && rest.len() == 0;
        match (first.as_str(), second, third) {
            ("namespaces", Some(namespace), Some(plural)) if !of_namespace => {
                target.namespace = Some(namespace);
                target.plural = plural;
                target.name = rest.next();
                target.subresource = rest.next();
            }
            (_, second, third) => {
                target.plural = first;
                target.name = second;
                target.subresource = third;
            }
        }
        rest.next().is_none().then_some(target)
    }
}

fn decode(segment: &str) -> Cow<'_, str> {
    percent_decode_str(segment).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        let Some(target) = Target::read(path) else { return "nothing".into() };
        let parts = [
            Some(target.group),
            Some(target.version),
            target.namespace,
            Some(target.plural),
            target.name,
            target.subresource,
        ];
        parts.map(Option::unwrap_or_default).join("|")
    }

    #[test]
    fn a_path_names_a_collection_an_object_or_a_part_of_it() {
        assert_eq!(read("/api/v1/namespaces"), "|v1||namespaces||");
        assert_eq!(read("/api/v1/namespaces/a"), "|v1||namespaces|a|");
        assert_eq!(read("/api/v1/namespaces/a/finalize"), "|v1||namespaces|a|finalize");
        assert_eq!(read("/api/v1/namespaces/a/secrets"), "|v1|a|secrets||");
        assert_eq!(read("/apis/apps/v1/namespaces/a/deployments/b/scale"), "apps|v1|a|deployments|b|scale");
        assert_eq!(read("/apis/g.example/v1/eggs/x%2Fy"), "g.example|v1||eggs|x/y|");
        assert_eq!(read("/apis/apps/v1"), "nothing");
        assert_eq!(read("/api/v1/namespaces/a/pods/b/log/c"), "nothing");
    }
}
