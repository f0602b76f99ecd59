//! What we render equals what helm 4.3.1 renders, byte for byte, from the real charts.
//!
//! The oracle is built by `tests/cluster/build` and found through `EGGTOOTH_HELM` or in the tools' cache; the
//! charts lie in the folder `charts` of `EGGTOOTH_SHARED`. Where helm prints random lines, those that two runs of
//! it print alike are compared.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at what it cannot go on from, and says when it can't run"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use eggtooth::helm::{Template, template};
use eggtooth::yaml::{Flavour, read_json};
use serde_json::Value as Json;

mod generated;

#[test]
fn external_secrets_is_rendered_as_helm_does() {
    check("external-secrets", "external-secrets-2.9.0.tgz");
}

#[test]
fn connect_is_rendered_as_helm_does() {
    check("connect", "connect-2.4.1.tgz");
}

#[test]
fn podinfo_is_rendered_as_helm_does() {
    check("podinfo", "podinfo-6.14.1.tgz");
}

/// Charts that users put most into.
const WELL_KNOWN: [&str; 9] = [
    "argo-cd",
    "cert-manager",
    "connect",
    "external-secrets",
    "kube-prometheus-stack",
    "podinfo",
    "sealed-secrets",
    "traefik",
    "vault",
];

#[test]
fn all_charts_are_rendered_as_helm_does() {
    let Some(oracle) = Oracle::find() else { return };
    let mut charts: Vec<PathBuf> =
        std::fs::read_dir(&oracle.charts).unwrap().map(|entry| entry.unwrap().path()).collect();
    charts.sort();
    assert!(charts.len() >= 24, "{charts:?}");
    let cases: Vec<(PathBuf, Case)> = charts.iter().flat_map(|chart| generated::cases(chart)).collect();
    let tally = Mutex::new(Tally::default());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((chart, case)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = oracle.outcome(chart, case);
                    tally.lock().unwrap().count(chart, case, outcome);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    println!("{} cases, {} equal, {} refused alike", cases.len(), tally.equal, tally.refused);
    let failures = tally.failures;
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases.len(), failures.join("\n"));
    assert!(tally.refused >= 20, "too few cases are wrong: {}", tally.refused);
}

#[derive(Default)]
struct Tally {
    equal: usize,
    refused: usize,
    failures: Vec<String>,
}

impl Tally {
    fn count(&mut self, chart: &Path, case: &Case, outcome: Result<Outcome, String>) {
        match outcome {
            Ok(Outcome::Equal) => self.equal += 1,
            Ok(Outcome::Refused) => self.refused += 1,
            Err(failure) => {
                let name = chart.file_stem().unwrap().to_string_lossy();
                self.failures.push(format!("{name} {:?} {}: {failure}", case.flags, case.values));
            }
        }
    }
}

/// What both made of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Equal,
    Refused,
}

fn check(name: &str, archive: &str) {
    let Some(oracle) = Oracle::find() else { return };
    let chart = oracle.charts.join(archive);
    let cases = Case::read(name);
    assert!(cases.len() >= 11, "the default values and at least ten other sets");
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|(name, case)| Some(format!("{name}: {}", oracle.compare(&chart, case).err()?)))
        .collect();
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

/// One way to call helm.
#[derive(Default)]
struct Case {
    flags: Vec<String>,
    values: Json,
}

impl Case {
    fn read(name: &str) -> BTreeMap<String, Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/helm/{name}.yaml"));
        let cases = read_json(&std::fs::read_to_string(path).unwrap(), Flavour::GoYamlV2).unwrap();
        let case = |case: &Json| Self {
            flags: case["flags"].as_array().map_or_else(Vec::new, |flags| {
                flags.iter().map(|flag| flag.as_str().unwrap().into()).collect()
            }),
            values: case["values"].clone(),
        };
        let cases = cases.as_object().unwrap().iter().map(|(name, value)| (name.clone(), case(value)));
        cases.chain([("default".to_owned(), Self::default())]).collect()
    }

    fn template(&self, chart: &Path, values: &Path) -> Template {
        let mut options = Template { name: "egg".into(), chart: chart.into(), ..Template::default() };
        options.values.files.push(values.into());
        for flag in &self.flags {
            let (flag, value) = flag.split_once('=').unwrap_or((flag, ""));
            let value = value.to_owned();
            match flag {
                "--name" => options.name = value,
                "--namespace" => options.namespace = value,
                "--include-crds" => options.include_crds = true,
                "--kube-version" => options.kube_version = Some(value),
                "--api-versions" => options.api_versions.push(value),
                "--is-upgrade" => options.is_upgrade = true,
                "--show-only" => options.show_only.push(value),
                "--skip-tests" => options.skip_tests = true,
                "--no-hooks" => options.no_hooks = true,
                "--set" => options.values.set.push(value),
                "--set-string" => options.values.strings.push(value),
                "--set-json" => options.values.json.push(value),
                "--set-literal" => options.values.literals.push(value),
                unknown => panic!("{unknown}"),
            }
        }
        options
    }

    fn command(&self, helm: &Path, chart: &Path, values: &Path) -> Command {
        let name = self.flags.iter().find_map(|flag| flag.strip_prefix("--name=")).unwrap_or("egg");
        let mut command = Command::new(helm);
        command
            .env_clear()
            .env("HOME", "/nonexistent")
            .args(["template", name])
            .arg(chart)
            .arg("-f")
            .arg(values);
        command.args(self.flags.iter().filter(|flag| !flag.starts_with("--name=")));
        command
    }
}

/// The real helm and the real charts.
struct Oracle {
    helm: PathBuf,
    charts: PathBuf,
}

impl Oracle {
    fn find() -> Option<Self> {
        let shared = std::env::var_os("EGGTOOTH_SHARED").map_or_else(|| "../shared".into(), PathBuf::from);
        let charts = shared.join("charts");
        let Some(helm) = helm().filter(|_| charts.is_dir()) else {
            println!("SKIPPED: parity with helm: no helm (tests/cluster/build) or no {}", charts.display());
            return None;
        };
        Some(Self { helm, charts })
    }

    /// Renders with both; the error tells what differs.
    fn compare(&self, chart: &Path, case: &Case) -> Result<(), String> {
        self.outcome(chart, case).map(|_| ())
    }

    /// Renders with both; the error tells what differs. What both refuse they refuse at the same place.
    fn outcome(&self, chart: &Path, case: &Case) -> Result<Outcome, String> {
        let folder = tempfile::tempdir().unwrap();
        let values = folder.path().join("values.yaml");
        std::fs::write(&values, case.values.to_string()).unwrap();
        let run = || case.command(&self.helm, chart, &values).output().unwrap();
        let expected = run();
        let actual = template(&case.template(chart, &values));
        let actual = match (expected.status.success(), actual) {
            (true, Ok(actual)) => actual,
            (false, Err(error)) => {
                let theirs = String::from_utf8_lossy(&expected.stderr);
                let ours = chain(&error);
                return match (place(&theirs), place(&ours)) {
                    (theirs, ours) if theirs == ours => Ok(Outcome::Refused),
                    _ => Err(format!("refused elsewhere:\n  helm {theirs}\n  ours {ours}")),
                };
            }
            (true, Err(error)) => {
                return Err(format!("we refuse: {error}: {:?}", std::error::Error::source(&error)));
            }
            (false, Ok(_)) => {
                return Err(format!("helm refuses: {}", String::from_utf8_lossy(&expected.stderr)));
            }
        };
        let expected = String::from_utf8(expected.stdout).unwrap();
        if actual == expected {
            return Ok(Outcome::Equal);
        }
        let again = String::from_utf8(run().stdout).unwrap();
        if again == expected {
            return Err(difference(&expected, &actual));
        }
        stable_difference(&expected, &again, &actual).map_or(Ok(Outcome::Equal), Err)
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Returns the first place in a template that an error names: path, line and column.
fn place(error: &str) -> Option<&str> {
    let start = error.find("/templates/")?;
    let rest = &error[start..];
    let end = rest.find([' ', ')', '>', '\n', '"']).unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(':'))
}

pub(crate) fn helm() -> Option<PathBuf> {
    if let Some(helm) = std::env::var_os("EGGTOOTH_HELM") {
        return Some(helm.into());
    }
    let cache = std::env::var_os("EGGTOOTH_CACHE").map(PathBuf::from).or_else(|| {
        let user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        Some(user.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?.join("eggtooth"))
    })?;
    let folders = std::fs::read_dir(cache.join("tools")).ok()?;
    folders.filter_map(|folder| Some(folder.ok()?.path().join("bin/helm"))).find(|helm| helm.is_file())
}

fn difference(expected: &str, actual: &str) -> String {
    let mut lines = expected.lines().zip(actual.lines()).enumerate();
    match lines.find(|(_, (expected, actual))| expected != actual) {
        Some((line, (expected, actual))) => {
            format!("line {}:\n  helm {expected:?}\n  ours {actual:?}", line + 1)
        }
        None => format!("{} lines of helm, {} of ours", expected.lines().count(), actual.lines().count()),
    }
}

/// Compares the lines that two runs of helm print alike.
fn stable_difference(expected: &str, again: &str, actual: &str) -> Option<String> {
    let count = expected.lines().count();
    if count != again.lines().count() || count != actual.lines().count() {
        return Some(format!("{count} lines of helm, {} of ours", actual.lines().count()));
    }
    let lines = expected.lines().zip(again.lines()).zip(actual.lines());
    let stable = lines.filter(|((expected, again), _)| expected == again);
    let different = stable.enumerate().find(|(_, ((expected, _), actual))| expected != actual);
    different.map(|(_, ((expected, _), actual))| format!("helm {expected:?}\n  ours {actual:?}"))
}
