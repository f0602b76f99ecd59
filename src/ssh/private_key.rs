//! A private SSH key.

use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::{DecodePrivateKey as _, SecretDocument};
use ssh_key::{Algorithm, LineEnding, PublicKey, private};
use zeroize::Zeroizing;

use super::SshError;
use crate::secret::Secret;

/// A private key and its public half.
#[derive(Clone, Debug)]
pub struct PrivateKey {
    text: Secret<String>,
    public: PublicKey,
}

impl PrivateKey {
    /// Makes an Ed25519 key.
    #[expect(
        clippy::missing_panics_doc,
        reason = "any random bytes are a key, and a fresh key can be written"
    )]
    pub fn generate(comment: &str) -> Self {
        let mut key = ssh_key::PrivateKey::random(&mut rand::rngs::OsRng, Algorithm::Ed25519)
            .expect("Ed25519 keys are made of any random bytes");
        key.set_comment(comment);
        let text = key.to_openssh(LineEnding::LF).expect("a fresh key can be written");
        Self { text: Secret::new(text.to_string()), public: key.public_key().clone() }
    }

    /// Reads a key as OpenSSH writes it, or in PEM as PKCS#8, PKCS#1 or SEC1, which is what other tools make.
    ///
    /// # Errors
    /// What is wrong with it, of which nothing is shown.
    #[expect(clippy::disallowed_methods, reason = "the key is read, and nothing of it is shown")]
    pub fn parse(text: &Secret<String>) -> Result<Self, SshError> {
        let text = Zeroizing::new(text.expose().trim().replace("\r\n", "\n"));
        let Some((_, rest)) = text.split_once("-----BEGIN ") else {
            let public = ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| text.starts_with(kind));
            return Err(if public { SshError::Public } else { SshError::NoKey });
        };
        let label = rest.split("-----").next().unwrap_or_default();
        if !label.ends_with("PRIVATE KEY") {
            return Err(if label.contains("PUBLIC KEY") { SshError::Public } else { SshError::NoKey });
        }
        if !text.contains('\n') {
            return Err(SshError::Joined);
        }
        let public = match label {
            "OPENSSH PRIVATE KEY" => openssh(&text)?,
            _ if label.contains("ENCRYPTED") || rest.contains("ENCRYPTED") => {
                return Err(SshError::Encrypted);
            }
            _ => PublicKey::from(pem(&text, label)?),
        };
        // SSH clients want a last line that ends.
        Ok(Self { text: Secret::new(format!("{}\n", text.as_str())), public })
    }

    /// Returns the key as an SSH client reads it, with its last line ended.
    pub fn text(&self) -> Secret<String> {
        self.text.clone()
    }

    /// Returns the public half as a line of `authorized_keys`, with the key's comment.
    #[expect(clippy::missing_panics_doc, reason = "what was read can be written")]
    pub fn public(&self) -> String {
        self.public.to_openssh().expect("a public key can be written")
    }
}

fn broken(error: impl std::fmt::Display) -> SshError {
    SshError::Broken(error.to_string())
}

fn openssh(text: &str) -> Result<PublicKey, SshError> {
    let key = ssh_key::PrivateKey::from_openssh(text).map_err(broken)?;
    if key.is_encrypted() {
        return Err(SshError::Encrypted);
    }
    Ok(key.public_key().clone())
}

/// The public half of a key in PEM; each kind of key refuses another's.
fn pem(text: &str, label: &str) -> Result<ssh_key::public::KeyData, SshError> {
    if !["RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"].contains(&label) {
        return Err(SshError::Kind(label.trim_end_matches(" PRIVATE KEY").to_owned()));
    }
    let (_, document) = SecretDocument::from_pem(text).map_err(broken)?;
    let der = document.as_bytes();
    let pair = match label {
        "RSA PRIVATE KEY" => rsa(rsa::RsaPrivateKey::from_pkcs1_der(der).map_err(broken)?)?,
        "EC PRIVATE KEY" => match p256::SecretKey::from_sec1_der(der) {
            Ok(key) => p256_pair(&key),
            Err(_) => p384_pair(&p384::SecretKey::from_sec1_der(der).map_err(broken)?),
        },
        _ => pkcs8(der)?,
    };
    ssh_key::public::KeyData::try_from(&pair).map_err(broken)
}

fn pkcs8(der: &[u8]) -> Result<private::KeypairData, SshError> {
    if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_der(der) {
        return Ok(private::Ed25519Keypair::from(key).into());
    }
    if let Ok(key) = p256::SecretKey::from_pkcs8_der(der) {
        return Ok(p256_pair(&key));
    }
    if let Ok(key) = p384::SecretKey::from_pkcs8_der(der) {
        return Ok(p384_pair(&key));
    }
    rsa(rsa::RsaPrivateKey::from_pkcs8_der(der).map_err(broken)?)
}

fn rsa(key: rsa::RsaPrivateKey) -> Result<private::KeypairData, SshError> {
    private::RsaKeypair::try_from(key).map(Into::into).map_err(broken)
}

fn p256_pair(key: &p256::SecretKey) -> private::KeypairData {
    private::EcdsaKeypair::NistP256 { public: key.public_key().into(), private: key.clone().into() }.into()
}

fn p384_pair(key: &p384::SecretKey) -> private::KeypairData {
    private::EcdsaKeypair::NistP384 { public: key.public_key().into(), private: key.clone().into() }.into()
}

#[cfg(test)]
mod tests {
    use rsa::pkcs1::EncodeRsaPrivateKey as _;
    use rsa::pkcs8::EncodePrivateKey as _;

    use super::*;

    fn parse(text: &str) -> Result<PrivateKey, SshError> {
        PrivateKey::parse(&Secret::new(text.to_owned()))
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test's own key")]
    fn a_key_that_was_made_is_read_with_the_same_public_half() {
        let made = PrivateKey::generate("flux@production");
        let text = made.text().expose().clone();
        for text in [text.clone(), text.trim_end().to_owned(), text.replace('\n', "\r\n")] {
            let read = parse(&text).unwrap();
            assert_eq!(read.public(), made.public());
            assert_eq!(*read.text().expose(), *made.text().expose());
        }
        assert!(made.public().ends_with(" flux@production"), "{}", made.public());
        assert_ne!(PrivateKey::generate("").public(), PrivateKey::generate("").public());
    }

    #[test]
    fn keys_in_pem_have_the_public_half_of_their_kind() {
        let line = LineEnding::LF;
        let random = &mut rand::rngs::OsRng;
        let rsa = rsa::RsaPrivateKey::new(random, 1024).unwrap();
        let (small, large) = (p256::SecretKey::random(random), p384::SecretKey::random(random));
        let cases = [
            (rsa.to_pkcs1_pem(line).unwrap(), "ssh-rsa "),
            (rsa.to_pkcs8_pem(line).unwrap(), "ssh-rsa "),
            (small.to_pkcs8_pem(line).unwrap(), "ecdsa-sha2-nistp256 "),
            (large.to_pkcs8_pem(line).unwrap(), "ecdsa-sha2-nistp384 "),
            (large.to_sec1_pem(line).unwrap(), "ecdsa-sha2-nistp384 "),
        ];
        for (text, kind) in cases {
            let public = parse(&text).unwrap().public();
            assert!(public.starts_with(kind), "{public}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test's own key")]
    fn what_is_wrong_with_a_key_is_told_without_a_part_of_it() {
        let made = PrivateKey::generate("");
        let text = made.text().expose().clone();
        assert_eq!(parse("hunter2").unwrap_err(), SshError::NoKey);
        assert_eq!(parse(&made.public()).unwrap_err(), SshError::Public);
        assert_eq!(parse(&text.replace('\n', " ")).unwrap_err(), SshError::Joined);
        let shortened = parse(&text.replacen("AAAA", "", 1)).unwrap_err();
        assert!(matches!(&shortened, SshError::Broken(_)), "{shortened:?}");
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----";
        assert_eq!(parse(encrypted).unwrap_err(), SshError::Encrypted);
        let old = "-----BEGIN DSA PRIVATE KEY-----\nMIIB\n-----END DSA PRIVATE KEY-----";
        assert_eq!(parse(old).unwrap_err(), SshError::Kind("DSA".into()));
    }
}
