//! What an evaluation gave.

use std::{collections::BTreeMap, fmt, sync::Arc};

use super::Failure;
use super::evaluator::{Opening, Options};
use super::term::{Content, Entry, Term, Text};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::esc::{Place, join};
use crate::resource::Value;

/// An evaluated environment.
#[derive(Clone)]
pub struct Evaluation {
    /// The values, secrets and unknown parts marked; null where the document has neither values nor imports, or
    /// could not be read.
    pub value: Value,
    /// Whether the root document could be read. If not, nothing was evaluated.
    pub loaded: bool,
    /// All that was found, in the order in which it was found.
    pub diagnostics: Diagnostics,
    /// The errors of sources, to be told apart by their type. Their texts are for nobody's eyes: the diagnostics have
    /// them without the secrets that were handed to the source.
    pub failures: Vec<Failure>,
    /// The documents that were read: its own and those that it imports.
    pub documents: Vec<Source>,
    /// The sources that were opened, in the order in which they were; none by a check.
    pub openings: Vec<Opening>,
    variables: BTreeMap<Arc<str>, Value>,
    files: BTreeMap<Arc<str>, Value>,
    secret_paths: Vec<String>,
    unknown_paths: Vec<String>,
    origins: Origin,
}

/// Shows values with their secrets hidden, and diagnostics.
impl fmt::Debug for Evaluation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Evaluation");
        shown.field("value", &self.value).field("diagnostics", &self.diagnostics).finish_non_exhaustive()
    }
}

/// Where a value and its parts come from.
#[derive(Clone, Debug, Default)]
struct Origin {
    value: Option<Arc<Place>>,
    key: Option<Arc<Place>>,
    parts: Parts,
}

/// The origins of a value's parts.
#[derive(Clone, Debug, Default)]
enum Parts {
    #[default]
    None,
    List(Vec<Origin>),
    /// Sorted by their keys.
    Object(Vec<(Arc<str>, Origin)>),
}

impl Evaluation {
    pub(crate) fn not_loaded(diagnostics: Vec<Diagnostic>) -> Self {
        Self { loaded: false, ..Self::new(None, Options::default(), diagnostics) }
    }

    pub(crate) fn new(term: Option<&Term>, options: Options, diagnostics: Vec<Diagnostic>) -> Self {
        let mut evaluation = Self {
            value: term.map_or(Value::Null, Term::to_value),
            loaded: true,
            diagnostics: diagnostics.into_iter().collect(),
            failures: Vec::new(),
            openings: Vec::new(),
            documents: Vec::new(),
            variables: BTreeMap::new(),
            files: BTreeMap::new(),
            secret_paths: Vec::new(),
            unknown_paths: Vec::new(),
            origins: Origin::default(),
        };
        if let Some(term) = term {
            evaluation.variables = texts(term.entry("environmentVariables"), options);
            evaluation.files = texts(term.entry("files"), options);
            evaluation.note_marks("", term, false, options);
            evaluation.origins = Origin::of(term, None);
        }
        evaluation
    }

    /// Returns the variables that the environment sets: each scalar under `environmentVariables`, as text.
    pub fn environment_variables(&self) -> &BTreeMap<Arc<str>, Value> {
        &self.variables
    }

    /// Returns the files that the environment makes: their content by the variable that is to hold their path.
    pub fn files(&self) -> &BTreeMap<Arc<str>, Value> {
        &self.files
    }

    /// Returns the configuration for Pulumi stacks.
    pub fn pulumi_config(&self) -> Option<&Value> {
        self.value.get("pulumiConfig")
    }

    /// Returns the sorted paths of all values that are marked as secret.
    pub fn secret_paths(&self) -> &[String] {
        &self.secret_paths
    }

    /// Returns the sorted paths of all unknown values.
    pub fn unknown_paths(&self) -> &[String] {
        &self.unknown_paths
    }

    /// Returns the file and the place of the expression that defines a value. A path is made of keys and indexes.
    pub fn origin(&self, path: &[impl AsRef<str>]) -> Option<(Arc<str>, Span)> {
        self.origins.find(path)?.value.as_deref().and_then(located)
    }

    /// Returns the file and the place of the key of a property.
    pub fn key_origin(&self, path: &[impl AsRef<str>]) -> Option<(Arc<str>, Span)> {
        self.origins.find(path)?.key.as_deref().and_then(located)
    }

    fn note_marks(&mut self, path: &str, term: &Term, inside: bool, options: Options) {
        let inside = options.stricter && inside;
        if (term.secret || inside) && !path.is_empty() {
            self.secret_paths.push(path.to_owned());
        }
        if term.is_unknown() {
            self.unknown_paths.push(path.to_owned());
        } else if inside || term.holds_secret() || term.holds_unknown() {
            match &term.content {
                Content::List(items) => {
                    for (index, item) in items.iter().enumerate() {
                        self.note_marks(&format!("{path}[{index}]"), item, inside || term.secret, options);
                    }
                }
                Content::Object(_) => {
                    for (key, entry) in term.properties() {
                        self.note_marks(&member(path, &key), &entry.term, inside || term.secret, options);
                    }
                }
                Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => {}
            }
        }
        if path.is_empty() {
            self.secret_paths.sort();
            self.unknown_paths.sort();
        }
    }
}

/// The empty key has a place in a path of the result.
fn member(path: &str, key: &str) -> String {
    if key.is_empty() { format!("{path}[\"\"]") } else { join(path, key) }
}

/// Returns the scalar entries of an object as texts.
fn texts(entry: Option<&Entry>, options: Options) -> BTreeMap<Arc<str>, Value> {
    let Some(object) = entry.map(|entry| &entry.term) else { return BTreeMap::new() };
    let inside = options.stricter && object.secret;
    let text = |(key, entry): (Arc<str>, Entry)| {
        let scalar = !matches!(entry.term.content, Content::List(_) | Content::Object(_));
        let rendered = entry.term.render().ok().filter(|_| scalar)?;
        let value = Value::from(&Text::from(rendered.text));
        Some((key, if inside || entry.term.secret { value.secret() } else { value }))
    };
    object.properties().into_iter().filter_map(text).collect()
}

impl Origin {
    fn of(term: &Term, key: Option<Arc<Place>>) -> Self {
        let parts = match &term.content {
            Content::List(items) => Parts::List(items.iter().map(|item| Self::of(item, None)).collect()),
            Content::Object(_) => {
                let mut parts = Vec::new();
                term.for_each_property(|name, entry| {
                    parts.push((Arc::clone(name), Self::of(&entry.term, entry.key.clone())));
                });
                Parts::Object(parts)
            }
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => Parts::None,
        };
        Self { value: Some(Arc::clone(&term.place)), key, parts }
    }

    fn find(&self, path: &[impl AsRef<str>]) -> Option<&Self> {
        path.iter().try_fold(self, |origin, step| origin.parts.get(step.as_ref()))
    }
}

impl Parts {
    fn get(&self, step: &str) -> Option<&Origin> {
        match self {
            Self::None => None,
            Self::List(items) => items.get(step.parse::<usize>().ok()?),
            Self::Object(entries) => {
                let index = entries.binary_search_by(|(key, _)| (**key).cmp(step)).ok()?;
                Some(&entries[index].1)
            }
        }
    }
}

fn located(place: &Place) -> Option<(Arc<str>, Span)> {
    place.file.as_ref().map(|file| (Arc::clone(file), place.span))
}
