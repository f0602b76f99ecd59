//! A URL, read and written as Go's `net/url` does.

use std::fmt::Write;
use std::net::IpAddr;

use crate::gotemplate::GoString;
use crate::gotemplate::format::quote;

/// A text that is no URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parse {url}: {source}")]
pub(super) struct UrlError {
    url: String,
    source: Wrong,
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Wrong {
    #[error("net/url: invalid control character in URL")]
    Control,
    #[error("missing protocol scheme")]
    Scheme,
    #[error("first path segment in URL cannot contain colon")]
    Colon,
    #[error("net/url: invalid userinfo")]
    UserInfo,
    #[error("invalid URL escape {0}")]
    Escape(String),
    #[error("invalid character {0} in host name")]
    Host(String),
    #[error("invalid port {0} after host")]
    Port(String),
    #[error("missing ']' in host")]
    Bracket,
    #[error("invalid IP-literal")]
    Address,
}

/// Where in a URL an escaped text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Path,
    Host,
    User,
    Fragment,
}

/// A URL in its parts, unescaped but for the query and what is opaque.
#[derive(Clone, Debug, Default)]
pub(super) struct Url {
    pub(super) scheme: GoString,
    pub(super) opaque: GoString,
    pub(super) user: Option<UserInfo>,
    pub(super) host: GoString,
    pub(super) path: GoString,
    pub(super) query: GoString,
    pub(super) fragment: GoString,
}

/// The name and password before the host.
#[derive(Clone, Debug)]
pub(super) struct UserInfo {
    name: GoString,
    password: Option<GoString>,
}

impl UserInfo {
    /// Returns both, escaped.
    pub(super) fn encoded(&self) -> GoString {
        let mut text = escape(&self.name, Place::User);
        if let Some(password) = &self.password {
            text.push(':');
            text.push_str(&escape(password, Place::User));
        }
        text.into()
    }
}

impl Url {
    /// Reads a URL, which may be relative.
    pub(super) fn parse(text: &[u8]) -> Result<Self, UrlError> {
        let (before, fragment) = cut(text, b'#');
        let error = |url: &[u8], source| UrlError { url: quote(url), source };
        let mut url = Self::parse_before_fragment(before).map_err(|wrong| error(before, wrong))?;
        url.fragment =
            unescape(fragment.unwrap_or_default(), Place::Fragment).map_err(|wrong| error(text, wrong))?;
        Ok(url)
    }

    fn parse_before_fragment(text: &[u8]) -> Result<Self, Wrong> {
        if text.iter().any(|byte| *byte < b' ' || *byte == 0x7F) {
            return Err(Wrong::Control);
        }
        if text == b"*" {
            return Ok(Self { path: "*".into(), ..Self::default() });
        }
        let (scheme, rest) = scheme(text)?;
        let mut url = Self { scheme: scheme.to_ascii_lowercase().into(), ..Self::default() };
        let (mut rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().into();
        if !rest.starts_with(b"/") {
            if !scheme.is_empty() {
                url.opaque = rest.into();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err(Wrong::Colon);
            }
        }
        let has_authority = rest.starts_with(b"//") && (!scheme.is_empty() || !rest.starts_with(b"///"));
        if has_authority {
            let authority = &rest[2..];
            let end = authority.iter().position(|byte| *byte == b'/').unwrap_or(authority.len());
            rest = &authority[end..];
            url.parse_authority(&authority[..end])?;
        }
        url.path = unescape(rest, Place::Path)?;
        Ok(url)
    }

    fn parse_authority(&mut self, authority: &[u8]) -> Result<(), Wrong> {
        let at = authority.iter().rposition(|byte| *byte == b'@');
        let host = at.map_or(authority, |at| &authority[at + 1..]);
        self.host = parse_host(&self.scheme, host)?;
        let Some(at) = at else { return Ok(()) };
        let user = &authority[..at];
        if !user.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte)) {
            return Err(Wrong::UserInfo);
        }
        let (name, password) = cut(user, b':');
        self.user = Some(UserInfo {
            name: unescape(name, Place::User)?,
            password: password.map(|password| unescape(password, Place::User)).transpose()?,
        });
        Ok(())
    }

    /// Returns the host without port and brackets.
    pub(super) fn hostname(&self) -> GoString {
        let host = match self.host.iter().rposition(|byte| *byte == b':') {
            Some(colon) if is_port(&self.host[colon..]) => &self.host[..colon],
            _ => &self.host,
        };
        host.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).unwrap_or(host).into()
    }

    /// Puts the parts together.
    pub(super) fn to_text(&self) -> GoString {
        let mut text = Vec::new();
        if !self.scheme.is_empty() {
            text.extend_from_slice(&self.scheme);
            text.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut text);
        } else {
            text.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            text.push(b'?');
            text.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            text.push(b'#');
            text.extend_from_slice(escape(&self.fragment, Place::Fragment).as_bytes());
        }
        text.into()
    }

    fn write_hierarchy(&self, text: &mut Vec<u8>) {
        let has_authority = !self.host.is_empty() || self.user.is_some();
        if has_authority || (!self.scheme.is_empty() && !self.path.is_empty()) {
            text.extend_from_slice(b"//");
            if let Some(user) = &self.user {
                text.extend_from_slice(&user.encoded());
                text.push(b'@');
            }
            text.extend_from_slice(escape(&self.host, Place::Host).as_bytes());
        }
        let path = if self.path == "*" { "*".to_owned() } else { escape(&self.path, Place::Path) };
        if !path.is_empty() && !path.starts_with('/') && !self.host.is_empty() {
            text.push(b'/');
        }
        // A first segment with a colon would be taken for a scheme.
        if text.is_empty() && path.split('/').next().is_some_and(|segment| segment.contains(':')) {
            text.extend_from_slice(b"./");
        }
        text.extend_from_slice(path.as_bytes());
    }
}

fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == at) {
        Some(index) => (&text[..index], Some(&text[index + 1..])),
        None => (text, None),
    }
}

/// Splits the scheme off, where there is one.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), Wrong> {
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err(Wrong::Scheme),
            b':' => return Ok((&text[..index], &text[index + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<GoString, Wrong> {
    let check_port = |port: &[u8]| if is_port(port) { Ok(()) } else { Err(Wrong::Port(quote(port))) };
    match host.iter().rposition(|byte| *byte == b'[') {
        Some(0) => {
            let close = host.iter().rposition(|byte| *byte == b']').ok_or(Wrong::Bracket)?;
            check_port(&host[close + 1..])?;
            let address = unescape(&host[1..close], Place::Host)?;
            check_address(&address)?;
            return Ok([b"[", &*address, b"]", &host[close + 1..]].concat().into());
        }
        Some(_) => return Err(Wrong::Address),
        None => {}
    }
    let mut colons = host.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(index, _)| index);
    // Some databases list hosts with ports, so that only the web's schemes insist on one colon.
    let strict = matches!(scheme, b"http" | b"https");
    if let Some(colon) = if strict { colons.next() } else { colons.next_back() } {
        check_port(&host[colon..])?;
    }
    unescape(host, Place::Host)
}

/// Only an IPv6 address, with or without a zone, stands in brackets.
fn check_address(address: &GoString) -> Result<(), Wrong> {
    let (plain, _zone) = cut(address, b'%');
    match std::str::from_utf8(plain).ok().and_then(|plain| plain.parse().ok()) {
        Some(IpAddr::V6(_)) => Ok(()),
        _ => Err(Wrong::Address),
    }
}

fn is_port(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

fn unescape(text: &[u8], place: Place) -> Result<GoString, Wrong> {
    let mut output = Vec::with_capacity(text.len());
    let mut index = 0;
    while let Some(&byte) = text.get(index) {
        if byte != b'%' {
            if place == Place::Host && byte.is_ascii() && must_escape(byte, place) {
                return Err(Wrong::Host(quote(&[byte])));
            }
            output.push(byte);
            index += 1;
            continue;
        }
        let wrong = || Wrong::Escape(quote(&text[index..text.len().min(index + 3)]));
        let digits = text.get(index + 1..index + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(wrong)?;
        let decoded = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        // A host escapes what is not ASCII only; `%25` begins a zone.
        if place == Place::Host && decoded < 0x80 && digits != "25" {
            return Err(wrong());
        }
        output.push(decoded);
        index += 3;
    }
    Ok(output.into())
}

fn escape(text: &[u8], place: Place) -> String {
    let mut output = String::with_capacity(text.len());
    for &byte in text {
        if must_escape(byte, place) {
            let written = write!(output, "%{byte:02X}");
            debug_assert!(written.is_ok(), "a String takes every write");
        } else {
            output.push(char::from(byte));
        }
    }
    output
}

fn must_escape(byte: u8, place: Place) -> bool {
    let plain: &[u8] = match place {
        Place::Path => b"$&+,/:;=@",
        Place::Host => b"!$&'()*+,;=:[]<>\"",
        Place::User => b"$&+,;=",
        Place::Fragment => b"$&+,/:;=?@!()*",
    };
    !(byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || plain.contains(&byte))
}
