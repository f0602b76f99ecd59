//! The tree of expressions.

use std::{collections::BTreeMap, sync::Arc};

use super::path::Name;
use crate::diagnostic::{Diagnostic, Span};
use crate::resource::Number;

/// A document that was read without an error.
pub(crate) struct Document {
    /// The environments that it builds on, in order.
    pub(crate) imports: Vec<Import>,
    /// The entries under `values`.
    pub(crate) values: Properties,
    /// How many expressions there are; their ids count from 0.
    pub(crate) expressions: usize,
}

impl Document {
    /// Says whether the document has no values, not even ones that evaluation refuses.
    pub(crate) fn is_empty(&self) -> bool {
        self.values.entries.is_empty() && self.values.rejected.is_empty()
    }
}

/// One entry of `imports`.
pub(crate) struct Import {
    pub(crate) name: Arc<str>,
    pub(crate) place: Arc<Place>,
    /// False where the import can be referred to, but its values are left out.
    pub(crate) merge: bool,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file's name as the user knows it; `None` for what no file says.
    pub(crate) file: Option<Arc<str>>,
    pub(crate) span: Span,
    /// The path in the document (`values.a["fn::join"][1]`).
    pub(crate) path: Arc<str>,
}

impl Place {
    /// The place of what no document says.
    pub(crate) fn nowhere() -> Arc<Self> {
        Arc::new(Self { file: None, span: Span::default(), path: "".into() })
    }

    /// Returns an error at this place.
    pub(crate) fn error(&self, message: impl Into<String>) -> Diagnostic {
        self.put(Diagnostic::error(message))
    }

    /// Returns a warning at this place.
    pub(crate) fn warning(&self, message: impl Into<String>) -> Diagnostic {
        self.put(Diagnostic::warning(message))
    }

    fn put(&self, diagnostic: Diagnostic) -> Diagnostic {
        match &self.file {
            Some(file) => diagnostic.at(Arc::clone(file), self.span).path(Arc::clone(&self.path)),
            None => diagnostic,
        }
    }
}

/// The entries of an object; of several with one key the first is here.
#[derive(Default)]
pub(crate) struct Properties {
    ///
    /// Each is in a box, because a map's nodes have room for eleven, and most objects have less.
    pub(crate) entries: BTreeMap<Arc<str>, Box<Property>>,
    /// Errors that evaluation reports: keys that were there already, or must not be there.
    pub(crate) rejected: Vec<Diagnostic>,
    /// The other entries of a key that is there already.
    pub(crate) repeated: Vec<(Arc<str>, Expression)>,
}

/// An entry of an object.
pub(crate) struct Property {
    /// Where its key stands.
    pub(crate) key: Arc<Place>,
    pub(crate) value: Expression,
}

/// Something that evaluates to a value.
pub(crate) struct Expression {
    /// Its number in the document.
    pub(crate) id: usize,
    pub(crate) place: Arc<Place>,
    pub(super) name: Name,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(Arc<str>),
    /// A text with accesses in it.
    Interpolation(Vec<Part>),
    /// A text that is one access: the value itself.
    Symbol(Vec<Accessor>),
    List(Vec<Expression>),
    Object(Properties),
    Call(Box<Call>),
}

/// A stretch of an interpolation: literal text, then perhaps an access.
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) access: Option<Vec<Accessor>>,
}

/// One step of an access.
pub(crate) struct Accessor {
    pub(crate) step: Step,
    /// Where it stands, if the text is written so that this can be told.
    pub(crate) span: Option<Span>,
}

pub(crate) enum Step {
    Name(Arc<str>),
    Index(i64),
}

/// A call of a builtin function.
pub(crate) enum Call {
    Secret(Expression),
    Ciphertext(Arc<str>),
    Join { delimiter: Expression, values: Expression },
    Split { delimiter: Expression, text: Expression },
    Concat(Expression),
    ToJson(Expression),
    FromJson(Expression),
    ToYaml(Expression),
    ToText(Expression),
    ToBase64(Expression),
    FromBase64(Expression),
    Final(Expression),
    Validate { schema: Expression, value: Expression },
    Open { source: Arc<str>, inputs: Expression },
    Rotate { rotator: Arc<str>, inputs: Expression, state: Expression },
}

impl Step {
    /// Returns the name, if the step is one.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Index(_) => None,
        }
    }
}

impl Call {
    /// Returns the expressions that the call evaluates.
    pub(crate) fn arguments(&self) -> Vec<&Expression> {
        match self {
            Self::Ciphertext(_) => Vec::new(),
            Self::Secret(argument)
            | Self::Concat(argument)
            | Self::ToJson(argument)
            | Self::FromJson(argument)
            | Self::ToYaml(argument)
            | Self::ToText(argument)
            | Self::ToBase64(argument)
            | Self::FromBase64(argument)
            | Self::Final(argument)
            | Self::Open { inputs: argument, .. } => vec![argument],
            Self::Join { delimiter, values: text } | Self::Split { delimiter, text } => vec![delimiter, text],
            Self::Validate { schema, value } => vec![schema, value],
            Self::Rotate { inputs, state, .. } => vec![inputs, state],
        }
    }
}

impl Properties {
    /// Adds the errors that were put off until evaluation, here and below.
    pub(crate) fn rejected(&self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(self.rejected.iter().cloned());
        self.entries.values().for_each(|property| property.value.rejected(diagnostics));
    }
}

impl Expression {
    /// Returns the path by which `${…}` refers to it; inside a function's argument it begins there.
    pub(crate) fn name(&self) -> &str {
        self.name.of(&self.place.path)
    }

    fn rejected(&self, diagnostics: &mut Vec<Diagnostic>) {
        match &self.kind {
            Kind::List(items) => items.iter().for_each(|item| item.rejected(diagnostics)),
            Kind::Object(properties) => properties.rejected(diagnostics),
            Kind::Call(call) => call.arguments().iter().for_each(|argument| argument.rejected(diagnostics)),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::Interpolation(_)
            | Kind::Symbol(_) => {}
        }
    }
}
