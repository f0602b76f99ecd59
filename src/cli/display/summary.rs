//! How it ended.

use std::{fmt::Write as _, time::Duration};

use super::Style;
use crate::engine::Summary;
use crate::verify::{Finding, Verdict};

/// Returns each store's verdict, with what to do about one that does not deliver.
pub(in crate::cli) fn verdicts(verdicts: &[Verdict], style: Style) -> String {
    let mut text = String::new();
    let width = verdicts.iter().map(|verdict| verdict.store.len()).max().unwrap_or(0);
    for verdict in verdicts {
        let word = if verdict.is_usable() { style.good("usable    ") } else { style.bad("not usable") };
        let seconds = style.faint(&format!("{:.1} s", verdict.elapsed.as_secs_f64()));
        // Writing into a String does not fail.
        let _ = writeln!(text, "{word}  {:width$}  {} {seconds}", verdict.store, verdict.proof());
        if let Finding::NotUsable { explanation: Some(explanation), .. } = &verdict.finding {
            let _ = writeln!(text, "  {} {}", style.strong("hint:"), explanation.remedy);
        }
    }
    text
}

/// Returns what was done and the time it took.
pub(in crate::cli) fn summary(done: &Summary, elapsed: Duration, style: Style) -> String {
    format!("{} in {:.1} s\n", style.strong(&done.done()), elapsed.as_secs_f64())
}
