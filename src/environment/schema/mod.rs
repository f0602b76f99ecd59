//! JSON Schema, as far as environments know it.
//!
//! Sources declare with it what they take and give, `fn::validate` checks with it, and in a check it says what can be
//! known of a value that nobody opened.

mod decimal;
mod parse;
mod validate;

use std::{collections::BTreeMap, sync::Arc};

pub use parse::SchemaError;
pub(crate) use validate::Validator;

use crate::resource::{Number, Value};

/// A schema. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Schema {
    pub(crate) form: Form,
    /// What `$ref` can name, here and below.
    definitions: Arc<BTreeMap<Arc<str>, Schema>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Form {
    /// Any value.
    Always,
    /// No value.
    Never,
    /// What fulfils all rules.
    Rules(Arc<Rules>),
}

/// The rules of one schema; what is absent is not checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    pub(crate) reference: Option<Arc<str>>,
    pub(crate) any_of: Vec<Schema>,
    pub(crate) one_of: Vec<Schema>,
    pub(crate) kind: Option<Arc<str>>,
    pub(crate) constant: Option<Value>,
    pub(crate) enumeration: Vec<Value>,
    pub(crate) multiple_of: Option<Number>,
    pub(crate) minimum: Option<Number>,
    pub(crate) exclusive_minimum: Option<Number>,
    pub(crate) maximum: Option<Number>,
    pub(crate) exclusive_maximum: Option<Number>,
    pub(crate) min_length: Option<u64>,
    pub(crate) max_length: Option<u64>,
    pub(crate) pattern: Option<regex::bytes::Regex>,
    pub(crate) prefix_items: Vec<Schema>,
    pub(crate) items: Option<Schema>,
    pub(crate) min_items: Option<u64>,
    pub(crate) max_items: Option<u64>,
    pub(crate) properties: BTreeMap<Arc<str>, Schema>,
    pub(crate) additional: Option<Schema>,
    pub(crate) min_properties: Option<u64>,
    pub(crate) max_properties: Option<u64>,
    pub(crate) required: Vec<Arc<str>>,
    pub(crate) dependent_required: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// Inputs that only a rotation reads.
    pub(crate) rotate_only: Vec<Arc<str>>,
}

impl Schema {
    /// Returns the schema that every value fulfils.
    pub fn always() -> Self {
        Self::of(Form::Always)
    }

    /// Returns the schema that no value fulfils.
    pub fn never() -> Self {
        Self::of(Form::Never)
    }

    /// Returns the schema of a `string`, `number`, `boolean`, `array`, `object` or `null`.
    pub fn kind(kind: &str) -> Self {
        Self::rules(Rules { kind: Some(kind.into()), ..Rules::default() })
    }

    /// Returns the schema of arrays with such items.
    pub fn array_of(items: Schema) -> Self {
        Self::rules(Rules { kind: Some("array".into()), items: Some(items), ..Rules::default() })
    }

    /// Returns the schema of objects that have all these properties, and perhaps others.
    pub(crate) fn record(properties: BTreeMap<Arc<str>, Schema>, additional: Option<Schema>) -> Self {
        let required = properties.keys().cloned().collect();
        Self::rules(Rules {
            kind: Some("object".into()),
            properties,
            additional,
            required,
            ..Rules::default()
        })
    }

    /// Returns the schema of arrays with just these items.
    pub(crate) fn tuple(items: Vec<Schema>) -> Self {
        let never = Some(Self::never());
        Self::rules(Rules {
            kind: Some("array".into()),
            prefix_items: items,
            items: never,
            ..Rules::default()
        })
    }

    /// Returns the schema of what fulfils exactly one of these.
    pub(crate) fn one_of(schemas: Vec<Schema>) -> Self {
        Self::rules(Rules { one_of: schemas, ..Rules::default() })
    }

    pub(crate) fn rules(rules: Rules) -> Self {
        Self::of(Form::Rules(Arc::new(rules)))
    }

    fn of(form: Form) -> Self {
        Self { form, definitions: Arc::default() }
    }

    pub(crate) fn is_always(&self) -> bool {
        matches!(self.form, Form::Always)
    }

    pub(crate) fn is_never(&self) -> bool {
        matches!(self.form, Form::Never)
    }

    pub(crate) fn as_rules(&self) -> Option<&Rules> {
        match &self.form {
            Form::Rules(rules) => Some(rules),
            Form::Always | Form::Never => None,
        }
    }

    /// Says whether the schema's type is this.
    pub(crate) fn is_kind(&self, kind: &str) -> bool {
        self.as_rules().is_some_and(|rules| rules.kind.as_deref() == Some(kind))
    }

    /// Returns a part of this schema, which refers to the same definitions.
    pub(crate) fn part(&self, part: &Schema) -> Schema {
        if part.definitions.is_empty() && !self.definitions.is_empty() {
            return Self { form: part.form.clone(), definitions: Arc::clone(&self.definitions) };
        }
        part.clone()
    }

    /// Returns the schema that `$ref` names.
    pub(crate) fn target(&self) -> Option<Schema> {
        let name = self.as_rules()?.reference.as_deref()?;
        self.definitions.get(name).map(|target| self.part(target))
    }

    /// Returns the schema of an object's property.
    pub(crate) fn property(&self, name: &str) -> Schema {
        self.below(&|schema| schema.property(name), |rules| {
            (rules.kind.as_deref() == Some("object"))
                .then(|| rules.properties.get(name).or(rules.additional.as_ref()))
                .flatten()
        })
    }

    /// Returns the schema of an array's item.
    pub(crate) fn item(&self, index: usize) -> Schema {
        self.below(&|schema| schema.item(index), |rules| {
            (rules.kind.as_deref() == Some("array"))
                .then(|| rules.prefix_items.get(index).or(rules.items.as_ref()))
                .flatten()
        })
    }

    fn below(
        &self,
        alternative: &dyn Fn(&Schema) -> Schema,
        own: impl Fn(&Rules) -> Option<&Schema>,
    ) -> Schema {
        let Some(rules) = self.as_rules() else { return Self::never() };
        let alternatives = rules.any_of.iter().chain(&rules.one_of);
        let mut found: Vec<Schema> = alternatives.map(|schema| alternative(&self.part(schema))).collect();
        found.extend(own(rules).map(|schema| self.part(schema)));
        found.retain(|schema| !schema.is_never());
        match found.len() {
            0 => Self::never(),
            1 => found.remove(0),
            _ => Self::one_of(found),
        }
    }

    /// Returns the schema of an object that is merged over a value of schema `base`.
    pub(crate) fn over(&self, base: &Schema) -> Schema {
        let (Some(top), Some(below)) = (self.as_rules(), base.as_rules()) else { return self.clone() };
        if !self.is_kind("object") || !base.is_kind("object") {
            return self.clone();
        }
        let mut properties: BTreeMap<Arc<str>, Schema> =
            below.properties.iter().map(|(key, schema)| (Arc::clone(key), base.part(schema))).collect();
        for (key, schema) in &top.properties {
            let own = self.part(schema);
            let merged = properties.get(key).map_or_else(|| own.clone(), |inherited| own.over(inherited));
            properties.insert(Arc::clone(key), merged);
        }
        let additional = match (&top.additional, &below.additional) {
            (Some(_), Some(_)) => Some(Self::always()),
            (Some(own), None) => Some(self.part(own)),
            (None, inherited) => inherited.as_ref().map(|schema| base.part(schema)),
        };
        Self::record(properties, additional)
    }
}
