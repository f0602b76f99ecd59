//! The certificates and keys of one cluster.

use std::net::Ipv4Addr;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, SanType,
};

/// What the API server, the node and their clients need to know each other.
pub(crate) struct Certificates {
    pub(crate) authority: String,
    /// Serves the API server and the node's log endpoint.
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Certificates {
    /// Makes a chain for the cluster whose API server and node live at `address`.
    pub(crate) fn generate(address: Ipv4Addr) -> Self {
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        root.distinguished_name.push(DnType::CommonName, "test cluster");
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();

        let names = [
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc.cluster.local",
        ];
        let mut leaf = CertificateParams::new(names.map(str::to_owned).to_vec()).unwrap();
        leaf.distinguished_name.push(DnType::CommonName, "kube-apiserver");
        leaf.subject_alt_names.push(SanType::IpAddress(address.into()));
        leaf.subject_alt_names.push(SanType::IpAddress(Ipv4Addr::LOCALHOST.into()));
        let key = KeyPair::generate().unwrap();
        let certificate = leaf.signed_by(&key, &root).unwrap();
        Self { authority: root.pem(), certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

/// The key that signs service account tokens: (private, public).
pub(crate) fn service_account_key() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    (key.serialize_pem(), key.public_key_pem())
}
