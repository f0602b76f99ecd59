//! YAML as JSON values, as sigs.k8s.io/yaml makes them for Helm and Kubernetes.
//!
//! Keys become strings, of duplicate keys the last wins, numbers are what Go's JSON decoder would read back.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Number, Value};

use crate::diagnostic::Position;

use super::number::{format_float32, format_json_float};
use super::{Error, Flavour, Kind, Node, Resolved, Scalar, Tag, resolve};

/// How many values aliases may add; Go's limit grows no further either.
const ALIAS_BUDGET: usize = 400_000;

/// Turns a node into a JSON value; aliases are replaced by what they refer to, `<<` is merged.
///
/// ```
/// use eggtooth_syntax::yaml::{Flavour, parse, to_json};
///
/// let documents = parse("port: 0x50\nyes: 1\n")?;
/// let value = to_json(documents[0].root.as_ref().unwrap(), Flavour::GoYamlV2)?;
/// assert_eq!(value, serde_json::json!({ "port": 80, "true": 1 }));
/// # Ok::<(), eggtooth_syntax::yaml::Error>(())
/// ```
pub fn to_json(node: &Node, flavour: Flavour) -> Result<Value, Error> {
    let mut converter =
        Converter { flavour, targets: alias_targets(node), open: Vec::new(), budget: Budget::default() };
    converter.item(node)?.into_value(node.position())
}

/// Finds the node that each alias refers to, by the alias's byte offset: the last above it with that anchor.
///
/// An alias that refers to nothing in `root` has no entry.
pub fn alias_targets(root: &Node) -> HashMap<usize, &Node> {
    fn visit<'a>(
        node: &'a Node,
        anchors: &mut HashMap<Arc<str>, &'a Node>,
        targets: &mut HashMap<usize, &'a Node>,
    ) {
        if let Some(anchor) = &node.anchor {
            anchors.insert(Arc::clone(anchor), node);
        }
        match &node.kind {
            Kind::Scalar(_) => {}
            Kind::Alias(name) => {
                if let Some(target) = anchors.get(name) {
                    targets.insert(node.span.start.offset, target);
                }
            }
            Kind::Sequence(items) => items.iter().for_each(|item| visit(item, anchors, targets)),
            Kind::Mapping(entries) => entries.iter().for_each(|(key, value)| {
                visit(key, anchors, targets);
                visit(value, anchors, targets);
            }),
        }
    }
    let mut targets = HashMap::new();
    visit(root, &mut HashMap::new(), &mut targets);
    targets
}

struct Converter<'a> {
    flavour: Flavour,
    targets: HashMap<usize, &'a Node>,
    /// The aliases that are being replaced, by offset.
    open: Vec<usize>,
    budget: Budget,
}

impl<'a> Converter<'a> {
    fn item(&mut self, node: &'a Node) -> Result<Item, Error> {
        if !self.open.is_empty() {
            self.budget.spend(1, node.position())?;
        }
        match &node.kind {
            Kind::Scalar(scalar) => {
                Item::scalar(scalar.clone(), node.tag.as_ref(), self.flavour, node.position())
            }
            Kind::Sequence(items) => {
                let values = items.iter().map(|item| self.item(item)?.into_value(item.position()));
                values.collect::<Result<_, _>>().map(Value::Array).map(Item::Value)
            }
            Kind::Mapping(entries) => {
                let mut object = Object::new(self.flavour);
                for (key, value) in entries {
                    let key_item = self.item(key)?;
                    let value_item = self.item(value)?;
                    object.insert(key_item, key.position(), value_item, value.position())?;
                }
                Ok(Item::Value(object.finish()))
            }
            Kind::Alias(anchor) => self.alias(node, anchor),
        }
    }

    fn alias(&mut self, node: &'a Node, anchor: &Arc<str>) -> Result<Item, Error> {
        let position = node.position();
        let offset = node.span.start.offset;
        let Some(target) = self.targets.get(&offset).copied() else {
            return Err(Error::UnknownAnchor { position, anchor: Arc::clone(anchor) });
        };
        if self.open.contains(&offset) {
            return Err(Error::CircularAlias { position });
        }
        self.open.push(offset);
        let item = self.item(target);
        self.open.pop();
        item
    }
}

/// What is left of the values that aliases may add.
pub(super) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(ALIAS_BUDGET)
    }
}

impl Budget {
    pub(super) fn spend(&mut self, values: usize, position: Position) -> Result<(), Error> {
        self.0 = self.0.checked_sub(values).ok_or(Error::ExcessiveAliases { position })?;
        Ok(())
    }
}

/// A value, or a scalar that may still become a key.
#[derive(Clone)]
pub(super) enum Item {
    Text(String),
    Scalar(Resolved, Arc<str>),
    Value(Value),
}

impl Item {
    pub(super) fn scalar(
        scalar: Scalar,
        tag: Option<&Tag>,
        flavour: Flavour,
        position: Position,
    ) -> Result<Self, Error> {
        let resolved = resolve(&scalar, tag, flavour).map_err(|source| Error::Tag { position, source })?;
        let text = match resolved {
            Resolved::Binary => decode_binary(&scalar.text).ok_or(Error::Base64 { position })?.into(),
            _ => scalar.text,
        };
        Ok(Self::Scalar(resolved, text))
    }

    pub(super) fn into_value(self, position: Position) -> Result<Value, Error> {
        let (resolved, text) = match self {
            Self::Value(value) => return Ok(value),
            Self::Text(text) => return Ok(Value::String(text)),
            Self::Scalar(resolved, text) => (resolved, text),
        };
        Ok(match resolved {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => Value::from(value),
            Resolved::Uint(value) => Value::from(value),
            Resolved::Float(value) => {
                float(value).map(Value::Number).ok_or(Error::NotJson { position, text })?
            }
            Resolved::Timestamp(time) => Value::String(time.to_string()),
            Resolved::String | Resolved::Binary | Resolved::Merge => Value::String(text.as_ref().to_owned()),
        })
    }

    fn into_key(self, position: Position) -> Result<String, Error> {
        let (resolved, text) = match self {
            Self::Text(text) => return Ok(text),
            Self::Value(value) => {
                let kind = if value.is_array() { "a list" } else { "a mapping" };
                return Err(Error::Key { position, kind });
            }
            Self::Scalar(resolved, text) => (resolved, text),
        };
        match resolved {
            Resolved::Null => Err(Error::Key { position, kind: "null" }),
            Resolved::Uint(_) => Err(Error::Key { position, kind: "an integer beyond 63 bits" }),
            Resolved::Bool(value) => Ok(value.to_string()),
            Resolved::Int(value) => Ok(value.to_string()),
            Resolved::Float(value) => Ok(float_key(value)),
            Resolved::Timestamp(time) => Ok(time.to_string()),
            Resolved::String | Resolved::Binary | Resolved::Merge => Ok(text.as_ref().to_owned()),
        }
    }
}

/// A mapping while it is read.
pub(super) struct Object {
    flavour: Flavour,
    entries: Map<String, Value>,
    /// What go-yaml v3 merges only behind the mapping's own entries.
    merged: Vec<Map<String, Value>>,
}

impl Object {
    pub(super) fn new(flavour: Flavour) -> Self {
        Self { flavour, entries: Map::new(), merged: Vec::new() }
    }

    pub(super) fn insert(
        &mut self,
        key: Item,
        key_position: Position,
        value: Item,
        value_position: Position,
    ) -> Result<(), Error> {
        let merge = matches!(key, Item::Scalar(Resolved::Merge, _));
        let value = value.into_value(value_position)?;
        if merge {
            return self.merge(value, value_position);
        }
        self.entries.insert(key.into_key(key_position)?, value);
        Ok(())
    }

    /// In v2 a merge overwrites what stands above it; of a list, the first mapping wins.
    fn merge(&mut self, value: Value, position: Position) -> Result<(), Error> {
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        let objects = values.into_iter().map(|value| match value {
            Value::Object(object) => Ok(object),
            _ => Err(Error::Merge { position }),
        });
        let mut objects = objects.collect::<Result<Vec<_>, _>>()?;
        match self.flavour {
            Flavour::GoYamlV2 => {
                objects.reverse();
                for object in objects {
                    self.entries.extend(object);
                }
            }
            Flavour::GoYamlV3 | Flavour::Esc => self.merged.append(&mut objects),
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Value {
        for (key, value) in self.merged.into_iter().flatten() {
            self.entries.entry(key).or_insert(value);
        }
        Value::Object(self.entries)
    }
}

/// Decodes base64 as Go does: line breaks do not count.
pub(super) fn decode_binary(text: &str) -> Option<String> {
    const GO: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
    );
    let bytes = GO.decode(text.replace(['\r', '\n'], "")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Turns a float into the number that its JSON text says: `1e3` is the integer 1000.
fn float(value: f64) -> Option<Number> {
    let negative_zero = value == 0.0 && value.is_sign_negative();
    if value.is_finite() && !negative_zero {
        let text = format_json_float(value);
        if let Ok(integer) = text.parse::<i64>() {
            return Some(integer.into());
        }
    }
    Number::from_f64(value)
}

fn float_key(value: f64) -> String {
    match format_float32(value).as_str() {
        "+Inf" => ".inf".to_owned(),
        "-Inf" => "-.inf".to_owned(),
        "NaN" => ".nan".to_owned(),
        text => text.to_owned(),
    }
}
