//! The tree of expressions.

use std::{collections::BTreeMap, sync::Arc};

use super::Number;
use super::path::Name;
use crate::diagnostic::{Diagnostic, Span};

/// A document that was read without an error.
pub struct Document {
    /// The environments that it builds on, in order.
    pub imports: Vec<Import>,
    /// The entries under `values`.
    pub values: Properties,
    /// How many expressions there are; their ids count from 0.
    pub expressions: usize,
}

impl Document {
    /// Says whether the document has no values, not even ones that evaluation refuses.
    pub fn is_empty(&self) -> bool {
        self.values.entries.is_empty() && self.values.rejected.is_empty()
    }
}

/// One entry of `imports`.
pub struct Import {
    /// Its name as it is written.
    pub name: Arc<str>,
    /// Where that stands.
    pub place: Arc<Place>,
    /// False where the import can be referred to, but its values are left out.
    pub merge: bool,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name as the user knows it; `None` for what no file says.
    pub file: Option<Arc<str>>,
    /// Where in the file.
    pub span: Span,
    /// The path in the document (`values.a["fn::join"][1]`).
    pub path: Arc<str>,
}

impl Place {
    /// The place of what no document says.
    pub fn nowhere() -> Arc<Self> {
        Arc::new(Self { file: None, span: Span::default(), path: "".into() })
    }

    /// Returns an error at this place.
    pub fn error(&self, message: impl Into<String>) -> Diagnostic {
        self.put(Diagnostic::error(message))
    }

    /// Returns a warning at this place.
    pub fn warning(&self, message: impl Into<String>) -> Diagnostic {
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
pub struct Properties {
    ///
    /// Each is in a box, because a map's nodes have room for eleven, and most objects have less.
    pub entries: BTreeMap<Arc<str>, Box<Property>>,
    /// Errors that evaluation reports: keys that were there already, or must not be there.
    pub rejected: Vec<Diagnostic>,
    /// The other entries of a key that is there already.
    pub repeated: Vec<(Arc<str>, Expression)>,
}

/// An entry of an object.
pub struct Property {
    /// Where its key stands.
    pub key: Arc<Place>,
    /// What it is.
    pub value: Expression,
}

/// Something that evaluates to a value.
pub struct Expression {
    /// Its number in the document.
    pub id: usize,
    /// Where it stands.
    pub place: Arc<Place>,
    pub(super) name: Name,
    /// What it is.
    pub kind: Kind,
}

/// What an expression is.
pub enum Kind {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number by its text.
    Number(Number),
    /// A text without an access.
    Text(Arc<str>),
    /// A text with accesses in it.
    Interpolation(Vec<Part>),
    /// A text that is one access: the value itself.
    Symbol(Vec<Accessor>),
    /// A list.
    List(Vec<Expression>),
    /// An object.
    Object(Properties),
    /// A call of a builtin function.
    Call(Box<Call>),
}

/// A stretch of an interpolation: literal text, then perhaps an access.
pub struct Part {
    /// The text, in which `$$` has become a dollar sign.
    pub text: String,
    /// What `${…}` refers to.
    pub access: Option<Vec<Accessor>>,
}

/// One step of an access.
pub struct Accessor {
    /// What it leads to.
    pub step: Step,
    /// Where it stands, if the text is written so that this can be told.
    pub span: Option<Span>,
}

/// A name or an index.
pub enum Step {
    /// A property's name.
    Name(Arc<str>),
    /// An item's index, which may be too small or too large.
    Index(i64),
}

/// A call of a builtin function, with its arguments by their names in the language.
#[expect(missing_docs, reason = "the language's own names say what they are")]
pub enum Call {
    Secret(Expression),
    /// `fn::secret: {ciphertext: …}`.
    Ciphertext(Arc<str>),
    Join {
        delimiter: Expression,
        values: Expression,
    },
    Split {
        delimiter: Expression,
        text: Expression,
    },
    Concat(Expression),
    ToJson(Expression),
    FromJson(Expression),
    ToYaml(Expression),
    /// `fn::toString`.
    ToText(Expression),
    ToBase64(Expression),
    FromBase64(Expression),
    Final(Expression),
    Validate {
        schema: Expression,
        value: Expression,
    },
    Open {
        source: Arc<str>,
        inputs: Expression,
    },
    Rotate {
        rotator: Arc<str>,
        inputs: Expression,
        state: Expression,
    },
}

impl Step {
    /// Returns the name, if the step is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Index(_) => None,
        }
    }
}

impl Call {
    /// Returns the expressions that the call evaluates.
    pub fn arguments(&self) -> Vec<&Expression> {
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
    pub fn rejected(&self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(self.rejected.iter().cloned());
        self.entries.values().for_each(|property| property.value.rejected(diagnostics));
    }
}

impl Expression {
    /// Returns the path by which `${…}` refers to it; inside a function's argument it begins there.
    pub fn name(&self) -> &str {
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
