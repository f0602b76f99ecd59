//! From the templates' outputs to documents, hooks and the text of a release.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use crate::helm::chart::definitions;
use crate::helm::dependencies::Tree;
use crate::helm::hooks::{self, Hook};
use crate::helm::render::RenderError;
use crate::kubernetes::install_rank;
use crate::yaml;

/// An object with the template that it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The template's path.
    pub source: String,
    /// The object.
    pub object: Json,
}

/// A document in its place in the text.
pub(super) struct Sorted<'a> {
    source: &'a str,
    text: &'a str,
    object: Json,
}

impl Sorted<'_> {
    /// Returns the object; a document of comments holds none.
    pub(super) fn into_document(self) -> Option<Document> {
        let document = Document { source: self.source.to_owned(), object: self.object };
        document.object.is_object().then_some(document)
    }
}

/// What the outputs hold.
pub(super) struct Outputs<'a> {
    pub(super) documents: Vec<Sorted<'a>>,
    pub(super) hooks: Vec<Hook>,
}

/// Splits outputs (path and text, sorted by path) into documents and hooks, each in the order of installation.
pub(super) fn sort(outputs: &[(String, String)]) -> Result<Outputs<'_>, RenderError> {
    let texts: Vec<(&str, &str)> =
        (outputs.iter()).flat_map(|(path, output)| split(output).map(|text| (path.as_str(), text))).collect();
    let mut sorted = Outputs { documents: Vec::with_capacity(texts.len()), hooks: Vec::new() };
    for ((source, text), object) in texts.iter().zip(parse(&texts)?) {
        let head = Head::read(source, &object)?;
        match head.annotations.get(hooks::EVENTS) {
            None => sorted.documents.push(Sorted { source, text, object }),
            Some(events) => sorted.hooks.extend(Hook::read(source, text, events, &head)),
        }
    }
    sorted.documents.sort_by(|a, b| install_rank(kind(&a.object)).cmp(&install_rank(kind(&b.object))));
    sorted.hooks.sort_by(|a, b| install_rank(&a.kind).cmp(&install_rank(&b.kind)));
    Ok(sorted)
}

fn kind(object: &Json) -> &str {
    object.get("kind").and_then(Json::as_str).unwrap_or_default()
}

/// What stands where a Secret is hidden, as helm has it.
const HIDDEN: &str = "# HIDDEN: The Secret output has been suppressed";

/// Below this many bytes a second thread costs more than it brings.
const WORTH_A_THREAD: usize = 128 * 1024;

/// Reads all texts, on several threads where they are long.
fn parse(texts: &[(&str, &str)]) -> Result<Vec<Json>, RenderError> {
    let read = |&(path, text): &(&str, &str)| {
        yaml::read_json(text, yaml::Flavour::GoYamlV2)
            .map_err(|source| RenderError::Yaml { path: path.to_owned(), source })
    };
    let length: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(length / WORTH_A_THREAD);
    if threads < 2 {
        return texts.iter().map(read).collect();
    }
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        let mut own = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(text) = texts.get(index) else { break };
            own.push((index, read(text)));
        }
        results.lock().unwrap_or_else(PoisonError::into_inner).append(&mut own);
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| {
            scope.spawn(work);
        });
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|&(index, _)| index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Splits a text at its lines that start with `---`; blank documents are left out.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text.trim_start());
    std::iter::from_fn(move || {
        let text = rest?;
        let (document, after) = match separator(text) {
            Some((start, end)) => (&text[..start], Some(&text[end..])),
            None => (text, None),
        };
        rest = after;
        Some(document.trim_start())
    })
    .filter(|document| !document.is_empty())
}

/// Returns where the first separator starts and ends, with the blanks behind it.
fn separator(text: &str) -> Option<(usize, usize)> {
    let start = if text.starts_with("---") { 0 } else { text.find("\n---")? + 1 };
    let dashes = start + 3;
    let blanks = text[dashes..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    Some((start, dashes + blanks))
}

/// What Helm reads of a document before anything else.
pub(in crate::helm) struct Head<'a> {
    pub(in crate::helm) kind: &'a str,
    pub(in crate::helm) name: &'a str,
    pub(in crate::helm) annotations: BTreeMap<&'a str, String>,
}

impl<'a> Head<'a> {
    fn read(path: &str, object: &'a Json) -> Result<Self, RenderError> {
        let shape = |problem| RenderError::Shape { path: path.to_owned(), problem };
        if !object.is_object() && !object.is_null() {
            return Err(shape("a document must be a map"));
        }
        let metadata = object.get("metadata").unwrap_or(&Json::Null);
        if !metadata.is_object() && !metadata.is_null() {
            return Err(shape("metadata must be a map"));
        }
        let mut annotations = BTreeMap::new();
        match metadata.get("annotations") {
            None | Some(Json::Null) => {}
            Some(Json::Object(entries)) => {
                for (key, value) in entries {
                    let text = match value {
                        Json::String(text) => text.clone(),
                        Json::Null => String::new(),
                        Json::Array(_) | Json::Object(_) => {
                            return Err(shape("an annotation must be a text"));
                        }
                        scalar => scalar.to_string(),
                    };
                    annotations.insert(key.as_str(), text);
                }
            }
            Some(_) => return Err(shape("annotations must be a map")),
        }
        let name = metadata.get("name").and_then(Json::as_str).unwrap_or_default();
        Ok(Self { kind: kind(object), name, annotations })
    }
}

/// The files of `crds/`, of the chart and of all charts in it.
///
/// They are large, and most of what is done with a chart needs none of them: they are read when somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Crds(Vec<Crd>);

#[derive(Clone, Debug)]
struct Crd {
    path: String,
    data: Arc<[u8]>,
}

impl Crds {
    pub(super) fn of(tree: &Tree) -> Self {
        let mut crds = Self::default();
        crds.collect(tree, &tree.metadata.name);
        crds
    }

    fn collect(&mut self, tree: &Tree, path: &str) {
        let files = definitions(&tree.chart);
        self.0.extend(
            files.map(|file| Crd { path: format!("{path}/{}", file.name), data: Arc::clone(&file.data) }),
        );
        for child in &tree.children {
            self.collect(child, &format!("{path}/charts/{}", child.metadata.name));
        }
    }

    /// Reads the objects; fails where a file is no YAML.
    pub fn documents(&self) -> Result<Vec<Document>, RenderError> {
        let mut documents = Vec::new();
        for crd in &self.0 {
            let text = String::from_utf8_lossy(&crd.data);
            let objects = yaml::read_json_stream(&text, yaml::Flavour::GoYamlV2)
                .map_err(|source| RenderError::Yaml { path: crd.path.clone(), source })?;
            let objects = objects.into_iter().filter(Json::is_object);
            documents.extend(objects.map(|object| Document { source: crd.path.clone(), object }));
        }
        Ok(documents)
    }
}

/// Returns the text of a release, without the content of Secrets where they are to be hidden.
pub(super) fn text(crds: &Crds, documents: &[Sorted<'_>], hide_secrets: bool) -> String {
    let length = documents.iter().map(|document| document.text.len() + document.source.len() + 20).sum();
    let mut text = String::with_capacity(length);
    for crd in &crds.0 {
        let _ = writeln!(text, "---\n# Source: {}\n{}", crd.path, String::from_utf8_lossy(&crd.data));
    }
    for document in documents {
        let secret =
            hide_secrets && document.object["kind"] == "Secret" && document.object["apiVersion"] == "v1";
        let content = if secret { HIDDEN } else { document.text };
        let _ = writeln!(text, "---\n# Source: {}\n{content}", document.source);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_as_helm_splits_it() {
        let documents: Vec<&str> = split("\n---\n\na: 1\n---  \nb: 2\n\n---c: 3\n  ---\n---").collect();
        assert_eq!(documents, ["a: 1\n", "b: 2\n\n", "c: 3\n  ---\n"]);
        assert_eq!(split(" \n").count(), 0);
    }

    #[test]
    fn documents_are_sorted_by_kind_and_then_by_path() {
        let outputs = [
            ("a.yaml".to_owned(), "kind: Zoo\n---\nkind: Deployment\n".to_owned()),
            ("b.yaml".to_owned(), "kind: Egg\n---\nkind: Secret\nname: b\n".to_owned()),
            ("c.yaml".to_owned(), "kind: Secret\nname: c\n---\n# nothing\n".to_owned()),
        ];
        let sorted = sort(&outputs).unwrap();
        let kinds: Vec<&str> = sorted.documents.iter().map(|document| kind(&document.object)).collect();
        assert_eq!(kinds, ["Secret", "Secret", "Deployment", "", "Egg", "Zoo"]);
        assert!(
            text(&Crds::default(), &sorted.documents, false)
                .starts_with("---\n# Source: b.yaml\nkind: Secret\nname: b\n\n---\n")
        );
        let documents = sorted.documents.into_iter().filter_map(Sorted::into_document);
        assert_eq!(documents.count(), 5);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for output in ["- a\n", "text", "metadata: []", "metadata: {annotations: {a: [1]}}"] {
            assert!(sort(&[("a.yaml".to_owned(), output.to_owned())]).is_err(), "{output}");
        }
    }
}
