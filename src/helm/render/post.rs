//! A program that changes what was rendered before it is installed: a post-renderer.
//!
//! As in helm 4 it gets all documents, hooks too, as one stream; an annotation says where each is from, and is taken off
//! again. What has none afterwards is the program's own.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Map as JsonMap, Value as Json};

use super::RenderError;
use super::manifest::split;
use crate::yaml::{self, Flavour, Layout};

/// Where a document is from, while the program has it.
const SOURCE: &str = "postrenderer.helm.sh/postrender-filename";

/// A program and its arguments; no shell reads them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostRenderer {
    /// The program: a path, or a name on `PATH`.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
}

/// Why a post-renderer gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// It can't be run.
    #[error("run the post-renderer `{0}`")]
    Run(String, #[source] std::io::Error),
    /// It failed; what it wrote to its standard error is told by itself.
    #[error("the post-renderer `{0}` failed ({1})")]
    Failed(String, std::process::ExitStatus),
    /// It wrote nothing.
    #[error("the post-renderer `{0}` wrote nothing")]
    Empty(String),
    /// What it wrote is not UTF-8.
    #[error("read what the post-renderer `{0}` wrote")]
    Encoding(String, #[source] std::string::FromUtf8Error),
}

impl PostRenderer {
    /// Gives the program the documents of `files` (path and text), and returns what it makes of them, by path.
    pub(super) fn run(&self, files: &[(String, String)]) -> Result<Vec<(String, String)>, RenderError> {
        let output = self.execute(merged(files)?)?;
        let failed = |source| RenderError::Yaml { path: format!("the output of `{}`", self.program), source };
        let documents = yaml::read_json_stream(&output, Flavour::GoYamlV2).map_err(failed)?;
        Ok(by_source(documents))
    }

    fn execute(&self, input: String) -> Result<String, PostError> {
        let failed = |source| PostError::Run(self.program.clone(), source);
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        let mut output = Vec::new();
        // Both ends at once: a program may write before it has read everything.
        let (written, read) = std::thread::scope(|scope| {
            let writer =
                scope.spawn(move || stdin.map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes())));
            let read = child.stdout.take().map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut output));
            (writer.join().unwrap_or(Ok(())), read)
        });
        let status = child.wait().map_err(failed)?;
        if !status.success() {
            return Err(PostError::Failed(self.program.clone(), status));
        }
        read.map_err(failed)?;
        // Who does not read to the end says by its exit code whether that is a fault.
        if let Err(error) = written
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            return Err(failed(error));
        }
        if output.trim_ascii().is_empty() {
            return Err(PostError::Empty(self.program.clone()));
        }
        String::from_utf8(output).map_err(|error| PostError::Encoding(self.program.clone(), error))
    }
}

/// Returns all documents as one stream, each with its source.
fn merged(files: &[(String, String)]) -> Result<String, RenderError> {
    let mut stream = String::new();
    for (path, output) in files {
        for text in split(output) {
            let read = yaml::read_json(text, Flavour::GoYamlV2);
            let mut document = read.map_err(|source| RenderError::Yaml { path: path.clone(), source })?;
            if let Some(annotations) = annotations(&mut document, true) {
                annotations.insert(SOURCE.to_owned(), path.as_str().into());
                append(&mut stream, &document);
            }
        }
    }
    Ok(stream)
}

/// Returns texts by the sources of their documents, without the annotation.
fn by_source(documents: Vec<Json>) -> Vec<(String, String)> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for (index, mut document) in documents.into_iter().filter(Json::is_object).enumerate() {
        let source = annotations(&mut document, false).and_then(|annotations| annotations.remove(SOURCE));
        let source = match source {
            Some(Json::String(source)) if !source.is_empty() => source,
            _ => format!("generated-by-postrender-{index}.yaml"),
        };
        without_empty_annotations(&mut document);
        append(files.entry(source).or_default(), &document);
    }
    files.into_iter().collect()
}

/// Returns the annotations of a document that is an object; makes them where there are none and they are wanted.
fn annotations(document: &mut Json, wanted: bool) -> Option<&mut JsonMap<String, Json>> {
    let mut map = document.as_object_mut()?;
    for key in ["metadata", "annotations"] {
        if wanted && map.get(key).is_none_or(Json::is_null) {
            map.insert(key.to_owned(), Json::Object(JsonMap::new()));
        }
        map = map.get_mut(key)?.as_object_mut()?;
    }
    Some(map)
}

/// The annotations of a document that had none are ours.
fn without_empty_annotations(document: &mut Json) {
    let Some(metadata) = document.get_mut("metadata").and_then(Json::as_object_mut) else { return };
    if metadata.get("annotations").and_then(Json::as_object).is_some_and(JsonMap::is_empty) {
        metadata.remove("annotations");
    }
}

fn append(stream: &mut String, document: &Json) {
    if !stream.is_empty() {
        stream.push_str("---\n");
    }
    stream.push_str(&yaml::emit_json(document, Layout::GoYamlV2));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<(String, String)> {
        let two =
            "kind: B\nmetadata:\n  name: b\n---\nkind: C\nmetadata:\n  name: c\n  annotations:\n    a: b\n";
        vec![("x/templates/a.yaml".into(), two.into()), ("x/templates/b.yaml".into(), "# nothing\n".into())]
    }

    fn renderer(program: &str, arguments: &[&str]) -> PostRenderer {
        PostRenderer {
            program: program.into(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        }
    }

    #[test]
    fn a_program_that_changes_nothing_changes_nothing() {
        let after = renderer("cat", &[]).run(&files()).unwrap();
        assert_eq!(after.len(), 1);
        let (path, text) = &after[0];
        assert_eq!(path, "x/templates/a.yaml");
        let read = |text| yaml::read_json_stream(text, Flavour::GoYamlV2).unwrap();
        assert_eq!(read(text), read(&files()[0].1));
    }

    #[test]
    fn what_a_program_adds_is_its_own() {
        let script = "cat; printf -- '---\\nkind: D\\n'";
        let after = renderer("sh", &["-c", script]).run(&files()).unwrap();
        assert_eq!(after[0].0, "generated-by-postrender-2.yaml");
        assert_eq!(after[0].1, "kind: D\n");
    }

    #[test]
    fn a_program_that_fails_or_writes_nothing_is_an_error() {
        for (program, arguments, expected) in [
            ("false", &[][..], "failed (exit status: 1)"),
            ("true", &[], "wrote nothing"),
            ("no-such-program-of-eggs", &[], "run the post-renderer"),
        ] {
            let error = renderer(program, arguments).run(&files()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
