//! What the verbs that change a cluster have in common: nobody is surprised by a write, and all end alike.

use std::time::Duration;

use super::Scene;
use crate::cli::{display, exit::Exit};
use crate::engine::Summary;
use crate::verify::Verdict;
use crate::workflow::{Loaded, Secrets};

/// Loads an environment that is to be changed: with leave, or with somebody who can be asked for it.
pub(super) async fn open(scene: &Scene<'_>, environment: &str, yes: bool) -> Result<Loaded, Exit> {
    if !yes && !scene.terminal.can_ask() {
        scene.terminal.say("error: nobody can be asked here\nhint: say `--yes` to go on without a question");
        return Err(Exit::Usage);
    }
    scene.load(environment, Secrets::Opened).await
}

/// What became of a change.
pub(super) struct Ending<'a> {
    /// What was done, stack by stack.
    pub(super) done: &'a [(String, Summary)],
    /// The stack whose plan was turned down.
    pub(super) declined: Option<&'a str>,
    /// The stores' verdicts, where the verb proves them.
    pub(super) verdicts: Option<&'a [Verdict]>,
    /// The time it took.
    pub(super) elapsed: Duration,
}

/// Tells how a change ended.
pub(super) fn close(scene: &Scene<'_>, ending: &Ending<'_>) -> Exit {
    scene.lines.iter().for_each(|lines| lines.finish());
    let done = total(ending.done.iter().map(|(_, summary)| summary));
    let usable = ending.verdicts.map(|verdicts| verdicts.iter().all(Verdict::is_usable));
    if scene.json {
        scene.terminal.print(&format!("{}\n", line(&done, usable, ending)));
    } else {
        let style = scene.terminal.style;
        scene.terminal.print(&display::verdicts(ending.verdicts.unwrap_or_default(), style));
        if ending.declined.is_none() || !ending.done.is_empty() {
            scene.terminal.print(&display::summary(&done, ending.elapsed, style));
        }
    }
    if let Some(stack) = ending.declined {
        scene.terminal.say(&format!("`{stack}` stays as it is"));
    }
    if usable == Some(false) { Exit::NotUsable } else { Exit::Done }
}

/// The summary for programs; seconds with three decimals.
fn line(done: &Summary, usable: Option<bool>, ending: &Ending<'_>) -> serde_json::Value {
    let seconds = (ending.elapsed.as_secs_f64() * 1000.0).round() / 1000.0;
    let mut line = serde_json::json!({ "event": "summary", "done": done, "elapsed": seconds });
    if let Some(usable) = usable {
        line["usable"] = usable.into();
    }
    if let Some(stack) = ending.declined {
        line["declined"] = stack.into();
    }
    line
}

/// The sum over all stacks.
fn total<'a>(summaries: impl Iterator<Item = &'a Summary>) -> Summary {
    summaries.fold(Summary::default(), |mut total, summary| {
        total.same += summary.same;
        total.create += summary.create;
        total.update += summary.update;
        total.replace += summary.replace;
        total.delete += summary.delete;
        total.retain += summary.retain;
        for (kind, count) in &summary.collateral {
            *total.collateral.entry(kind.clone()).or_default() += count;
        }
        total
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_for_programs_adds_stacks_up_and_rounds_seconds() {
        let lost = [("Secret".to_owned(), 2)].into();
        let first = Summary { create: 2, same: 1, collateral: lost, ..Summary::default() };
        let second =
            Summary { create: 1, collateral: [("Secret".to_owned(), 1)].into(), ..Summary::default() };
        let done = [("a".to_owned(), first), ("b".to_owned(), second)];
        let elapsed = Duration::from_micros(1_234_567);
        let ending = Ending { done: &done, declined: None, verdicts: None, elapsed };
        let line = line(&total(done.iter().map(|(_, summary)| summary)), Some(false), &ending);
        assert_eq!(line["done"]["create"], 3);
        assert_eq!(line["done"]["collateral"]["Secret"], 3);
        assert_eq!(line["elapsed"].to_string(), "1.235");
        assert_eq!(line["usable"], false);
        assert_eq!(line.get("declined"), None);
    }
}
