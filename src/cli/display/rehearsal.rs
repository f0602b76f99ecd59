//! What became of a rehearsal, as tables and as JSON.

use std::{fmt::Write as _, time::Duration};

use serde_json::json;

use super::{Style, chain};
use crate::cli::exit::Exit;
use crate::workflow::{ChartUsed, Ended, Rehearsal, SecretFile, Trial};

/// What was played.
#[derive(Default)]
pub(in crate::cli) struct Played {
    /// The acts.
    pub(in crate::cli) rehearsal: Option<Rehearsal>,
    /// The faults.
    pub(in crate::cli) trials: Vec<Trial>,
}

impl Played {
    /// A fault may stop a run, but the next run without it must come through.
    pub(in crate::cli) fn succeeded(&self) -> bool {
        self.rehearsal.as_ref().is_none_or(Rehearsal::succeeded) && self.trials.iter().all(Trial::is_sound)
    }
}

/// Returns what a rehearsal is played with, in a line, and what about it is not real in more.
pub(in crate::cli) fn basis(charts: &[ChartUsed], files: &[SecretFile]) -> String {
    let name = |chart: &ChartUsed| format!("{} {}", chart.pinned.name, chart.pinned.version);
    let (stand_ins, real): (Vec<_>, Vec<_>) = charts.iter().partition(|chart| chart.stands_in.is_some());
    let list = |charts: &[&ChartUsed]| charts.iter().map(|chart| name(chart)).collect::<Vec<_>>().join(", ");
    let mut text = String::new();
    if !stand_ins.is_empty() {
        let why = stand_ins.iter().find_map(|chart| chart.stands_in.as_deref()).unwrap_or_default();
        // Writing into a String does not fail.
        let _ = writeln!(text, "STAND-IN charts of our own in place of {}: {why}", list(&stand_ins));
    }
    if !real.is_empty() {
        let _ = writeln!(text, "the real charts {}, as their pinned digests say", list(&real));
    }
    for file in files.iter().filter(|file| file.made_up) {
        let _ = writeln!(text, "PLACEHOLDERS for the secrets of {}: no key here opens it", file.path);
    }
    text
}

/// Returns the same as one JSON value.
pub(in crate::cli) fn basis_json(charts: &[ChartUsed], files: &[SecretFile]) -> serde_json::Value {
    let chart = |chart: &ChartUsed| {
        json!({
            "name": chart.pinned.name,
            "version": chart.pinned.version,
            "digest": chart.pinned.digest,
            "standsIn": chart.stands_in,
        })
    };
    let charts: Vec<_> = charts.iter().map(chart).collect();
    let made_up: Vec<_> = files.iter().filter(|file| file.made_up).map(|file| &file.path).collect();
    json!({ "event": "basis", "version": 1, "charts": charts, "placeholders": made_up })
}

/// Returns a line for each act.
pub(in crate::cli) fn rehearsal(rehearsal: &Rehearsal, style: Style) -> String {
    let mut text = String::from("act               simulated     real\n");
    for act in &rehearsal.acts {
        let (word, line) = match &act.outcome {
            Ok(line) => (style.good("ok    "), line.clone()),
            Err(shortfall) => (style.bad("failed"), chain(shortfall)),
        };
        // Writing into a String does not fail.
        let _ = writeln!(
            text,
            "{:17} {} {}  {word}  {line}",
            act.act.to_string(),
            seconds(act.simulated),
            seconds(act.real),
        );
    }
    text
}

/// Returns the same as one JSON value.
pub(in crate::cli) fn rehearsal_json(rehearsal: &Rehearsal) -> serde_json::Value {
    let acts: Vec<_> = rehearsal
        .acts
        .iter()
        .map(|act| {
            json!({
                "act": act.act,
                "ok": act.outcome.is_ok(),
                "told": act.outcome.as_ref().map_or_else(|shortfall| chain(shortfall), Clone::clone),
                "simulatedSeconds": act.simulated.as_secs_f64(),
                "realSeconds": act.real.as_secs_f64(),
            })
        })
        .collect();
    json!({ "event": "rehearsal", "version": 1, "succeeded": rehearsal.succeeded(), "acts": acts })
}

/// Returns a line for each fault, and for each combination.
pub(in crate::cli) fn trials(trials: &[Trial], style: Style) -> String {
    let width = trials.iter().map(|trial| trial.title().len()).max().unwrap_or(0).clamp(5, 40);
    let mut text = format!("{:width$}  simulated  next run  under the fault\n", "fault");
    for trial in trials {
        let verdict = Verdict::of(trial);
        let healed = if trial.healed.is_ok() { style.good("usable  ") } else { style.bad("failed  ") };
        // Writing into a String does not fail.
        let _ = writeln!(
            text,
            "{:width$}  {}  {healed}  {}",
            trial.title(),
            seconds(trial.simulated),
            verdict.words()
        );
        if !trial.shrunk_from.is_empty() {
            let from: Vec<String> = trial.shrunk_from.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "{:width$}  the smallest failing part of {}", "", from.join(" + "));
        }
        if let Err(shortfall) = &trial.healed {
            let _ = writeln!(text, "{:width$}  next run: {}", "", chain(shortfall));
        }
    }
    let count = |wanted: fn(&Ended) -> bool| trials.iter().filter(|trial| wanted(&trial.ended)).count();
    let _ = writeln!(
        text,
        "{} tried: {} survived, {} stopped and said why, {} killed; {} healed by the next run",
        trials.len(),
        count(|ended| matches!(ended, Ended::Survived)),
        count(|ended| matches!(ended, Ended::Stopped(_))),
        count(|ended| matches!(ended, Ended::Killed)),
        trials.iter().filter(|trial| trial.healed.is_ok()).count(),
    );
    text
}

/// Returns the same as one JSON value.
pub(in crate::cli) fn trials_json(trials: &[Trial]) -> serde_json::Value {
    let trials: Vec<_> = trials
        .iter()
        .map(|trial| {
            let verdict = Verdict::of(trial);
            json!({
                "fault": trial.title(),
                "ended": verdict.ended,
                "exitCode": verdict.code,
                "why": verdict.why,
                "healed": trial.healed.is_ok(),
                "shrunkFrom": trial.shrunk_from.iter().map(ToString::to_string).collect::<Vec<_>>(),
                "simulatedSeconds": trial.simulated.as_secs_f64(),
            })
        })
        .collect();
    json!({ "event": "faults", "version": 1, "trials": trials })
}

/// How a run under faults ended, in words.
pub(super) struct Verdict {
    pub(super) ended: &'static str,
    /// The exit code of a run that came to its end.
    pub(super) code: Option<u8>,
    pub(super) why: String,
}

impl Verdict {
    pub(super) fn of(trial: &Trial) -> Self {
        match &trial.ended {
            Ended::Survived => Self { ended: "survived", code: Some(Exit::Done.code()), why: String::new() },
            Ended::Killed => Self { ended: "killed", code: None, why: String::new() },
            Ended::Stopped(shortfall) => Self {
                ended: "stopped",
                code: Some(Exit::of_shortfall(shortfall).code()),
                why: chain(shortfall),
            },
        }
    }

    fn words(&self) -> String {
        match (self.code, self.why.as_str()) {
            (Some(code), why) if !why.is_empty() => format!("{} (exit {code}): {why}", self.ended),
            _ => self.ended.to_owned(),
        }
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{:7.1} s", duration.as_secs_f64())
}
