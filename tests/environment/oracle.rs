//! Generated environments evaluate as in Pulumi's evaluator, which is built from its Go module.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at what it cannot go on from, and says when it can't run"
)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use eggtooth::environment::{InMemory, read_json};
use eggtooth::resource::Value;
use serde_json::json;

use super::conformance::compare_documents;
use super::generator::{self, Documents};

/// How many documents are compared, and from which seed on; a hunt takes more, or others.
const CASES: u64 = 600;

#[tokio::test]
async fn generated_environments_evaluate_as_in_pulumis_evaluator() {
    let Some(mut oracle) = Oracle::start() else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("EGGTOOTH_ESC_SEED").unwrap_or(1);
    let cases = number("EGGTOOTH_ESC_CASES").unwrap_or(CASES);
    let mut seen = Seen::default();
    let mut failures = Vec::new();
    for seed in first..first + cases {
        let documents = generator::case(seed);
        match oracle.compare(&documents).await {
            Compared::Failed => seen.failed += 1,
            Compared::Equal(answer) => seen.note(&answer),
            Compared::Different(differences) => {
                failures.push(format!("seed {seed}, {}", oracle.least(documents, &differences).await));
            }
        }
        if failures.len() >= 10 {
            break;
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n----\n"));
    seen.assert_enough(cases);
}

/// Pulumi's evaluator, one process for all cases.
struct Oracle {
    process: Child,
    cases: ChildStdin,
    answers: BufReader<ChildStdout>,
}

enum Compared {
    Equal(Value),
    /// What differs.
    Different(Vec<String>),
    /// Pulumi's evaluator itself failed: with a panic, or with what its authors call a bug of theirs.
    Failed,
}

impl Oracle {
    fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/build");
        let built = Command::new(script).arg("esc").stderr(Stdio::null()).output().unwrap();
        let folder = String::from_utf8(built.stdout).unwrap();
        if !built.status.success() {
            println!(
                "SKIPPED: parity with Pulumi's evaluator: `tests/cluster/build esc` does not make it here"
            );
            return None;
        }
        let mut process = Command::new(Path::new(folder.trim()).join("esc-oracle"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let cases = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Some(Self { process, cases, answers })
    }

    fn ask(&mut self, documents: &Documents) -> Value {
        writeln!(self.cases, "{}", json!({ "documents": documents })).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        read_json(answer.as_bytes()).unwrap()
    }

    async fn compare(&mut self, documents: &Documents) -> Compared {
        let answer = self.ask(documents);
        let (Some(evaluated), Some(checked)) = (answer.get("evaluate"), answer.get("check")) else {
            return Compared::Failed;
        };
        if told(evaluated).chain(told(checked)).any(|summary| summary == "internal error: cyclic export") {
            return Compared::Failed;
        }
        match compare_documents(InMemory::new(documents.clone()), evaluated, checked).await {
            Ok(differences) if differences.iter().all(|one| is_of_elements(one)) => Compared::Equal(answer),
            Ok(differences) => Compared::Different(differences),
            Err(error) => Compared::Different(vec![error.to_string()]),
        }
    }

    /// Tells of the smallest part of a case that still differs in the same way: lines are left out as long as it does.
    async fn least(&mut self, mut documents: Documents, differences: &[String]) -> String {
        let mut differences = differences.to_vec();
        let kind =
            |differences: &[String]| differences[0].replace(|letter: char| letter.is_ascii_digit(), "");
        let wanted = kind(&differences);
        let names: Vec<String> = documents.keys().cloned().collect();
        for name in &names {
            let mut line = 0;
            while let Some(smaller) = without_line(&documents[name], line) {
                let mut candidate = documents.clone();
                candidate.insert(name.clone(), smaller);
                match self.compare(&candidate).await {
                    Compared::Different(still) if kind(&still) == wanted => {
                        (documents, differences) = (candidate, still);
                    }
                    _ => line += 1,
                }
            }
        }
        let documents = documents.iter().map(|(name, text)| format!("{name}:\n{text}\n"));
        format!("{}{}", documents.collect::<String>(), differences.join("\n"))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ended_already = self.process.kill();
        let _reaped = self.process.wait();
    }
}

/// Says whether a difference is the one that can't be switched off: what a source is handed, and gives, has no way to
/// say that a list is secret and its elements are not, so all of them are.
fn is_of_elements(difference: &str) -> bool {
    let paths = difference.trim_start_matches("check: ").strip_prefix("secretPaths: expected [");
    let Some((expected, actual)) = paths.and_then(|paths| paths.split_once("], got [")) else { return false };
    let actual: Vec<&str> = actual.trim_end_matches(']').split(", ").collect();
    let expected: Vec<&str> = expected.split(", ").collect();
    let is_below = |path: &str| {
        let path = path.trim_end_matches('"');
        expected.iter().any(|above| path.starts_with(above.trim_end_matches('"')))
    };
    expected.iter().all(|path| actual.contains(path)) && actual.iter().all(|path| is_below(path))
}

fn without_line(text: &str, line: usize) -> Option<String> {
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    (line < lines.len()).then(|| {
        lines.remove(line);
        lines.concat()
    })
}

/// Returns the texts of a result's diagnostics.
fn told(result: &Value) -> impl Iterator<Item = &str> {
    let diagnostics = match result.get("diagnostics") {
        Some(Value::List(diagnostics)) => &diagnostics[..],
        _ => &[],
    };
    diagnostics.iter().filter_map(|diagnostic| diagnostic.get("summary")?.as_str())
}

/// What the equal cases held: a generator that makes nothing of a kind proves nothing about it.
#[derive(Default)]
struct Seen {
    cases: usize,
    failed: usize,
    loaded: usize,
    with_secrets: usize,
    with_unknowns: usize,
    differs_in_check: usize,
    with_variables: usize,
    summaries: BTreeSet<String>,
}

impl Seen {
    fn note(&mut self, answer: &Value) {
        let empty = Value::list([]);
        let (evaluated, checked) = (answer.get("evaluate").unwrap(), answer.get("check").unwrap());
        let filled = |name: &str| {
            evaluated.get(name).is_some_and(|list| *list != empty && *list != Value::map::<&str>([]))
        };
        self.cases += 1;
        self.loaded += usize::from(evaluated.get("loaded") == Some(&Value::Bool(true)));
        self.with_secrets += usize::from(filled("secretPaths"));
        self.with_unknowns += usize::from(filled("unknownPaths"));
        self.with_variables += usize::from(filled("environmentVariables"));
        self.differs_in_check += usize::from(evaluated != checked);
        for summary in told(evaluated) {
            let words = summary.split([' ', '"']);
            let words = words.filter(|word| word.chars().all(|letter| letter.is_ascii_lowercase()));
            self.summaries.insert(words.collect::<Vec<_>>().join(" "));
        }
    }

    fn assert_enough(&self, cases: u64) {
        let cases = usize::try_from(cases).unwrap();
        assert!(self.failed * 50 <= cases, "Pulumi's evaluator failed on {} of {cases}", self.failed);
        for (what, count, percent) in [
            ("are loaded", self.loaded, 60),
            ("hold secrets", self.with_secrets, 40),
            ("hold something unknown", self.with_unknowns, 40),
            ("set variables", self.with_variables, 10),
            ("give something else in a check", self.differs_in_check, 20),
        ] {
            assert!(count * 100 >= cases * percent, "only {count} of {cases} {what}");
        }
        assert!(
            self.summaries.len() >= 30,
            "only {} kinds of diagnostics: {:#?}",
            self.summaries.len(),
            self.summaries
        );
    }
}
