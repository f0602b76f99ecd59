//! What comes from where: environments, their values, what refers to what, which sources are called.
//!
//! An outline is read off the documents: nothing is evaluated and nothing opened.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{LoadError, Loader};
use crate::esc::{Accessor, Call, Expression, Kind, Parsed, parse};

/// An environment, and a value of it.
pub type ValueName = (Arc<str>, String);

/// The parts of an environment and of all that it imports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The environments with the values that they set themselves: the keys of `values`, and under `stacks` each stack.
    pub environments: BTreeMap<Arc<str>, BTreeSet<String>>,
    /// Which environment imports which.
    pub imports: BTreeSet<(Arc<str>, Arc<str>)>,
    /// Which source a value calls: environment, value, source.
    pub calls: BTreeSet<(Arc<str>, String, Arc<str>)>,
    /// Which value refers to which: both with their environments.
    pub references: BTreeSet<(ValueName, ValueName)>,
}

impl Outline {
    /// Reads an environment and all that it imports; what can't be read is left out, for a check tells it.
    ///
    /// # Errors
    /// The environment itself can't be read.
    pub fn read(loader: &dyn Loader, name: &str) -> Result<Self, LoadError> {
        let mut documents: BTreeMap<Arc<str>, Parsed> = BTreeMap::new();
        let source = loader.load(name)?;
        documents.insert(name.into(), parse(&source.name, &source.text));
        let mut waiting: Vec<Arc<str>> = vec![name.into()];
        while let Some(name) = waiting.pop() {
            for import in imports_of(&documents, &name) {
                if let (false, Ok(source)) = (documents.contains_key(&import), loader.load(&import)) {
                    documents.insert(Arc::clone(&import), parse(&source.name, &source.text));
                    waiting.push(import);
                }
            }
        }
        Ok(Self::of(&documents))
    }

    fn of(documents: &BTreeMap<Arc<str>, Parsed>) -> Self {
        let mut outline = Self::default();
        for (name, parsed) in documents {
            let own = outline.environments.entry(Arc::clone(name)).or_default();
            let Some(document) = &parsed.document else { continue };
            for (key, property) in &document.values.entries {
                match &property.value.kind {
                    Kind::Object(stacks) if &**key == "stacks" => {
                        own.extend(stacks.entries.keys().map(|stack| format!("stacks.{stack}")));
                    }
                    _ => {
                        own.insert(key.to_string());
                    }
                }
            }
            outline.imports.extend(
                imports_of(documents, name)
                    .into_iter()
                    .filter(|import| documents.contains_key(import))
                    .map(|import| (Arc::clone(name), import)),
            );
        }
        for (name, parsed) in documents {
            let Some(document) = &parsed.document else { continue };
            for (key, property) in &document.values.entries {
                match &property.value.kind {
                    Kind::Object(stacks) if &**key == "stacks" => {
                        for (stack, property) in &stacks.entries {
                            outline.look(documents, name, &format!("stacks.{stack}"), &property.value);
                        }
                    }
                    _ => outline.look(documents, name, key, &property.value),
                }
            }
        }
        outline
    }

    fn look(
        &mut self,
        documents: &BTreeMap<Arc<str>, Parsed>,
        name: &Arc<str>,
        value: &str,
        expression: &Expression,
    ) {
        match &expression.kind {
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => {}
            Kind::Symbol(access) => self.refer(documents, name, value, access),
            Kind::Interpolation(parts) => {
                let accesses = parts.iter().filter_map(|part| part.access.as_ref());
                accesses.for_each(|access| self.refer(documents, name, value, access));
            }
            Kind::List(items) => items.iter().for_each(|item| self.look(documents, name, value, item)),
            Kind::Object(properties) => {
                for part in properties.entries.values() {
                    self.look(documents, name, value, &part.value);
                }
            }
            Kind::Call(call) => {
                if let Call::Open { source, .. } | Call::Rotate { rotator: source, .. } = &**call {
                    self.calls.insert((Arc::clone(name), value.to_owned(), Arc::clone(source)));
                }
                for argument in call.arguments() {
                    self.look(documents, name, value, argument);
                }
            }
        }
    }

    fn refer(
        &mut self,
        documents: &BTreeMap<Arc<str>, Parsed>,
        name: &Arc<str>,
        value: &str,
        access: &[Accessor],
    ) {
        let names: Vec<&str> = access.iter().map_while(|accessor| accessor.step.name()).collect();
        let (from, steps) = match names.as_slice() {
            ["imports", import, steps @ ..] => (Arc::from(*import), steps),
            [] | ["context" | "environments" | "imports", ..] => return,
            [first, ..] => match Self::holder(documents, name, first, &mut BTreeSet::new()) {
                Some(holder) => (holder, names.as_slice()),
                None => return,
            },
        };
        let target = match steps {
            [] => return,
            ["stacks", stack, ..] => format!("stacks.{stack}"),
            [first, ..] => (*first).to_owned(),
        };
        if (&from, target.as_str()) != (name, value) {
            self.references.insert(((from, target), (Arc::clone(name), value.to_owned())));
        }
    }

    /// Returns the environment whose own document has a value: this one, else the last import that has it.
    fn holder(
        documents: &BTreeMap<Arc<str>, Parsed>,
        name: &Arc<str>,
        key: &str,
        seen: &mut BTreeSet<Arc<str>>,
    ) -> Option<Arc<str>> {
        if !seen.insert(Arc::clone(name)) {
            return None;
        }
        let document = documents.get(name)?.document.as_ref()?;
        if document.values.entries.contains_key(key) {
            return Some(Arc::clone(name));
        }
        let imports = document.imports.iter().rev().filter(|import| import.merge);
        imports.map(|import| &import.name).find_map(|import| Self::holder(documents, import, key, seen))
    }
}

fn imports_of(documents: &BTreeMap<Arc<str>, Parsed>, name: &str) -> Vec<Arc<str>> {
    let document = documents.get(name).and_then(|parsed| parsed.document.as_ref());
    document
        .into_iter()
        .flat_map(|document| &document.imports)
        .map(|import| Arc::clone(&import.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::InMemory;

    #[test]
    fn values_are_traced_to_their_sources_and_through_imports() {
        let documents = InMemory::new([
            (
                "prod",
                "imports: [base, absent]\nvalues:\n  bootstrap: {fn::open::sops: {path: '${folder}/a'}}\n  stacks:\n    store: {token: '${bootstrap.token}', again: '${imports.base.region}'}\n",
            ),
            (
                "base",
                "values:\n  folder: secrets\n  region: eu\n  both: '${region} ${context.rootEnvironment.name}'\n",
            ),
        ]);
        let outline = Outline::read(&documents, "prod").unwrap();
        let pair = |environment: &str, value: &str| (Arc::from(environment), value.to_owned());
        assert_eq!(outline.environments["prod"], ["bootstrap", "stacks.store"].map(String::from).into());
        assert_eq!(outline.imports, [("prod".into(), "base".into())].into());
        assert_eq!(outline.calls, [("prod".into(), "bootstrap".to_owned(), "sops".into())].into());
        let expected = [
            (pair("base", "folder"), pair("prod", "bootstrap")),
            (pair("base", "region"), pair("base", "both")),
            (pair("base", "region"), pair("prod", "stacks.store")),
            (pair("prod", "bootstrap"), pair("prod", "stacks.store")),
        ];
        assert_eq!(outline.references, expected.into());
        assert!(Outline::read(&documents, "absent").is_err());
    }
}
