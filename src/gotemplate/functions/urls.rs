//! `urlParse` and `urlJoin`, with Go's `net/url` and not the WHATWG's rules: what a URL is made of stays as it is.

use super::reflection::kind_of;
use super::url::{Url, UserInfo};
use crate::gotemplate::{FunctionError, Functions, GoString, Map, Value};

pub(super) fn add(functions: &mut Functions) {
    functions.add("urlParse", |text: GoString| {
        Url::parse(&text)
            .map(|url| parts(&url))
            .map_err(|error| FunctionError::from_cause(error).within("unable to parse url"))
    });
    functions.add("urlJoin", |parts: Map| join(&parts));
    functions.add("getHostByName", |_name: GoString| "");
}

fn parts(url: &Url) -> Map {
    let user = url.user.as_ref().map(UserInfo::encoded).unwrap_or_default();
    Map::from_iter([
        ("scheme", url.scheme.clone()),
        ("host", url.host.clone()),
        ("hostname", url.hostname()),
        ("path", url.path.clone()),
        ("query", url.query.clone()),
        ("opaque", url.opaque.clone()),
        ("fragment", url.fragment.clone()),
        ("userinfo", user),
    ])
}

fn join(parts: &Map) -> Result<GoString, FunctionError> {
    let part = |key: &str| match parts.get(key) {
        None => Ok(GoString::default()),
        Some(Value::String(text)) => Ok(text),
        // A nil has no type to speak of.
        Some(Value::Nil | Value::Invalid) => {
            Err(FunctionError::new("runtime error: invalid memory address or nil pointer dereference"))
        }
        Some(other) => Err(FunctionError::new(format!(
            "unable to parse {key} key, must be of type string, but {} found",
            kind_of(&other)
        ))),
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        ..Url::default()
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        let whole = [b"proto://", &*user, b"@host"].concat();
        let parsed = Url::parse(&whole)
            .map_err(|error| FunctionError::from_cause(error).within("unable to parse userinfo in dict"))?;
        url.user = parsed.user;
    }
    Ok(url.to_text())
}
