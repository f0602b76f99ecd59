//! Kubeconfig files.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

/// How a client proves who it is.
pub(crate) enum Credential<'a> {
    Token(&'a str),
    /// Read anew by the client, so that it can be renewed.
    TokenFile(&'a str),
}

/// A kubeconfig with one context, called `test`.
pub(crate) fn write(server: &str, authority: &str, credential: &Credential<'_>, namespace: &str) -> String {
    let user = match credential {
        Credential::Token(token) => json!({ "token": token }),
        Credential::TokenFile(path) => json!({ "tokenFile": path }),
    };
    let cluster = json!({ "server": server, "certificate-authority-data": STANDARD.encode(authority) });
    let document = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "test",
        "clusters": [{ "name": "test", "cluster": cluster }],
        "users": [{ "name": "test", "user": user }],
        "contexts": [{ "name": "test", "context": { "cluster": "test", "user": "test", "namespace": namespace } }],
    });
    serde_json::to_string_pretty(&document).unwrap()
}
