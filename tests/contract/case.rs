//! A case: its steps, read from YAML.

use eggtooth::yaml::{Flavour, read_json_stream};
use serde::Deserialize;
use serde_json::Value;

/// All files of cases.
const FILES: [&str; 3] = ["stores.yaml", "secrets.yaml", "kubernetes.yaml"];

/// One claim, and the steps that show it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

/// One step.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Step {
    /// Creates an object, or changes the one that is there.
    Apply(Value),
    /// An object that the API server refuses, with these words.
    Refuse(Refusal),
    /// Changes an object by a merge patch.
    Patch(Change),
    /// Deletes an object.
    Delete(String),
    /// What an object becomes.
    Expect(Expectation),
    /// What a Secret holds, and nothing besides.
    Secret(SecretData),
    /// An object that goes, or never comes.
    Gone(String),
    /// An Event about an object.
    Event(Notice),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    pub(crate) object: Value,
    pub(crate) says: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    pub(crate) object: String,
    pub(crate) patch: Value,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    pub(crate) object: String,
    /// A JSON pointer into it; the whole object without it.
    #[serde(default)]
    pub(crate) at: String,
    /// What is there: of an object the named fields, everything else exactly.
    pub(crate) is: Value,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretData {
    pub(crate) object: String,
    pub(crate) holds: std::collections::BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notice {
    pub(crate) about: String,
    /// Where it is written; that of the object without it.
    pub(crate) namespace: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) reason: String,
    pub(crate) message: String,
}

impl Case {
    /// Reads all cases; each has a `$CASE` of its own.
    pub(crate) fn all() -> Vec<(String, Self)> {
        let documents = FILES.iter().flat_map(|file| {
            let path = format!("{}/tests/contract/{file}", env!("CARGO_MANIFEST_DIR"));
            read_json_stream(&std::fs::read_to_string(path).unwrap(), Flavour::GoYamlV3).unwrap()
        });
        documents
            .enumerate()
            .map(|(index, document)| {
                let id = format!("case-{index}");
                let text = document.to_string().replace("$CASE", &id);
                let case = serde_json::from_str(&text);
                (id, case.unwrap_or_else(|error| panic!("case {index}: {error}: {text}")))
            })
            .collect()
    }
}
