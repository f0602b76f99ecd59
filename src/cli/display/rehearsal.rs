//! What became of a rehearsal, as a table.

use std::{fmt::Write as _, time::Duration};

use serde_json::json;

use super::{Style, chain};
use crate::workflow::{Ended, Rehearsal, Trial};

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

/// Returns a line for each fault.
pub(in crate::cli) fn trials(trials: &[Trial], style: Style) -> String {
    let width = trials.iter().map(|trial| trial.fault.to_string().len()).max().unwrap_or(0).max(5);
    let mut text = format!("{:width$}  simulated  next run  under the fault\n", "fault");
    for trial in trials {
        let (ended, why) = ended(trial);
        let healed = match &trial.healed {
            Ok(()) => style.good("usable  "),
            Err(_) => style.bad("failed  "),
        };
        let name = trial.fault.to_string();
        // Writing into a String does not fail.
        let _ = writeln!(text, "{name:width$}  {}  {healed}  {ended}{why}", seconds(trial.simulated));
        if let Err(shortfall) = &trial.healed {
            let _ = writeln!(text, "{:width$}  next run: {}", "", chain(shortfall));
        }
    }
    text
}

/// Returns the same as one JSON value.
pub(in crate::cli) fn trials_json(trials: &[Trial]) -> serde_json::Value {
    let trials: Vec<_> = trials
        .iter()
        .map(|trial| {
            let (ended, why) = ended(trial);
            json!({
                "fault": trial.fault.to_string(),
                "ended": ended,
                "why": why.trim_start_matches(": "),
                "healed": trial.healed.is_ok(),
                "simulatedSeconds": trial.simulated.as_secs_f64(),
            })
        })
        .collect();
    json!({ "event": "faults", "version": 1, "trials": trials })
}

fn ended(trial: &Trial) -> (&'static str, String) {
    match &trial.ended {
        Ended::Survived => ("survived", String::new()),
        Ended::Killed => ("killed", String::new()),
        Ended::Stopped(shortfall) => ("stopped", format!(": {}", chain(shortfall))),
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:7.1} s", duration.as_secs_f64())
}
