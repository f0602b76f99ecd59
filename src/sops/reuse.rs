//! Ciphertexts that may stay.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The ciphertexts of a document, by place and content. Each is given out once, in the order of the document, so
/// that what did not change keeps its ciphertext byte for byte.
#[derive(Clone, Default)]
pub(super) struct Reuse(HashMap<Content, VecDeque<Kept>>);

#[derive(Clone, PartialEq, Eq, Hash)]
struct Content {
    /// The associated data.
    path: String,
    comment: bool,
    /// Its SHA-256.
    plain: [u8; 32],
}

#[derive(Clone)]
struct Kept {
    kind: &'static str,
    /// As written in the plain text.
    plain: Zeroizing<String>,
    /// As written in the encrypted text.
    sealed: String,
}

impl Reuse {
    pub(super) fn add(&mut self, path: &str, content: &[u8], kind: &'static str, plain: &str, sealed: &str) {
        let kept = Kept { kind, plain: Zeroizing::new(plain.to_owned()), sealed: sealed.to_owned() };
        self.0.entry(Content::of(path, content, kind)).or_default().push_back(kept);
    }

    /// Takes the ciphertext of the same content in the same place: one that was written alike or has the same type.
    pub(super) fn take(&mut self, path: &str, content: &[u8], kind: &str, plain: &str) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let kept = self.0.get_mut(&Content::of(path, content, kind))?;
        let alike = kept.iter().position(|kept| *kept.plain == plain);
        let at = alike.or_else(|| kept.iter().position(|kept| kept.kind == kind))?;
        kept.remove(at).map(|kept| kept.sealed)
    }
}

impl Content {
    fn of(path: &str, content: &[u8], kind: &str) -> Self {
        Self { path: path.to_owned(), comment: kind == COMMENT, plain: Sha256::digest(content).into() }
    }
}

/// The type of encrypted comments.
pub(super) const COMMENT: &str = "comment";
