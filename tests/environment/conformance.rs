//! Cases of the environment language, evaluated and compared with what Pulumi's evaluator made of them.

use std::{
    collections::BTreeMap,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use eggtooth::{
    diagnostic::{Diagnostic, Diagnostics, Source as Text},
    environment::{Evaluation, Evaluator, LoadError, Loader, Options, read_json},
    resource::{Map, Value},
};

#[path = "fixtures.rs"]
mod fixtures;

/// What a run over a folder of cases gave.
#[derive(Default)]
pub(crate) struct Outcome {
    /// How many cases are equal.
    pub(crate) passed: usize,
    /// The differences of the others, by case.
    pub(crate) failed: BTreeMap<String, Vec<String>>,
}

/// Evaluates and compares every case of a folder.
pub(crate) async fn run(folder: &Path) -> Result<Outcome, Box<dyn Error>> {
    let mut outcome = Outcome::default();
    for entry in fs::read_dir(folder)? {
        let case = entry?.path();
        let Ok(expected) = fs::read(case.join("expected.json")) else { continue };
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let differences = match read_json(&expected) {
            Ok(expected) => compare_case(&case, &expected).await?,
            Err(error) => vec![format!("read `expected.json`: {error}")],
        };
        if differences.is_empty() {
            outcome.passed += 1;
        } else {
            outcome.failed.insert(name, differences);
        }
    }
    Ok(outcome)
}

/// Documents of one case: `NAME.yaml`; a file is named after its environment.
struct Case(PathBuf);

impl Loader for Case {
    fn load(&self, name: &str) -> Result<Text, LoadError> {
        let path = self.0.join(format!("{name}.yaml"));
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Text::new(name, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(LoadError::NotFound { name: name.to_owned() })
            }
            Err(source) => Err(LoadError::Read { path, source }),
        }
    }
}

async fn compare_case(case: &Path, expected: &Value) -> Result<Vec<String>, Box<dyn Error>> {
    let checked = expected.get("check").unwrap_or(expected);
    compare_documents(Case(case.to_owned()), expected, checked).await
}

/// Evaluates and checks the environment `env`; returns how that differs from what is expected.
pub(crate) async fn compare_documents(
    loader: impl Loader + 'static,
    expected: &Value,
    checked: &Value,
) -> Result<Vec<String>, Box<dyn Error>> {
    let options = Options { stricter: false };
    let evaluator = Evaluator::new(loader, fixtures::sources(), fixtures::context(), options);
    let mut differences = Vec::new();
    compare(expected, &evaluator.evaluate("env").await?, &mut differences);
    let mut in_check = Vec::new();
    compare(checked, &evaluator.check("env")?, &mut in_check);
    differences.extend(in_check.into_iter().map(|difference| format!("check: {difference}")));
    Ok(differences)
}

fn compare(expected: &Value, actual: &Evaluation, differences: &mut Vec<String>) {
    let null = Value::Null;
    let field = |name: &str| expected.get(name).unwrap_or(&null);
    let mut differ = |what: &str, expected: &Value, actual: &Value| {
        if expected != actual {
            differences.push(format!("{what}: expected {expected:?}, got {actual:?}"));
        }
    };
    if let Some(loaded) = expected.get("loaded") {
        differ("loaded", loaded, &Value::Bool(actual.loaded));
    }
    differ("values", field("values"), &shown(&actual.value, true));
    differ("redacted", field("redacted"), &shown(&actual.value, false));
    let paths = |paths: &[String]| Value::list(paths.iter().map(|path| Value::from(path.as_str())));
    differ("secretPaths", field("secretPaths"), &paths(actual.secret_paths()));
    differ("unknownPaths", field("unknownPaths"), &paths(actual.unknown_paths()));
    differ("environmentVariables", field("environmentVariables"), &texts(actual.environment_variables()));
    differ("files", field("files"), &texts(actual.files()));
    compare_diagnostics(field("diagnostics"), &actual.diagnostics, differences);
}

/// Returns the value as the vectors write it.
#[expect(clippy::disallowed_methods, reason = "the secrets of the cases are made up, and they are compared")]
fn shown(value: &Value, secrets: bool) -> Value {
    match value {
        Value::Secret(hidden) if secrets => shown(hidden.expose(), true),
        Value::Secret(_) => "[secret]".into(),
        Value::Unknown | Value::Deferred(_) => "[unknown]".into(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
        // Not a JSON number.
        Value::Number(number) if number.as_str().contains(['I', 'N']) => number.as_str().into(),
        Value::List(values) => Value::list(values.iter().map(|value| shown(value, secrets))),
        Value::Map(entries) => {
            Value::map(entries.iter().map(|(key, value)| (Arc::clone(key), shown(value, secrets))))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn texts(texts: &BTreeMap<Arc<str>, Value>) -> Value {
    let entry = |(name, value): (&Arc<str>, &Value)| {
        let entry = [("value", shown(value, true)), ("secret", value.is_secret().into())];
        (Arc::clone(name), Value::map(entry))
    };
    Value::map(texts.iter().map(entry))
}

fn compare_diagnostics(expected: &Value, actual: &Diagnostics, differences: &mut Vec<String>) {
    let Value::List(expected) = expected else { return };
    let mut expected: Vec<String> = expected.iter().map(|one| line(one, loose)).collect();
    let mut actual: Vec<String> = actual.iter().map(|one| line(&as_expected(one), loose)).collect();
    expected.sort();
    actual.sort();
    let missing = without(&expected, &actual);
    let surplus = without(&actual, &expected);
    differences.extend(missing.into_iter().map(|line| format!("diagnostic is missing: {line}")));
    differences.extend(surplus.into_iter().map(|line| format!("diagnostic is surplus: {line}")));
}

/// Returns those of `lines` that `others` has not, each as often as it is surplus.
fn without(lines: &[String], others: &[String]) -> Vec<String> {
    let mut others = others.to_vec();
    let surplus = lines.iter().filter(|line| match others.iter().position(|other| other == *line) {
        Some(at) => {
            others.swap_remove(at);
            false
        }
        None => true,
    });
    surplus.cloned().collect()
}

/// Texts of the YAML reader and of the regular expressions are the library's own; a fault that is no YAML has
/// a place here, and none in the vectors.
fn loose(summary: &str) -> &str {
    ["yaml: ", "invalid schema: error parsing regexp: "]
        .into_iter()
        .find(|start| summary.starts_with(start))
        .unwrap_or(summary)
}

fn as_expected(diagnostic: &Diagnostic) -> Value {
    let unread = diagnostic.path.is_none() && diagnostic.message.starts_with("yaml: ");
    let placed = diagnostic.span.filter(|_| !unread);
    let place = placed.map(|span| span.start);
    let number = |number: u32| Value::from(i64::from(number));
    let file = place.and(diagnostic.file.as_deref()).unwrap_or_default();
    Value::map::<&str>([
        ("environment", file.into()),
        ("path", diagnostic.path.as_deref().unwrap_or_default().into()),
        ("line", number(place.map_or(0, |place| place.line))),
        ("column", number(place.map_or(0, |place| place.column))),
        ("severity", diagnostic.severity.to_string().into()),
        ("summary", diagnostic.message.as_str().into()),
    ])
}

fn line(diagnostic: &Value, summary: impl Fn(&str) -> &str) -> String {
    let empty = Map::new();
    let fields = match diagnostic {
        Value::Map(fields) => fields,
        _ => &empty,
    };
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| match fields.get(name) {
        Some(Value::Number(number)) => number.as_str().to_owned(),
        _ => String::new(),
    };
    format!(
        "{}:{}:{}: {} at `{}`: {}",
        text("environment"),
        number("line"),
        number("column"),
        text("severity"),
        text("path"),
        summary(text("summary"))
    )
}
