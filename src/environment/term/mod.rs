//! Values while they are evaluated: with their place, their marks and the layers that they are merged over.

mod layers;
mod text;
mod value;

use std::{cell::OnceCell, collections::BTreeMap, rc::Rc, sync::Arc};

pub(crate) use text::{Rendered, Text};

use super::schema::Schema;
use crate::esc::Place;
use crate::resource::Number;

/// A shared value.
pub(crate) type Shared = Rc<Term>;

/// A value with what evaluation must know of it.
///
/// An object keeps only its own entries; those that it inherits are in `base`. Each of its entries is merged over
/// the base's entry of the same key.
#[derive(Clone)]
pub(crate) struct Term {
    pub(crate) content: Content,
    /// What is known of a value that is not known. (An aggregate of unknown parts keeps its content as well.)
    pub(crate) unknown: Option<Schema>,
    pub(crate) secret: bool,
    /// Layers above may not replace it.
    pub(crate) is_final: bool,
    /// An unknown that nobody will look at: it stops no call.
    pub(crate) unobserved: bool,
    /// What an object is merged over.
    pub(crate) base: Option<Shared>,
    /// What the document that holds the value shows in its place; see [`Self::exported`].
    pub(crate) shown: Option<Shared>,
    /// Whether it is what a `${…}` refers to.
    copied: bool,
    /// The expression that defines it.
    pub(crate) place: Arc<Place>,
    /// For a property of an unknown value: that value and the property's name.
    property_of: Option<(Shared, Arc<str>)>,
    size: u64,
    depth: u32,
    holds_secret: OnceCell<bool>,
    holds_unknown: OnceCell<bool>,
}

/// What a value is made of.
#[derive(Clone)]
pub(crate) enum Content {
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    List(Rc<[Shared]>),
    Object(Rc<Entries>),
}

/// An object's own entries.
pub(crate) type Entries = BTreeMap<Arc<str>, Entry>;

/// A property with the place of its key.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) term: Shared,
    pub(crate) key: Option<Arc<Place>>,
}

/// What a value costs beside its text, in bytes.
const NODE: u64 = 32;

impl Term {
    pub(crate) fn new(content: Content, place: &Arc<Place>) -> Self {
        let (size, depth) = match &content {
            Content::Null | Content::Bool(_) | Content::Number(_) => (0, 0),
            Content::Text(text) => (text.len() as u64, 0),
            Content::List(items) => measure(items.iter()),
            Content::Object(entries) => measure(entries.values().map(|entry| &entry.term)),
        };
        Self {
            content,
            unknown: None,
            secret: false,
            is_final: false,
            unobserved: false,
            base: None,
            shown: None,
            copied: false,
            place: Arc::clone(place),
            property_of: None,
            size: size.saturating_add(NODE),
            depth: depth + 1,
            holds_secret: OnceCell::new(),
            holds_unknown: OnceCell::new(),
        }
    }

    pub(crate) fn text(text: impl Into<Text>, place: &Arc<Place>) -> Self {
        Self::new(Content::Text(text.into()), place)
    }

    pub(crate) fn list(items: Vec<Shared>, place: &Arc<Place>) -> Self {
        Self::new(Content::List(items.into()), place)
    }

    pub(crate) fn object(entries: Entries, place: &Arc<Place>) -> Self {
        Self::new(Content::Object(Rc::new(entries)), place)
    }

    /// Returns a value of which only the schema is known.
    pub(crate) fn unknown(schema: Schema, place: &Arc<Place>) -> Self {
        Self { unknown: Some(schema), ..Self::new(Content::Null, place) }
    }

    pub(crate) fn with_secret(mut self, secret: bool) -> Self {
        if secret {
            self.secret = true;
            // A copy may have been asked before it became secret.
            self.holds_secret = OnceCell::from(true);
        }
        self
    }

    pub(crate) fn with_base(mut self, base: Option<Shared>) -> Self {
        if let Some(base) = &base {
            self.size = self.size.saturating_add(base.size);
            self.depth = self.depth.max(base.depth);
        }
        self.base = base;
        self
    }

    /// Returns the same value as defined elsewhere.
    pub(crate) fn defined_at(&self, place: &Arc<Place>) -> Self {
        Self { place: Arc::clone(place), unobserved: false, copied: true, shown: None, ..self.clone() }
    }

    /// Returns the value as the result of an evaluation shows it.
    ///
    /// As in Pulumi's evaluator, what `fn::final` and `fn::validate` give shows nothing of what it is merged over,
    /// though all of it is there for `${…}` and for those who import it.
    pub(crate) fn exported(self: &Rc<Self>) -> Shared {
        if let Some(shown) = &self.shown {
            return Rc::clone(shown);
        }
        let content = match &self.content {
            _ if self.copied => return Rc::clone(self),
            Content::List(items) => Content::List(items.iter().map(Self::exported).collect()),
            Content::Object(entries) => {
                let entry = |entry: &Entry| Entry { term: entry.term.exported(), key: entry.key.clone() };
                let entries = entries.iter().map(|(name, term)| (Arc::clone(name), entry(term)));
                Content::Object(Rc::new(entries.collect()))
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => {
                return Rc::clone(self);
            }
        };
        Rc::new(Self { content, ..Self::clone(self) })
    }

    /// Returns how much the value holds, in bytes, counted once for each place where it appears.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Returns how many values are inside one another.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    pub(crate) fn is_unknown(&self) -> bool {
        self.unknown.is_some()
    }

    /// Says whether the value or anything in it is secret.
    pub(crate) fn holds_secret(&self) -> bool {
        *self.holds_secret.get_or_init(|| self.secret || self.any(&Self::holds_secret))
    }

    /// Says whether the value or anything in it is unknown.
    pub(crate) fn holds_unknown(&self) -> bool {
        *self.holds_unknown.get_or_init(|| self.is_unknown() || self.any(&Self::holds_unknown))
    }

    /// Says whether a call would miss something: [`Self::holds_unknown`] but for what it does not look at.
    pub(crate) fn lacks_something(&self) -> bool {
        if self.is_unknown() {
            !self.unobserved
        } else {
            self.holds_unknown() && self.any(&Self::lacks_something)
        }
    }

    fn any(&self, holds: &dyn Fn(&Self) -> bool) -> bool {
        match &self.content {
            Content::List(items) => items.iter().any(|item| holds(item)),
            Content::Object(entries) if self.base.is_none() => {
                entries.values().any(|entry| holds(&entry.term))
            }
            // What none of the layers holds, the object does not hold; else it depends on what hides what.
            Content::Object(_) => {
                self.own_layers().any(|entries| entries.values().any(|entry| holds(&entry.term)))
                    && self.properties().values().any(|entry| holds(&entry.term))
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => false,
        }
    }

    /// Returns an array's items or an object's values, inherited ones among them.
    pub(crate) fn parts(&self) -> Vec<Shared> {
        match &self.content {
            Content::List(items) => items.to_vec(),
            Content::Object(_) => self.properties().into_values().map(|entry| entry.term).collect(),
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => Vec::new(),
        }
    }

    pub(crate) fn as_text(&self) -> Option<&Text> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&Rc<[Shared]>> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// Returns what can be said of the value's shape.
    pub(crate) fn schema(&self) -> Schema {
        if let Some(schema) = &self.unknown {
            return schema.clone();
        }
        match &self.content {
            Content::Null => Schema::kind("null"),
            Content::Bool(_) => Schema::kind("boolean"),
            Content::Number(_) => Schema::kind("number"),
            Content::Text(_) => Schema::kind("string"),
            Content::List(items) => Schema::tuple(items.iter().map(|item| item.schema()).collect()),
            Content::Object(_) => {
                let properties = self.properties();
                Schema::record(
                    properties.into_iter().map(|(key, entry)| (key, entry.term.schema())).collect(),
                    None,
                )
            }
        }
    }
}

fn measure<'a>(terms: impl Iterator<Item = &'a Shared>) -> (u64, u32) {
    terms.fold((0u64, 0), |(size, depth), term| (size.saturating_add(term.size), depth.max(term.depth)))
}
