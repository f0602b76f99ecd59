//! A text whose values can be replaced where they stand.

use std::ops::Range;

use super::error::Problem;
use super::format::Format;
use super::tree::{Branch, Comment, Entry, Scalar};
use super::yaml::{Place, Shape};
use super::{dotenv, ini, json, yaml};
use crate::diagnostic::Span;

/// A text as read, whatever its format; binary files are JSON when they are encrypted.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) format: Format,
    pub(super) branches: Vec<Branch>,
    /// Whether every value can be replaced where it stands; else the text must be written anew first.
    pub(super) regular: bool,
    shape: Option<Shape>,
}

impl Source {
    pub(super) fn read(text: &str, format: Format) -> Result<Self, Problem> {
        let (branches, regular, shape) = match format {
            Format::Yaml => {
                let yaml = yaml::read(text)?;
                (yaml.branches, yaml.shape.regular, Some(yaml.shape))
            }
            Format::Json | Format::Binary => (vec![json::read(text)?], true, None),
            Format::Dotenv => (vec![dotenv::read(text)?], true, None),
            Format::Ini => {
                let ini = ini::read(text)?;
                (vec![ini.branch], ini.regular, None)
            }
        };
        Ok(Self { format, branches, regular, shape })
    }

    /// Returns the values without their places.
    pub(super) fn into_branches(self) -> Vec<Vec<Entry>> {
        self.branches.into_iter().map(|branch| branch.entries).collect()
    }

    pub(super) fn is_in_flow(&self, span: Span) -> bool {
        self.shape.as_ref().is_some_and(|shape| shape.is_in_flow(span.start.offset))
    }

    /// Writes a ciphertext for the place of a value.
    pub(super) fn cipher(&self, sealed: String, span: Span) -> String {
        match self.format {
            Format::Yaml if self.is_in_flow(span) => format!("\"{sealed}\""),
            Format::Json | Format::Binary => format!("\"{sealed}\""),
            Format::Yaml | Format::Dotenv | Format::Ini => sealed,
        }
    }

    /// Writes a ciphertext for the place of a comment.
    pub(super) fn cipher_comment(&self, sealed: &str) -> String {
        match self.format {
            Format::Ini => format!("; {sealed}"),
            Format::Yaml | Format::Json | Format::Binary | Format::Dotenv => format!("#{sealed}"),
        }
    }

    /// Writes a value for the place of its ciphertext; `column` is where its key, or else itself, starts, from 0.
    pub(super) fn plain(&self, scalar: &Scalar, span: Span, column: usize, is_item: bool) -> String {
        match self.format {
            Format::Yaml => {
                let indent = if is_item { column } else { column + 2 };
                yaml::scalar_text(scalar, Place { in_flow: self.is_in_flow(span), indent })
            }
            Format::Json | Format::Binary => {
                let mut out = String::new();
                json::write_scalar(&mut out, scalar);
                out
            }
            Format::Dotenv => dotenv::encode(&scalar.to_text()),
            Format::Ini => ini::quote_value(scalar.to_text()),
        }
    }

    /// Writes a comment for the place of its ciphertext.
    pub(super) fn plain_comment(&self, comment: &Comment) -> String {
        match self.format {
            Format::Ini => {
                let mut out = String::new();
                ini::write_comment(&mut out, comment);
                out.pop();
                out
            }
            Format::Yaml | Format::Json | Format::Binary | Format::Dotenv => {
                #[expect(clippy::disallowed_methods, reason = "the user asked for the decrypted document")]
                let text = comment.text.expose();
                format!("#{text}")
            }
        }
    }
}

/// Replaces stretches of a text; none where they overlap.
pub(super) fn replace(text: &str, mut changes: Vec<(Range<usize>, String)>) -> Option<String> {
    changes.sort_by_key(|(range, _)| range.start);
    let grown: usize = changes.iter().map(|(_, replacement)| replacement.len()).sum();
    let mut out = String::with_capacity(text.len() + grown);
    let mut end = 0;
    for (range, replacement) in &changes {
        out.push_str(text.get(end..range.start)?);
        out.push_str(replacement);
        end = range.end;
    }
    out.push_str(text.get(end..)?);
    Some(out)
}

pub(super) fn range(span: Span) -> Range<usize> {
    span.start.offset..span.end.offset
}
