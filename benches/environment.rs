//! How much CPU evaluation takes: an environment of 1,000 values over 20 imports, beside Pulumi's evaluator on the same
//! documents, where `tests/cluster/build` has made it. `cargo bench --bench environment`.
//!
//! The limit is 10 ms; above it, the bench fails. Time of the CPU is counted, not of the clock, so that other work on the
//! machine does not matter.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the program reports to a terminal")]

use std::{
    fmt::Write as _,
    io::Write as _,
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::Duration,
};

use eggtooth::environment::{Evaluator, InMemory, Options, Sources};
use eggtooth::resource::Map;
use serde_json::{Map as Object, Value as Json, json};

const IMPORTS: usize = 20;
const VALUES: usize = 50;
const RUNS: u32 = 200;
const LIMIT: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    let evaluator =
        Evaluator::new(InMemory::new(documents()), Sources::new(), Map::new(), Options::default());
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return ExitCode::FAILURE };
    let evaluate = || runtime.block_on(evaluator.evaluate("env"));
    match evaluate() {
        Ok(evaluation) if evaluation.diagnostics.is_empty() => {}
        Ok(evaluation) => {
            eprintln!("the documents are wrong: {}", evaluation.diagnostics);
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    }
    let Some(before) = cpu() else {
        println!("SKIPPED: /proc/self/stat is not here");
        return ExitCode::SUCCESS;
    };
    for _ in 0..RUNS {
        if evaluate().is_err() {
            return ExitCode::FAILURE;
        }
    }
    let each = cpu().map_or(Duration::ZERO, |after| after.saturating_sub(before)) / RUNS;
    println!("{} values, {IMPORTS} imports: {:.2} ms of CPU", IMPORTS * VALUES, each.as_secs_f64() * 1000.0);
    match of_pulumi() {
        Some(seconds) => println!("Pulumi's evaluator: {:.2} ms of CPU", seconds * 1000.0),
        None => println!("SKIPPED: Pulumi's evaluator: `tests/cluster/build esc` does not make it here"),
    }
    if each < LIMIT { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Returns how many seconds of CPU an evaluation by Pulumi's evaluator takes.
fn of_pulumi() -> Option<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/build");
    let built = Command::new(script).arg("esc").output().ok().filter(|built| built.status.success())?;
    let folder = String::from_utf8(built.stdout).ok()?;
    let mut oracle = Command::new(Path::new(folder.trim()).join("esc-oracle"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let documents: Object<String, Json> =
        documents().into_iter().map(|(name, text)| (name, text.into())).collect();
    // The oracle ends with its input.
    writeln!(oracle.stdin.take()?, "{}", json!({ "documents": documents, "runs": RUNS })).ok()?;
    let answer = oracle.wait_with_output().ok()?.stdout;
    serde_json::from_slice::<Json>(&answer).ok()?.get("cpu")?.as_f64()
}

/// Each import has texts, references, interpolations and a call, and merges over the ones before it.
fn documents() -> Vec<(String, String)> {
    let import = |index: usize| {
        let mut text = String::from("values:\n  shared:\n");
        // Writing into a String does not fail.
        let _ = writeln!(text, "    from{index}: value-{index}\n    last: {index}\n  group{index}:");
        for value in 2..VALUES {
            let _ = match value % 5 {
                0 => writeln!(text, "    v{value}: text-{value}"),
                1 => writeln!(text, "    v{value}: ${{group{index}.v{}}}", value - 1),
                2 => writeln!(text, "    v{value}: 'a ${{shared.from{index}}} b'"),
                3 => writeln!(text, "    v{value}: {{ fn::join: [',', [a, '${{shared.from{index}}}']] }}"),
                _ => writeln!(text, "    v{value}: [1, 2, {{ x: '${{shared.last}}' }}]"),
            };
        }
        (format!("import{index}"), text)
    };
    let mut documents: Vec<(String, String)> = (0..IMPORTS).map(import).collect();
    let names: Vec<&str> = documents.iter().map(|(name, _)| name.as_str()).collect();
    let root = format!("imports: [{}]\nvalues:\n  own: ${{shared.last}}\n", names.join(", "));
    documents.push(("env".to_owned(), root));
    documents
}

/// Returns what this process used of the CPU so far, also in threads that have ended; the kernel counts in 10 ms.
fn cpu() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let ticks = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 10))
}
