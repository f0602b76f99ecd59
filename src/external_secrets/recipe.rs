//! Secrets in the forms that applications expect, each with how often it is fetched anew.

use std::{collections::BTreeMap, time::Duration};

use super::{Fetch, Fetched, Interval, Target};

/// How a provider names one value of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// A property beside the secret's name: 1Password through Connect.
    Property,
    /// The property after a slash, in the name: 1Password by a service account.
    Slash,
    /// The property after a dot, in the name: the paths of Pulumi ESC.
    Dot,
}

impl Naming {
    /// Returns the fetching of one property of an item into a key.
    pub fn fetched(self, into: &str, item: &str, property: &str) -> Fetched {
        let (key, property) = match self {
            Self::Property => (item.to_owned(), Some(property.to_owned())),
            Self::Slash => (format!("{item}/{property}"), None),
            Self::Dot => (format!("{item}.{property}"), None),
        };
        Fetched { into: into.to_owned(), key, property }
    }

    /// Returns the fetching of what a user wrote: `ITEM/PROPERTY`, or a path of Pulumi ESC. Of an item alone it is the
    /// property `default`.
    pub fn written(self, into: &str, text: &str, default: &str) -> Fetched {
        match (self, text.rsplit_once('/')) {
            (Self::Dot, _) => Fetched { into: into.to_owned(), key: text.to_owned(), property: None },
            (Self::Property | Self::Slash, Some((item, property))) => self.fetched(into, item, property),
            (Self::Property | Self::Slash, None) => self.fetched(into, text, default),
        }
    }
}

/// What a Secret is for, and the items that it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// The access to a database: an item's `username`, `password` and `database`.
    Database(String),
    /// Keys of interfaces, from several items: what each key is made of, `ITEM/PROPERTY` or `ITEM` for its `credential`.
    ApiKeys(BTreeMap<String, String>),
    /// A certificate with its key: an item's `tls.crt` and `tls.key`, be they fields or files.
    Tls(String),
    /// One text made of an item's properties.
    ConnectionString {
        /// The item.
        item: String,
        /// The key in the Secret.
        key: String,
        /// A template of Go, whose fields are the item's properties.
        template: String,
    },
    /// A key that is replaced now and then: an item's `current` one, and the `previous` one for what still has that.
    RotatingKey(String),
}

impl Recipe {
    /// A connection string as libraries of `PostgreSQL` read it.
    pub const POSTGRESQL: &str = "postgresql://{{ .username | urlquery }}:{{ .password | urlquery }}@{{ .host }}:{{ .port }}/{{ .database }}";

    /// Returns how often it is fetched anew unless somebody says otherwise.
    pub fn interval(&self) -> Interval {
        match self {
            Self::Database(_) | Self::ConnectionString { .. } => Interval::HOUR,
            Self::ApiKeys(_) => Interval::every(Duration::from_hours(6)),
            Self::Tls(_) => Interval::DAY,
            Self::RotatingKey(_) => Interval::every(Duration::from_mins(15)),
        }
    }

    /// Returns what is fetched.
    pub fn fetch(&self, naming: Naming) -> Fetch {
        let properties = |item: &str, names: &[&str]| {
            names.iter().map(|name| naming.fetched(name, item, name)).collect::<Vec<_>>()
        };
        Fetch::Each(match self {
            Self::Database(item) => properties(item, &["username", "password", "database"]),
            Self::ApiKeys(keys) => {
                keys.iter().map(|(key, source)| naming.written(key, source, "credential")).collect()
            }
            Self::Tls(item) => properties(item, &["tls.crt", "tls.key"]),
            Self::ConnectionString { item, template, .. } => properties(item, &fields(template)),
            Self::RotatingKey(item) => properties(item, &["current", "previous"]),
        })
    }

    /// Returns the Secret's form.
    pub fn target(&self) -> Target {
        match self {
            Self::Tls(_) => Target { secret_type: Some("kubernetes.io/tls".to_owned()), ..Target::default() },
            Self::ConnectionString { key, template, .. } => {
                Target { data: [(key.clone(), template.clone())].into(), ..Target::default() }
            }
            Self::Database(_) | Self::ApiKeys(_) | Self::RotatingKey(_) => Target::default(),
        }
    }
}

/// Returns the fields that a template names (`{{ .password | urlquery }}`), each once, in the order of their names.
fn fields(template: &str) -> Vec<&str> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let actions = template.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    let mut fields: Vec<&str> = actions
        .flat_map(|action| {
            action.match_indices('.').filter_map(move |(at, _)| {
                let starts = !action[..at].ends_with(|before| is_name(before) || before == ')');
                let rest = &action[at + 1..];
                let name = &rest[..rest.find(|letter| !is_name(letter)).unwrap_or(rest.len())];
                (starts && name.starts_with(|first: char| !first.is_ascii_digit())).then_some(name)
            })
        })
        .collect();
    fields.sort_unstable();
    fields.dedup();
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(fetch: &Fetch) -> Vec<(&str, Option<&str>)> {
        let Fetch::Each(all) = fetch else { panic!("recipes name what they fetch") };
        all.iter().map(|one| (one.key.as_str(), one.property.as_deref())).collect()
    }

    #[test]
    fn a_property_is_named_as_its_provider_wants_it() {
        let database = Recipe::Database("db".into());
        let named = |naming| keys(&database.fetch(naming))[1].0.to_owned();
        assert_eq!(keys(&database.fetch(Naming::Property))[1], ("db", Some("password")));
        assert_eq!((named(Naming::Slash), named(Naming::Dot)), ("db/password".into(), "db.password".into()));
    }

    #[test]
    fn keys_come_from_several_items() {
        let keys_of = [("MAIL".to_owned(), "post".to_owned()), ("PAY".into(), "bank/api/key".into())];
        let fetch = Recipe::ApiKeys(keys_of.into()).fetch(Naming::Property);
        assert_eq!(keys(&fetch), [("post", Some("credential")), ("bank/api", Some("key"))]);
    }

    #[test]
    fn a_connection_string_fetches_what_its_template_names() {
        assert_eq!(fields(Recipe::POSTGRESQL), ["database", "host", "password", "port", "username"]);
        assert_eq!(
            fields("a.b {{ .one }}.two {{ printf \"%s\" (.three) }} {{ $x.four }} {{ 1.5 }}"),
            ["one", "three"]
        );
    }

    #[test]
    fn each_has_its_own_pace_and_form() {
        let tls = Recipe::Tls("web".into());
        assert_eq!(tls.interval(), Interval::DAY);
        assert_eq!(tls.target().secret_type.as_deref(), Some("kubernetes.io/tls"));
        assert_eq!(Recipe::ApiKeys(BTreeMap::new()).interval().to_string(), "6h0m0s");
        assert_eq!(Recipe::RotatingKey("k".into()).interval().to_string(), "15m0s");
    }
}
