//! `/containerLogs`, which `kubectl logs` reads through the API server.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Certificates;
use crate::http::{self, Request, Response};

/// A kubelet's port.
pub(crate) const PORT: u16 = 10250;

/// Serves logs below `folder` for as long as it is polled.
pub(crate) fn serve(
    address: Ipv4Addr,
    certificates: &Certificates,
    folder: PathBuf,
) -> impl Future<Output = ()> + use<> {
    let acceptor = acceptor(certificates);
    async move {
        let folder = Arc::new(folder);
        let listener = TcpListener::bind((address, PORT)).await.unwrap();
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let (acceptor, folder) = (acceptor.clone(), Arc::clone(&folder));
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    http::serve_connection(stream, async |request| answer(&request, &folder)).await;
                }
            });
        }
    }
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(certificates.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(certificates.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    TlsAcceptor::from(Arc::new(
        config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap(),
    ))
}

/// `/containerLogs/NAMESPACE/POD/CONTAINER?tailLines=N&previous=true`; logs are not followed.
fn answer(request: &Request, folder: &Path) -> Response {
    let segments: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
    let ["containerLogs", namespace, pod, container] = segments.as_slice() else {
        return http::text(404, "404 page not found");
    };
    let query: std::collections::HashMap<_, _> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let previous = if query.get("previous").is_some_and(|value| value == "true") { "previous." } else { "" };
    let path =
        folder.join("pods").join(format!("{namespace}_{pod}")).join(format!("{container}.{previous}log"));
    let Ok(text) = std::fs::read_to_string(path) else {
        return http::text(400, &format!("container {container:?} in pod {pod:?} has no log"));
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let wanted = query.get("tailLines").and_then(|count| count.parse().ok()).unwrap_or(lines.len());
    http::text(200, &lines[lines.len().saturating_sub(wanted)..].concat())
}
