//! Merging: an object over the one below it.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use super::{Content, Entries, Entry, Shared, Term};

impl Term {
    /// Says whether the value is, or may be, an object.
    pub(crate) fn is_object(&self) -> bool {
        match &self.unknown {
            Some(schema) => schema.is_always() || schema.is_kind("object"),
            None => matches!(self.content, Content::Object(_)),
        }
    }

    /// Returns an object's entries, own and inherited; none for anything else.
    pub(crate) fn properties(&self) -> BTreeMap<Arc<str>, Entry> {
        let mut properties = BTreeMap::new();
        for entries in self.own_layers() {
            for (key, entry) in entries {
                properties.entry(Arc::clone(key)).or_insert_with(|| entry.clone());
            }
        }
        properties
    }

    /// Returns what an object's layers have themselves, from the uppermost down; nothing for anything else.
    pub(super) fn own_layers(&self) -> impl Iterator<Item = &Entries> {
        let mut layer = Some(self);
        std::iter::from_fn(move || match layer? {
            Self { content: Content::Object(entries), base, .. } => {
                layer = base.as_deref();
                Some(&**entries)
            }
            _ => None,
        })
    }

    /// Returns an object's entry, own or inherited; none of anything else.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.own_layers().find_map(|entries| entries.get(key))
    }

    /// Shows an object's entries, own and inherited, in the order of their keys.
    pub(crate) fn for_each_property(&self, mut visit: impl FnMut(&Arc<str>, &Entry)) {
        match (&self.content, &self.base) {
            (Content::Object(entries), None) => entries.iter().for_each(|(key, entry)| visit(key, entry)),
            _ => self.properties().iter().for_each(|(key, entry)| visit(key, entry)),
        }
    }

    /// Returns an object's entry, own or inherited. Of an unknown value any entry is there, and unknown.
    pub(crate) fn property(self: &Rc<Self>, key: &str) -> Option<Shared> {
        let mut layer = self;
        loop {
            if let Content::Object(entries) = &layer.content {
                if let Some(entry) = entries.get(key) {
                    return Some(Rc::clone(&entry.term));
                }
                layer = layer.base.as_ref()?;
                continue;
            }
            let schema = layer.unknown.as_ref()?;
            let mut property = Self::unknown(schema.property(key), &layer.place);
            property.property_of = Some((Rc::clone(layer), key.into()));
            return Some(Rc::new(property));
        }
    }

    /// Returns this value merged over `base`; `steps` counts the values that this visits.
    ///
    /// Objects merge entry by entry, also through the layers that they have already; anything else hides the base.
    pub(crate) fn over(self: &Rc<Self>, base: &Shared, steps: &mut u64) -> Shared {
        *steps += 1;
        if self.is_same(base) || self.hides() {
            return Rc::clone(self);
        }
        let mut merged = Self::clone(self);
        if let Some(schema) = &self.unknown {
            merged.unknown = Some(schema.over(&base.schema()));
        }
        if let Content::Object(entries) = &self.content {
            let entries: Entries = entries
                .iter()
                .map(|(key, entry)| {
                    let term = match base.property(key) {
                        Some(below) => entry.term.over(&below, steps),
                        None => Rc::clone(&entry.term),
                    };
                    (Arc::clone(key), Entry { term, key: entry.key.clone() })
                })
                .collect();
            let lower = match &self.base {
                Some(lower) => lower.over(base, steps),
                None => Rc::clone(base),
            };
            merged = Self {
                unknown: merged.unknown,
                secret: self.secret,
                is_final: self.is_final,
                ..Self::object(entries, &self.place).with_base(Some(lower))
            };
        }
        Rc::new(merged)
    }

    /// Says whether nothing below this value can be seen: it is no object, or its lowest layer is none.
    fn hides(&self) -> bool {
        let mut layer = self;
        loop {
            if layer.unknown.is_none() && !matches!(layer.content, Content::Object(_)) {
                return true;
            }
            match &layer.base {
                Some(base) => layer = base,
                None => return false,
            }
        }
    }

    fn is_same(self: &Rc<Self>, other: &Rc<Self>) -> bool {
        if Rc::ptr_eq(self, other) {
            return true;
        }
        match (&self.property_of, &other.property_of) {
            (Some((own, key)), Some((others, other_key))) => key == other_key && own.is_same(others),
            _ => false,
        }
    }

    /// Returns how many layers the value has.
    pub(crate) fn layers(&self) -> usize {
        std::iter::successors(Some(self), |layer| layer.base.as_deref()).count()
    }
}
