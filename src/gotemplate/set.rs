//! A set of named templates that can call each other.

use std::collections::HashMap;
use std::rc::Rc;

use crate::gotemplate::parser::{ParseError, Template, parse};
use crate::gotemplate::{Context, ExecError, Functions, GoString, Value};

/// What a map's missing key yields (text/template's `missingkey` option).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingKey {
    /// No value at all.
    #[default]
    Invalid,
    /// The zero of the map's element type. Helm's choice.
    Zero,
    /// An error. Helm's choice under `--strict`.
    Error,
}

/// Named templates over one function table. A child sees its parent's templates and adds its own.
#[derive(Debug)]
pub struct Set {
    name: GoString,
    functions: Rc<Functions>,
    missing_key: MissingKey,
    parent: Option<Rc<Set>>,
    templates: HashMap<GoString, Rc<Template>>,
}

impl Set {
    /// Returns an empty set. Errors about undefined templates name the set; Helm's is called `gotpl`.
    pub fn new(name: impl Into<GoString>, functions: Rc<Functions>, missing_key: MissingKey) -> Self {
        Self { name: name.into(), functions, missing_key, parent: None, templates: HashMap::new() }
    }

    /// Returns a set that sees `parent`'s templates; what it defines stays its own. Nothing is copied.
    pub fn child(parent: &Rc<Self>) -> Self {
        Self {
            name: parent.name.clone(),
            functions: Rc::clone(&parent.functions),
            missing_key: parent.missing_key,
            parent: Some(Rc::clone(parent)),
            templates: HashMap::new(),
        }
    }

    /// Returns the set's name.
    pub fn name(&self) -> &GoString {
        &self.name
    }

    pub(crate) fn missing_key(&self) -> MissingKey {
        self.missing_key
    }

    /// Parses a source: its definitions and its body, under `name`, join the set. A later template replaces an
    /// earlier one of the same name, unless the later one is empty. On an error the set stays as it was.
    pub fn parse(
        &mut self,
        name: impl Into<GoString>,
        source: impl Into<GoString>,
    ) -> Result<(), ParseError> {
        self.parse_body(&name.into(), &source.into()).map(|_body| ())
    }

    /// Parses a source as [`Set::parse`] does and returns its body, which is kept out of the set where it is
    /// empty and another is there.
    pub(crate) fn parse_body(
        &mut self,
        name: &GoString,
        source: &GoString,
    ) -> Result<Option<Rc<Template>>, ParseError> {
        let mut body = None;
        for template in parse(&self.functions, name, source)? {
            let template = Rc::new(template);
            if template.name == *name {
                body = Some(Rc::clone(&template));
            }
            if !template.is_empty() || self.template(&template.name).is_none() {
                self.templates.insert(template.name.clone(), template);
            }
        }
        Ok(body)
    }

    /// Tells whether a template of that name is defined here or in a parent.
    pub fn contains(&self, name: impl AsRef<[u8]>) -> bool {
        self.template(name.as_ref()).is_some()
    }

    /// Returns the names of all templates, parents' included, sorted.
    pub fn names(&self) -> Vec<GoString> {
        let mut names = self.parent.as_ref().map(|parent| parent.names()).unwrap_or_default();
        names.extend(self.templates.keys().cloned());
        names.sort();
        names.dedup();
        names
    }

    pub(crate) fn template(&self, name: &[u8]) -> Option<&Rc<Template>> {
        let own = self.templates.get(name);
        own.or_else(|| self.parent.as_ref().and_then(|parent| parent.template(name)))
    }

    /// Executes a template with `data` as its dot. `<no value>` stays in the output, for the caller to remove.
    pub fn execute(self: &Rc<Self>, name: impl AsRef<[u8]>, data: Value) -> Result<Vec<u8>, ExecError> {
        Context::new(Rc::clone(self)).execute(name, data)
    }
}
