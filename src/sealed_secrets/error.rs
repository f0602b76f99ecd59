//! What is wrong with a key pair, or with what is to be sealed.

use jiff::Timestamp;

/// Why something can't be sealed or seeded. No text holds a key or a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealedSecretsError {
    /// There is no certificate in the text.
    #[error("the certificate is no PEM with a CERTIFICATE in it")]
    CertificatePem,
    /// The certificate can't be read.
    #[error("the certificate is no X.509")]
    Certificate(#[source] x509_cert::der::Error),
    /// The certificate's key is of another kind.
    #[error("the certificate's key is not RSA, the one kind that the controller reads")]
    CertificateKind,
    /// The private key can't be read.
    #[error("the private key is no PEM of an RSA key in PKCS#1 or PKCS#8 (not encrypted)")]
    Key,
    /// The private key is of another kind.
    #[error("the private key is not RSA, the one kind that the controller reads")]
    KeyKind,
    /// Certificate and key are of two pairs.
    #[error("the private key does not match the certificate")]
    Mismatch,
    /// The certificate is not valid yet.
    #[error("the certificate is valid from {0} only")]
    NotYet(Timestamp),
    /// The certificate is not valid any more.
    #[error("the certificate expired on {0}")]
    Expired(Timestamp),
    /// A key pair can't be made.
    #[error("generate a key pair")]
    Generate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A value can't be encrypted.
    #[error("encrypt for the certificate's key")]
    Encrypt(#[source] rsa::Error),
    /// A document is no Secret.
    #[error("{0} is no Secret of `v1`")]
    NotASecret(String),
    /// A Secret has no name.
    #[error("the Secret has no name")]
    NoName,
    /// A Secret has no namespace, and its scope needs one.
    #[error("the Secret `{0}` has no namespace, and its scope is bound to one")]
    NoNamespace(String),
    /// The namespace was given in two ways that differ.
    #[error("the Secret `{name}` is in the namespace `{written}`, not in `{given}`")]
    OtherNamespace {
        /// The Secret.
        name: String,
        /// What the manifest says.
        written: String,
        /// What was asked for.
        given: String,
    },
    /// There is nothing in a Secret.
    #[error("the Secret `{0}` has no data")]
    Empty(String),
    /// A value of `data` is no base64, or one of `stringData` no text.
    #[error("the value of `{key}` of the Secret `{name}` is no {expected}")]
    Value {
        /// The Secret.
        name: String,
        /// The value's key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The cluster's key pairs can't be read.
    #[error("read the key pairs in the namespace `{namespace}`")]
    Cluster {
        /// The controller's namespace.
        namespace: String,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
    /// A Secret with the controller's label holds no pair.
    #[error("the key pair `{name}` of the cluster")]
    ClusterPair {
        /// The Secret.
        name: String,
        /// What is wrong with it.
        #[source]
        source: Box<SealedSecretsError>,
    },
}
