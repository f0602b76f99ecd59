//! A source over TLS: a certificate that is trusted, and one that is not.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{Opening, connect, listener, runtime};

/// An authority's certificate, and what accepts connections as `127.0.0.1` in its name.
fn certified() -> (String, TlsAcceptor) {
    let mut authority = CertificateParams::new(vec![]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own =
        CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let certificate = CertificateDer::from_pem_slice(own.pem().as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    (authority.pem(), TlsAcceptor::from(Arc::new(config)))
}

/// Ends TLS before a server, as an ingress does.
async fn front(acceptor: TlsAcceptor, behind: SocketAddr) -> SocketAddr {
    let listener = listener().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut client) = acceptor.accept(stream).await else { return };
                let mut server = TcpStream::connect(behind).await.unwrap();
                // Either side may leave when it likes.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    address
}

#[test]
fn a_token_goes_only_to_a_server_whose_certificate_is_trusted() {
    let nest = connect::Nest::new();
    let (authority, acceptor) = certified();
    let runtime = runtime();
    let behind = nest.address().trim_start_matches("http://").parse().unwrap();
    let address = runtime.block_on(front(acceptor, behind));
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("ca.pem");
    std::fs::write(&trusted, authority).unwrap();
    let document = format!(
        "values:\n  a: {{fn::open::onepassword-connect: {{host: 'https://{address}', \
         get: {{x: {{ref: op://production/db/password}}}}}}}}\n"
    );
    let token = ("OP_CONNECT_TOKEN", nest.token.as_str());
    let opening = Opening { variables: &[token], secrets: &["chirp", &nest.token] };
    let told = opening.refused(&document, "does not answer");
    assert!(told.to_lowercase().contains("certificate"), "the cause is not in:\n{told}");
    assert_eq!(nest.vaults.requests().len(), 0);
    let variables = [token, ("SSL_CERT_FILE", trusted.to_str().unwrap())];
    let opened = Opening { variables: &variables, secrets: &[] }
        .run(&document, &["--format=json", "--show-secrets=always"]);
    assert!(String::from_utf8_lossy(&opened.stdout).contains("\"chirp\""), "{}", super::text(&opened));
    assert_eq!(nest.vaults.requests().len(), 3);
}
