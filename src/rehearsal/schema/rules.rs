//! What a definition's schema asks of values beyond their structure.

use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value as Json;

use super::{rule::Rule, shape::Id};

/// What a schema asks of a value.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    /// `string`, `integer` and so on; empty where any type will do, `integer,string` for either.
    pub(super) kind: &'static str,
    pub(super) format: Box<str>,
    pub(super) nullable: bool,
    /// Whether the value is a whole object with type and metadata of its own.
    pub(super) embedded: bool,
    pub(super) allowed: Option<Box<[Json]>>,
    pub(super) pattern: Option<Pattern>,
    pub(super) minimum: Option<Limit>,
    pub(super) maximum: Option<Limit>,
    pub(super) multiple_of: Option<f64>,
    pub(super) length: Bounds,
    pub(super) items: Bounds,
    pub(super) properties: Bounds,
    pub(super) unique: bool,
    /// In the schema's order, which is the order of the messages.
    pub(super) required: Box<[Box<str>]>,
    /// Schemas of which all, any, one or none must hold.
    pub(super) all_of: Box<[Id]>,
    pub(super) any_of: Box<[Id]>,
    pub(super) one_of: Box<[Id]>,
    pub(super) not: Option<Id>,
    /// Rules that are written as expressions.
    pub(super) written: Box<[Rule]>,
}

/// The least and the most of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) least: Option<u64>,
    pub(super) most: Option<u64>,
}

/// A bound of a number, as the schema writes it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) value: f64,
    pub(super) exclusive: bool,
}

/// A regular expression that is compiled when the first value comes: most schemas have hundreds, most never get one.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) text: Box<str>,
    regex: OnceLock<Option<Regex>>,
}

impl Clone for Pattern {
    fn clone(&self) -> Self {
        Self::new(&self.text)
    }
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), regex: OnceLock::new() }
    }

    /// Says whether the text matches; one that is no expression for us matches everything.
    pub(super) fn matches(&self, text: &str) -> bool {
        let regex = self.regex.get_or_init(|| Regex::new(&self.text).ok());
        regex.as_ref().is_none_or(|regex| regex.is_match(text))
    }
}

impl Rules {
    pub(super) fn one_of(allowed: Box<[Json]>) -> Self {
        Self { allowed: Some(allowed), ..Self::default() }
    }
}
