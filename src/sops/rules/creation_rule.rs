//! One creation rule.

use regex::Regex;

use crate::diagnostic::Span;
use crate::sops::{KeyGroup, Problem, Selector};
use crate::yaml::Node;

use super::{
    key_group::{KEY_FIELDS, read_group, read_keys},
    reader::{Fields, Reader},
};

/// How the files that it matches are encrypted.
#[derive(Clone, Debug)]
pub struct CreationRule {
    /// Where the rule stands in the configuration.
    pub span: Span,
    /// The files that it is for; all where there is none.
    pub path_regex: Option<Regex>,
    /// The groups of keys. One group may be empty: the keys then come from the command line.
    pub groups: Vec<KeyGroup>,
    /// How many groups it takes to open a file; 0 means all.
    pub shamir_threshold: usize,
    /// Which values are encrypted; `None` leaves it to the default.
    pub selector: Option<Selector>,
    /// Whether the MAC covers encrypted values only.
    pub mac_only_encrypted: bool,
}

const FIELDS: [&str; 4] = ["path_regex", "key_groups", "shamir_threshold", "mac_only_encrypted"];
/// What belongs to keys that Eggtooth can't use.
const FOREIGN_FIELDS: [&str; 1] = ["aws_profile"];

impl CreationRule {
    pub(super) fn read(reader: &mut Reader, node: &Node) -> Option<Self> {
        let selectors = Selector::FIELDS;
        let fields = [&FIELDS[..], &FOREIGN_FIELDS, &KEY_FIELDS, &selectors].concat();
        let fields = reader.fields(node, "a creation rule", &fields);
        let has_regex = fields.get("path_regex").is_some();
        let path_regex = fields.regex(reader, "path_regex");
        let written = has_regex && fields.text(reader, "path_regex").is_some();
        let rule = Self {
            span: node.span,
            groups: groups(reader, &fields),
            shamir_threshold: threshold(reader, &fields),
            selector: selector(reader, &fields),
            mac_only_encrypted: fields.flag(reader, "mac_only_encrypted"),
            path_regex,
        };
        // A rule whose expression is broken must not become one for all files.
        (rule.path_regex.is_some() || !written).then_some(rule)
    }

    /// Says whether the rule is for the file of this name, relative to the configuration.
    pub fn matches(&self, name: &str) -> bool {
        self.path_regex.as_ref().is_none_or(|regex| regex.is_match(name))
    }
}

fn groups(reader: &mut Reader, fields: &Fields<'_>) -> Vec<KeyGroup> {
    let groups = fields.list(reader, "key_groups");
    if groups.is_empty() {
        return vec![read_keys(reader, fields)];
    }
    groups.into_iter().map(|group| read_group(reader, group)).collect()
}

fn threshold(reader: &mut Reader, fields: &Fields<'_>) -> usize {
    let number = fields.number(reader, "shamir_threshold").unwrap_or_default();
    usize::try_from(number).unwrap_or_else(|_| {
        reader.error(fields.place("shamir_threshold"), "`shamir_threshold` must not be negative");
        0
    })
}

fn selector(reader: &mut Reader, fields: &Fields<'_>) -> Option<Selector> {
    let mut selector = None;
    for name in Selector::FIELDS {
        let Some(text) = fields.text(reader, name) else { continue };
        if selector.is_some() {
            reader
                .error(fields.place(name), format!("`{name}` is one selector too many: a rule may have one"));
            continue;
        }
        match Selector::of_field(name, text) {
            Ok(found) => selector = Some(found),
            // The reader says what is wrong with an expression, and where.
            Err(Problem::Regex { .. }) => {
                let _ = fields.regex(reader, name);
            }
            Err(error) => reader.error(fields.place(name), error.to_string()),
        }
    }
    selector
}
