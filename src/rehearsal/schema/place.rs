//! A place in a schema, and how a value there is taken apart.

use serde_json::Value as Json;

use super::shape::{ANY, Empty, Field, Id, ListKind, MapShape, Node, Rest, Shape, Strategy};
use crate::kubernetes::Step;

/// A place in a schema.
#[derive(Clone, Copy, Debug)]
pub(in crate::rehearsal) struct Place<'a> {
    pub(super) nodes: &'a [Node],
    pub(super) id: Id,
}

/// How a value is owned and merged.
#[derive(Clone, Copy, Debug)]
pub(in crate::rehearsal) enum Structure<'a> {
    /// As a whole.
    Leaf,
    /// Key by key.
    Map(MapPlace<'a>),
    /// Element by element.
    List(ListPlace<'a>),
}

/// A place that holds a map of separately owned keys.
#[derive(Clone, Copy, Debug)]
pub(in crate::rehearsal) struct MapPlace<'a> {
    nodes: &'a [Node],
    shape: Option<&'a MapShape>,
}

/// A place that holds a list of separately owned elements.
#[derive(Clone, Copy, Debug)]
pub(in crate::rehearsal) struct ListPlace<'a> {
    /// The place of the elements.
    pub(in crate::rehearsal) items: Place<'a>,
    /// The fields that tell elements apart; none in a set.
    pub(in crate::rehearsal) keys: &'a [Box<str>],
}

impl<'a> Place<'a> {
    pub(super) fn at(self, id: Id) -> Self {
        Self { id, ..self }
    }

    pub(super) fn node(self) -> &'a Node {
        &self.nodes[self.id as usize]
    }

    /// Follows [`Shape::Atomic`] to the node that says what is below.
    pub(super) fn resolved(self) -> Self {
        match self.node().shape {
            Shape::Atomic(id) => self.at(id).resolved(),
            Shape::Any | Shape::Scalar(_) | Shape::Map(_) | Shape::List { .. } => self,
        }
    }

    pub(super) fn map(self) -> Option<&'a MapShape> {
        match &self.resolved().node().shape {
            Shape::Map(map) => Some(map),
            Shape::Any | Shape::Scalar(_) | Shape::List { .. } | Shape::Atomic(_) => None,
        }
    }

    /// Returns the place of a map's key; what the schema does not know holds anything.
    pub(in crate::rehearsal) fn field(self, key: &str) -> Self {
        let id = match self.map() {
            Some(map) => map.child(key).unwrap_or(ANY),
            None => ANY,
        };
        self.at(id)
    }

    /// Returns the place of a list's elements.
    pub(in crate::rehearsal) fn items(self) -> Self {
        match self.resolved().node().shape {
            Shape::List { items, .. } => self.at(items),
            Shape::Any | Shape::Scalar(_) | Shape::Map(_) | Shape::Atomic(_) => self.at(ANY),
        }
    }

    /// Says how a strategic merge patch treats a map's key.
    pub(in crate::rehearsal) fn strategy(self, key: &str) -> Strategy {
        let field = self.map().and_then(|map| map.fields.get(key));
        field.map(|field| field.strategy.clone()).unwrap_or_default()
    }

    /// Follows a step of a field set. The second says whether the schema names that field.
    pub(in crate::rehearsal) fn below(self, step: &Step) -> (Self, bool) {
        match (step, &self.resolved().node().shape) {
            (Step::Field(key), Shape::Map(map)) => {
                (self.at(map.child(key).unwrap_or(ANY)), map.fields.contains_key(&**key))
            }
            (Step::Key(_) | Step::Value(_) | Step::Index(_), Shape::List { items, .. }) => {
                (self.at(*items), false)
            }
            (_, Shape::Any | Shape::Scalar(_) | Shape::Map(_) | Shape::List { .. } | Shape::Atomic(_)) => {
                (self.at(ANY), false)
            }
        }
    }

    /// Says how a value here is owned and merged. A value of another type than the schema's is a leaf.
    pub(in crate::rehearsal) fn structure(self, value: &Json) -> Structure<'a> {
        let (object, list) = match value {
            Json::Null => (true, true),
            Json::Object(_) => (true, false),
            Json::Array(_) => (false, true),
            Json::Bool(_) | Json::Number(_) | Json::String(_) => (false, false),
        };
        match &self.node().shape {
            Shape::Map(map) if object && !map.atomic => {
                Structure::Map(MapPlace { nodes: self.nodes, shape: Some(map) })
            }
            Shape::Any if object => Structure::Map(MapPlace { nodes: self.nodes, shape: None }),
            Shape::List { items, kind } if list => match kind {
                ListKind::Atomic => Structure::Leaf,
                ListKind::Set => Structure::List(ListPlace { items: self.at(*items), keys: &[] }),
                ListKind::Keyed(keys) => Structure::List(ListPlace { items: self.at(*items), keys }),
            },
            Shape::Map(_) | Shape::Any | Shape::List { .. } | Shape::Scalar(_) | Shape::Atomic(_) => {
                Structure::Leaf
            }
        }
    }
}

impl MapShape {
    /// Returns what a key holds, if the schema knows.
    pub(super) fn child(&self, key: &str) -> Option<Id> {
        match self.fields.get(key) {
            Some(field) => Some(field.id),
            None => match self.rest {
                Rest::Values(id) => Some(id),
                Rest::Open | Rest::Closed => None,
            },
        }
    }

    /// Says whether a key is neither a field nor allowed beside them.
    pub(super) fn refuses(&self, key: &str) -> bool {
        self.rest == Rest::Closed && !self.fields.contains_key(key)
    }
}

impl<'a> MapPlace<'a> {
    /// Returns the place of a key.
    pub(in crate::rehearsal) fn child(self, key: &str) -> Place<'a> {
        let id = self.shape.and_then(|shape| shape.child(key)).unwrap_or(ANY);
        Place { nodes: self.nodes, id }
    }

    /// Says whether the schema names the key; else it is one of a map's many.
    pub(in crate::rehearsal) fn names(self, key: &str) -> bool {
        self.shape.is_some_and(|shape| shape.fields.contains_key(key))
    }

    /// Says whether the schema does not allow the key.
    pub(in crate::rehearsal) fn refuses(self, key: &str) -> bool {
        self.shape.is_some_and(|shape| shape.refuses(key))
    }
}

impl ListPlace<'_> {
    /// Returns what stands for a key that an element leaves out.
    pub(in crate::rehearsal) fn default_of(self, key: &str) -> Option<Json> {
        let field: &Field = self.items.map()?.fields.get(key)?;
        let written = (field.empty == Empty::Written).then(|| self.items.at(field.id).zero());
        field.default.clone().or(written)
    }
}
