//! The environment language.

mod conformance;
mod generator;
mod oracle;
mod vocabulary;

use std::path::PathBuf;

/// All cases are equal, in values, marks, projections and diagnostics.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "a skipped test says so")]
async fn environments_evaluate_as_in_pulumis_evaluator() {
    let shared =
        std::env::var_os("EGGTOOTH_SHARED").map_or_else(|| PathBuf::from("../shared"), PathBuf::from);
    let folder = shared.join("vectors/esc");
    if !folder.is_dir() {
        println!("SKIPPED: the cases of the environment language are not here");
        return;
    }
    let outcome = conformance::run(&folder).await.unwrap();
    assert!(outcome.failed.is_empty(), "{:#?}", outcome.failed);
    assert!(outcome.passed > 0);
}
