//! The built-in kinds: which fields they have, and how the server owns, merges, writes and defaults them.
//!
//! `kinds.txt` holds them in a form of our own, after the types of Kubernetes 1.35. `kind VERSION KIND TYPE
//! SUBRESOURCES…` names a kind's type. A line without indentation begins a type, the indented ones are its fields:
//! `NAME[!][?][+] TYPE WORDS…`, where `!` is a required field, `?` a pointer, `+` one that is written also when
//! empty; `[T]` is a list and `{T}` a map by names. Words: `set`, `keys=K,…`, `atomic` for ownership; `merge`,
//! `merge=KEY`, `retain` for strategic merge patches; `default=JSON`; `enum=A|B`; `#N` for the field's number in
//! protobuf, after the numbers of messages around it that JSON does not show: `#2.6`.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use serde_json::Value as Json;

use super::{
    Schema,
    rules::Rules,
    shape::{ANY, Empty, Field, Id, ListKind, MapShape, Node, Rest, Scalar, Shape, Strategy},
};

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("kinds.txt")));

struct Table {
    nodes: Arc<[Node]>,
    types: BTreeMap<&'static str, Id>,
    /// By version and kind.
    kinds: BTreeMap<(&'static str, &'static str), Arc<Schema>>,
}

impl Schema {
    /// Returns the schema of a kind that every cluster has.
    pub(in crate::rehearsal) fn builtin(group: &str, version: &str, kind: &str) -> Option<Arc<Self>> {
        let joined;
        let version = if group.is_empty() {
            version
        } else {
            joined = format!("{group}/{version}");
            &joined
        };
        TABLE.kinds.get(&(version, kind)).cloned()
    }

    /// Returns the group and version, as `apps/v1`, and the kind of each built-in kind.
    #[cfg(test)]
    pub(in crate::rehearsal) fn builtins() -> impl Iterator<Item = (&'static str, &'static str)> {
        TABLE.kinds.keys().copied()
    }
}

/// Returns the nodes of all built-in types, and the one with this name.
pub(super) fn named(name: &str) -> (&'static [Node], Id) {
    (&TABLE.nodes, TABLE.types[name])
}

impl Table {
    fn read(text: &'static str) -> Self {
        let mut nodes = vec![Node::new(Shape::Any)];
        let mut types = BTreeMap::new();
        let named = |line: &'static str| {
            let mut words = line.split(' ');
            (words.next().unwrap_or_default(), words.next() == Some("atomic"))
        };
        for line in text.lines().filter(|line| !line.starts_with([' ', '#']) && !line.starts_with("kind ")) {
            let (name, atomic) = named(line);
            types.insert(name, nodes.len() as Id);
            let fields = BTreeMap::new();
            let shape = MapShape { fields, rest: Rest::Closed, atomic, native: true };
            nodes.push(Node { shape: Shape::Map(shape), name: name.into(), rules: None });
        }
        let mut builder = Builder { nodes, types, inline: BTreeMap::new() };
        let mut current = ANY;
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("kind ")) {
            match line.strip_prefix(' ') {
                Some(field) => {
                    let (name, field) = builder.field(field);
                    if let Shape::Map(map) = &mut builder.nodes[current as usize].shape {
                        map.fields.insert(name.into(), field);
                    }
                }
                None => current = builder.types[named(line).0],
            }
        }
        let Builder { nodes, types, .. } = builder;
        let nodes: Arc<[Node]> = nodes.into();
        let kinds = text.lines().filter_map(|line| line.strip_prefix("kind "));
        let kinds = kinds.filter_map(|line| {
            let mut words = line.split(' ');
            let (version, kind, name) = (words.next()?, words.next()?, words.next()?);
            let status = words.any(|word| word == "status");
            let schema = Schema { nodes: Arc::clone(&nodes), root: types[name], status, native: true };
            Some(((version, kind), Arc::new(schema)))
        });
        Self { kinds: kinds.collect(), types, nodes: Arc::clone(&nodes) }
    }
}

struct Builder {
    nodes: Vec<Node>,
    types: BTreeMap<&'static str, Id>,
    /// Nodes of lists, maps and scalars by how the table writes them.
    inline: BTreeMap<String, Id>,
}

impl Builder {
    fn field(&mut self, line: &'static str) -> (&'static str, Field) {
        let mut words = line.split(' ');
        let (name, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let bare = name.trim_end_matches(['!', '?', '+']);
        let marks = &name[bare.len()..];
        let empty = match (marks.contains('+'), marks.contains('?')) {
            (true, true) => Empty::Null,
            (true, false) => Empty::Written,
            (false, true) => Empty::Kept,
            (false, false) => Empty::Omitted,
        };
        let (mut list, mut atomic, mut rules, mut default) = (ListKind::Atomic, false, None, None);
        let mut strategy = Strategy::default();
        let mut number = Box::default();
        for word in words {
            if let Some(path) = word.strip_prefix('#') {
                number = path.split('.').filter_map(|number| number.parse().ok()).collect();
                continue;
            }
            let (word, value) = word.split_once('=').unwrap_or((word, ""));
            match word {
                "set" => list = ListKind::Set,
                "keys" => list = ListKind::Keyed(value.split(',').map(Into::into).collect()),
                "atomic" => atomic = true,
                "merge" => {
                    strategy.merge = true;
                    strategy.key = (!value.is_empty()).then(|| value.into());
                }
                "retain" => strategy.retain_keys = true,
                "default" => default = serde_json::from_str(value).ok(),
                "enum" => rules = Some(value),
                _ => {}
            }
        }
        let id = match kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
            Some(items) => {
                let items = self.id(items);
                self.push(Shape::List { items, kind: list })
            }
            None if atomic => {
                let below = self.id(kind);
                self.push(Shape::Atomic(below))
            }
            None => self.id(kind),
        };
        let id = match rules {
            Some(allowed) => {
                let shape = self.nodes[id as usize].shape.clone();
                let id = self.push(shape);
                let allowed = allowed.split('|').map(Json::from).collect();
                self.nodes[id as usize].rules = Some(Box::new(Rules::one_of(allowed)));
                id
            }
            None => id,
        };
        (bare, Field { id, required: marks.contains('!'), empty, default, strategy, number })
    }

    fn id(&mut self, kind: &str) -> Id {
        if let Some(&id) = self.types.get(kind).or_else(|| self.inline.get(kind)) {
            return id;
        }
        let scalar = |scalar| Shape::Scalar(scalar);
        let shape = if let Some(items) = kind.strip_prefix('[').and_then(|kind| kind.strip_suffix(']')) {
            Shape::List { items: self.id(items), kind: ListKind::Atomic }
        } else if let Some(values) = kind.strip_prefix('{').and_then(|kind| kind.strip_suffix('}')) {
            let rest = Rest::Values(self.id(values));
            Shape::Map(MapShape { fields: BTreeMap::new(), rest, atomic: false, native: false })
        } else {
            match kind {
                "string" => scalar(Scalar::Text),
                "bytes" => scalar(Scalar::Bytes),
                "time" => scalar(Scalar::Time),
                "microtime" => scalar(Scalar::MicroTime),
                "quantity" => scalar(Scalar::Quantity),
                "bool" => scalar(Scalar::Bool),
                "int32" => scalar(Scalar::Int32),
                "int64" => scalar(Scalar::Int64),
                "number" | "double" => scalar(Scalar::Number),
                "port" => scalar(Scalar::IntOrText),
                "object" => Shape::Map(MapShape {
                    fields: BTreeMap::new(),
                    rest: Rest::Open,
                    atomic: false,
                    native: false,
                }),
                _ => return ANY,
            }
        };
        let id = self.push(shape);
        self.inline.insert(kind.to_owned(), id);
        id
    }

    fn push(&mut self, shape: Shape) -> Id {
        self.nodes.push(Node::new(shape));
        self.nodes.len() as Id - 1
    }
}
