//! `op://vault/item/section/field`: where a secret is in 1Password.

use std::{fmt, str::FromStr};

/// A secret reference, in the form that 1Password's own tools use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    text: String,
    /// The vault's title or id.
    pub vault: String,
    /// The item's title or id.
    pub item: String,
    /// The section's label or id.
    pub section: Option<String>,
    /// The label or id of a field, or the name of a file; without one, the whole item is meant.
    pub field: Option<String>,
    /// What is asked for after `?`, as `attribute=otp`.
    pub query: Option<String>,
}

/// Why a text is no secret reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The form is another.
    #[error("`{0}` is no secret reference: it has the form op://VAULT/ITEM/[SECTION/]FIELD")]
    Form(String),
    /// A name can't be written in a reference.
    #[error(
        "`{text}` is no secret reference: `{part}` holds {letter:?}, which no reference can; use the id instead"
    )]
    Letter {
        /// The reference.
        text: String,
        /// The part of it.
        part: String,
        /// What can't be in it.
        letter: char,
    },
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let form = || ReferenceError::Form(text.to_owned());
        let rest = text.strip_prefix("op://").ok_or_else(form)?;
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let parts: Vec<&str> = path.split('/').collect();
        for part in &parts {
            if part.trim().is_empty() {
                return Err(form());
            }
            if let Some(letter) = part.chars().find(|letter| !fits(*letter)) {
                return Err(ReferenceError::Letter {
                    text: text.to_owned(),
                    part: (*part).to_owned(),
                    letter,
                });
            }
        }
        if query.is_some_and(|query| {
            query.contains(|letter: char| letter != '=' && letter != '&' && !fits(letter))
        }) {
            return Err(form());
        }
        let (vault, item, section, field) = match parts.as_slice() {
            [vault, item] => (vault, item, None, None),
            [vault, item, field] => (vault, item, None, Some(field)),
            [vault, item, section, field] => (vault, item, Some(section), Some(field)),
            _ => return Err(form()),
        };
        let own = |part: &&str| (*part).to_owned();
        Ok(Self {
            text: text.to_owned(),
            vault: own(vault),
            item: own(item),
            section: section.map(own),
            field: field.map(own),
            query: query.map(str::to_owned),
        })
    }
}

/// Letters outside of these would end the reference, or the template that it stands in.
fn fits(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | ' ')
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_leads_to_an_item_a_field_or_a_field_of_a_section() {
        let read = |text: &str| text.parse::<Reference>().unwrap();
        let field = read("op://prod/My db/admin/password?attribute=otp");
        assert_eq!((field.vault.as_str(), field.item.as_str()), ("prod", "My db"));
        assert_eq!((field.section.as_deref(), field.field.as_deref()), (Some("admin"), Some("password")));
        assert_eq!(field.query.as_deref(), Some("attribute=otp"));
        assert_eq!(read("op://prod/db").field, None);
        assert_eq!(read("op://prod/db/password").to_string(), "op://prod/db/password");
    }

    #[test]
    fn what_would_break_out_of_a_template_is_no_reference() {
        for text in ["op://prod", "op://prod/db/a/b/c", "prod/db", "op:///db/x", "op://p/d/x?a=}}"] {
            assert!(matches!(text.parse::<Reference>(), Err(ReferenceError::Form(_))), "{text}");
        }
        for text in ["op://prod/d}}/x", "op://prod/d\nb/x", "op://prod/\"db\"/x"] {
            assert!(matches!(text.parse::<Reference>(), Err(ReferenceError::Letter { .. })), "{text}");
        }
    }
}
