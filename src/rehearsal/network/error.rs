//! Why nobody answered, in the words of Go's `net`, `net/http` and `crypto/x509`.

use std::net::Ipv4Addr;

use http::Method;

/// The address of the cluster's DNS server, which Go names when a name does not exist.
const DNS: &str = "10.96.0.10:53";

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// The URL has no host, or no scheme that is served here.
    #[error("unsupported protocol scheme \"{0}\"")]
    Scheme(String),
    /// No such name.
    #[error("dial tcp: lookup {0} on {DNS}: no such host")]
    NoSuchHost(String),
    /// The address is there, nobody listens.
    #[error("dial tcp {address}:{port}: connect: connection refused")]
    Refused {
        /// Who refused.
        address: Ipv4Addr,
        /// The port.
        port: u16,
    },
    /// No pod has the address.
    #[error("dial tcp {address}:{port}: connect: no route to host")]
    NoRoute {
        /// Whose it was.
        address: Ipv4Addr,
        /// The port.
        port: u16,
    },
    /// The server went away before it had answered.
    #[error("EOF")]
    Closed,
    /// The caller's time is over.
    #[error("context deadline exceeded")]
    Deadline,
    /// The server speaks plain HTTP.
    #[error("http: server gave HTTP response to HTTPS client")]
    NotTls,
    /// The server's certificate is not trusted.
    #[error("tls: failed to verify certificate: x509: {0}")]
    Certificate(String),
    /// The API server looks Services up by itself, and there is no such Service.
    #[error("service \"{0}\" not found")]
    NoSuchService(String),
    /// The API server looks Services up by itself, and none of this one's pods is ready.
    #[error("no endpoints available for service \"{0}\"")]
    NoEndpoints(String),
}

impl NetworkError {
    /// Returns the whole text of Go's client: `Get "URL": cause`.
    pub fn text(&self, method: &Method, url: &str) -> String {
        let (first, rest) = method.as_str().split_at(1);
        format!("{first}{} \"{url}\": {self}", rest.to_lowercase())
    }
}
