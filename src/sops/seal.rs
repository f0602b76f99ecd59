//! From values to ciphertexts, in place.

use std::ops::Range;

use sha2::{Digest, Sha512};

use crate::diagnostic::Span;

use super::cipher::{DataKey, looks_encrypted};
use super::decrypt::{MAC_ONLY_ENCRYPTED, associated_data, value_problem};
use super::error::{Problem, ValueProblem};
use super::reuse::{COMMENT, Reuse};
use super::selector::Selector;
use super::source::{Source, range};
use super::tree::{Comment, Element, Entry, Kind, Scalar, Value};

/// What the values of a text become.
pub(super) struct Sealed {
    pub(super) changes: Vec<(Range<usize>, String)>,
    /// In hexadecimal digits.
    pub(super) mac: String,
}

/// Encrypts the values of a text that the selector selects.
pub(super) fn seal(
    text: &str,
    source: &Source,
    selector: &Selector,
    mac_only_encrypted: bool,
    key: &DataKey,
    reuse: Reuse,
) -> Result<Sealed, Problem> {
    let mut mac = Sha512::new();
    if mac_only_encrypted {
        mac.update(MAC_ONLY_ENCRYPTED);
    }
    let mut walk = Walk {
        text,
        source,
        selector,
        mac_only_encrypted,
        key,
        reuse,
        mac,
        comments: Vec::new(),
        changes: Vec::new(),
    };
    for branch in &source.branches {
        walk.map(&branch.entries, &mut Vec::new())?;
    }
    Ok(Sealed { changes: walk.changes, mac: hex::encode_upper(walk.mac.finalize()) })
}

struct Walk<'a> {
    text: &'a str,
    source: &'a Source,
    selector: &'a Selector,
    mac_only_encrypted: bool,
    key: &'a DataKey,
    reuse: Reuse,
    mac: Sha512,
    /// For each open mapping and list, the comments since its last value.
    comments: Vec<Vec<String>>,
    changes: Vec<(Range<usize>, String)>,
}

impl Walk<'_> {
    fn map<'t>(&mut self, entries: &'t [Entry], path: &mut Vec<&'t str>) -> Result<(), Problem> {
        self.comments.push(Vec::new());
        for entry in entries {
            match entry {
                Entry::Comment(comment) => self.comment(comment, path)?,
                Entry::Item(item) => {
                    path.push(&item.key);
                    self.value(&item.value, path)?;
                    path.pop();
                }
            }
        }
        self.comments.pop();
        Ok(())
    }

    fn value<'t>(&mut self, value: &'t Value, path: &mut Vec<&'t str>) -> Result<(), Problem> {
        match &value.kind {
            Kind::Null => {}
            Kind::Map(entries) => self.map(entries, path)?,
            Kind::List(elements) => {
                self.comments.push(Vec::new());
                for element in elements {
                    match element {
                        Element::Comment(comment) => self.comment(comment, path)?,
                        Element::Value(value) => self.value(value, path)?,
                    }
                }
                self.comments.pop();
            }
            Kind::Leaf(leaf) => {
                #[expect(clippy::disallowed_methods, reason = "the value is encrypted")]
                let scalar = leaf.value.expose();
                self.scalar(scalar, value.span, path)?;
            }
        }
        if let Some(level) = self.comments.last_mut() {
            level.clear();
        }
        Ok(())
    }

    fn scalar(&mut self, scalar: &Scalar, span: Option<Span>, path: &[&str]) -> Result<(), Problem> {
        let plain = scalar.bytes();
        let selected = self.selector.selects(path, &self.comments, false);
        if selected || !self.mac_only_encrypted {
            self.mac.update(&plain);
        }
        if let Scalar::String(text) = scalar
            && looks_encrypted(text)
        {
            return Err(value_problem(path, span, ValueProblem::Encrypted));
        }
        let (Some(span), true) = (span, selected && !plain.is_empty()) else { return Ok(()) };
        let data = associated_data(path);
        let kind = scalar.type_name();
        let written = span.of(self.text);
        let sealed = match self.reuse.take(&data, &plain, kind, written) {
            Some(kept) if kept.starts_with("ENC[") => self.source.cipher(kept, span),
            Some(kept) => kept,
            None => self.source.cipher(self.key.encrypt(&plain, kind, &data), span),
        };
        self.changes.push((range(span), sealed));
        Ok(())
    }

    fn comment(&mut self, comment: &Comment, path: &[&str]) -> Result<(), Problem> {
        #[expect(clippy::disallowed_methods, reason = "the comment is encrypted")]
        let text = comment.text.expose();
        if self.selector.looks_at_comments()
            && let Some(level) = self.comments.last_mut()
        {
            level.push(text.clone());
        }
        let Some(span) = comment.span else { return Ok(()) };
        if text.is_empty() || !self.selector.selects(path, &self.comments, true) {
            return Ok(());
        }
        let data = associated_data(path);
        let kept = self.reuse.take(&data, text.as_bytes(), COMMENT, span.of(self.text));
        let sealed = match kept {
            Some(kept) => kept,
            None => self.source.cipher_comment(&self.key.encrypt(text.as_bytes(), COMMENT, &data)),
        };
        if let Selector::UnencryptedCommentRegex(regex) = self.selector
            && regex.is_match(&sealed)
        {
            return Err(Problem::CommentRegex);
        }
        self.changes.push((range(span), sealed));
        Ok(())
    }
}
