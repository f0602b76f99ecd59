//! PEM blocks, and the order of certificates in a chain, for templates.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, SubjectKeyIdentifier};

/// A block of a PEM text.
struct Block<'a> {
    kind: &'a str,
    bytes: Vec<u8>,
}

/// Why certificates make no chain; the operator's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChainError {
    #[error("x509: malformed certificate")]
    Malformed,
    #[error("found multiple leaf or disjunct certificates")]
    Disjunct,
    #[error("no leaf certificate found")]
    NoLeaf,
    #[error("constructing chain resulted in cycle")]
    Cycle,
}

/// Returns the blocks of one kind; nothing where the text has no block but something else.
pub(crate) fn filter(kind: &str, text: &str) -> Option<String> {
    let (blocks, rest) = blocks(text);
    let wanted = blocks.iter().filter(|block| block.kind.eq_ignore_ascii_case(kind));
    let filtered: String = wanted.map(|block| encode(block.kind, &block.bytes)).collect();
    (!filtered.is_empty() || rest.is_empty()).then_some(filtered)
}

/// Returns the `leaf`, the `intermediate` certificates or the `root` of a chain in any order.
pub(crate) fn filter_chain(kind: &str, text: &str) -> Result<String, ChainError> {
    let chain = chain(text)?;
    let wanted: Vec<&Link> = match kind {
        "leaf" => chain.first().filter(|leaf| !leaf.is_root()).into_iter().collect(),
        "intermediate" => chain.iter().skip(1).take_while(|link| !link.is_root()).collect(),
        "root" => chain.last().filter(|last| last.is_root()).into_iter().collect(),
        _ => Vec::new(),
    };
    Ok(wanted.into_iter().map(|link| encode("CERTIFICATE", &link.der)).collect())
}

struct Link {
    der: Vec<u8>,
    subject: Vec<u8>,
    authority: Option<Vec<u8>>,
}

impl Link {
    fn is_root(&self) -> bool {
        self.authority.as_ref().is_none_or(|authority| *authority == self.subject)
    }
}

/// Orders certificates from the leaf to the root.
fn chain(text: &str) -> Result<Vec<Link>, ChainError> {
    let mut links = Vec::new();
    for block in blocks(text).0 {
        let certificate = Certificate::from_der(&block.bytes).map_err(|_| ChainError::Malformed)?;
        let subject = certificate.tbs_certificate.get::<SubjectKeyIdentifier>();
        let authority = certificate.tbs_certificate.get::<AuthorityKeyIdentifier>();
        let subject = subject.map_err(|_| ChainError::Malformed)?;
        let authority = authority.map_err(|_| ChainError::Malformed)?;
        links.push(Link {
            subject: subject.map(|(_, id)| id.0.into_bytes()).unwrap_or_default(),
            authority: authority
                .and_then(|(_, id)| id.key_identifier)
                .map(x509_cert::der::asn1::OctetString::into_bytes),
            der: block.bytes,
        });
    }
    let parent = |index: usize| {
        let authority: &Link = &links[index];
        let authority = authority.authority.as_deref().unwrap_or_default();
        (0..links.len()).find(|other| *other != index && links[*other].subject == authority)
    };
    let parents: Vec<Option<usize>> = (0..links.len()).map(parent).collect();
    let mut leaves = (0..links.len()).filter(|index| !parents.contains(&Some(*index)));
    let leaf = leaves.next().ok_or(ChainError::NoLeaf)?;
    if leaves.next().is_some() {
        return Err(ChainError::Disjunct);
    }
    let mut order = Vec::new();
    let mut next = Some(leaf);
    while let Some(index) = next {
        if order.contains(&index) {
            return Err(ChainError::Cycle);
        }
        order.push(index);
        next = parents[index];
    }
    let mut links: Vec<Option<Link>> = links.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|index| links[index].take()).collect())
}

/// Returns the blocks, and what is left after the last one.
fn blocks(text: &str) -> (Vec<Block<'_>>, &str) {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some((kind, body, after)) = next_block(rest) {
        let letters: String = body.split_whitespace().collect();
        if let Ok(bytes) = STANDARD.decode(letters) {
            blocks.push(Block { kind, bytes });
        }
        rest = after;
    }
    (blocks, rest.trim())
}

fn next_block(text: &str) -> Option<(&str, &str, &str)> {
    let (_, from) = text.split_once("-----BEGIN ")?;
    let (kind, from) = from.split_once("-----")?;
    let (body, after) = from.split_once(&format!("-----END {kind}-----"))?;
    Some((kind, body, after))
}

fn encode(kind: &str, bytes: &[u8]) -> String {
    let letters = STANDARD.encode(bytes);
    let lines: Vec<&str> = letters
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external_secrets::WebhookCertificate;

    #[test]
    fn blocks_of_a_kind_are_kept_and_junk_is_refused() {
        let key = encode("RSA PRIVATE KEY", b"key");
        let certificate = encode("CERTIFICATE", &[7; 100]);
        let both = format!("{key}{certificate}");
        assert_eq!(filter("CERTIFICATE", &both).unwrap(), certificate);
        assert_eq!(filter("rsa private key", &both).unwrap(), key);
        assert_eq!(filter("CERTIFICATE", "junk"), None);
        assert_eq!(filter("CERTIFICATE", "").unwrap(), "");
    }

    #[test]
    fn a_chain_is_ordered_whatever_order_it_comes_in() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        let made = WebhookCertificate::generate("webhook", "ns", now).unwrap();
        let reversed = format!("{}{}", made.ca_certificate, made.certificate);
        let chain = chain(&reversed).unwrap();
        assert_eq!(chain.len(), 2);
        assert!(chain[1].is_root());
        assert_eq!(filter_chain("intermediate", &reversed).unwrap(), "");
        assert!(filter_chain("root", &reversed).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
        assert_eq!(filter_chain("root", "").unwrap_err(), ChainError::NoLeaf);
    }
}
