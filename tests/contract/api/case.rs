//! A case: its requests, read from YAML.

use std::collections::BTreeMap;
use std::path::PathBuf;

use eggtooth::yaml::{Flavour, read_json};
use serde::Deserialize;
use serde_json::{Map, Value};

/// One claim, and the requests that show it. `$CASE` in it is a name of its own, and the namespace that it plays in.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// A custom kind to be served first, in the group `$CASE.test`, version `v1`.
    pub(crate) define: Option<Definition>,
    /// Paths in all answers, as `.spec.clusterIP`, that are not compared; a comment says why.
    #[serde(default)]
    pub(crate) ignore: Vec<String>,
    /// The requests as they stand: see [`Step`].
    pub(crate) steps: Vec<Value>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) schema: Value,
    #[serde(default)]
    pub(crate) subresources: Value,
    #[serde(default)]
    pub(crate) columns: Value,
    #[serde(default)]
    pub(crate) fields: Value,
}

/// One request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    /// `create`, `update`, `apply`, `json`, `merge`, `strategic`, `get`, `list`, `watch`, `delete` or
    /// `deletecollection`; in capitals, a method on `path`.
    pub(crate) verb: String,
    /// The object's kind; the case's own without it.
    pub(crate) kind: Option<String>,
    /// The object's name; `it` without it.
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    pub(crate) path: Option<String>,
    #[serde(default)]
    pub(crate) query: String,
    /// The field manager; `m` without it.
    pub(crate) manager: Option<String>,
    #[serde(default)]
    pub(crate) force: bool,
    #[serde(default)]
    pub(crate) body: Value,
    /// The body goes as it stands: without version, kind, name, and the resource version of what is there.
    #[serde(default)]
    pub(crate) bare: bool,
    /// The body as text.
    pub(crate) text: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) accept: Option<String>,
    /// The user that it is made for; the administrator without it.
    #[serde(rename = "as")]
    pub(crate) user: Option<String>,
    /// Paths that are not compared; a comment says why.
    #[serde(default)]
    pub(crate) ignore: Vec<String>,
    /// The request is made again until its answer has these values, by JSON pointer into the whole answer.
    #[serde(default)]
    pub(crate) until: BTreeMap<String, Value>,
    /// Values of the answer, by JSON pointer, that later requests name as `$NAME`.
    #[serde(default)]
    pub(crate) keep: BTreeMap<String, String>,
}

/// The folder of requests and answers.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/contract/api")
}

/// Reads all cases, by the file that they stand in.
pub(crate) fn files() -> BTreeMap<String, Vec<Case>> {
    let folder = std::fs::read_dir(folder().join("requests")).unwrap();
    let files = folder.map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let cases = read_json(&std::fs::read_to_string(&path).unwrap(), Flavour::GoYamlV3).unwrap();
        let cases = serde_json::from_value(cases).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, cases)
    });
    files.collect()
}

impl Step {
    /// Reads a request, with its names replaced by what they stand for.
    pub(crate) fn read(step: &Value, names: &Map<String, Value>) -> Self {
        let mut text = step.to_string();
        for (name, value) in names {
            let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text = text.replace(&format!("${name}"), &plain);
        }
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {step}"))
    }
}
