//! What is shown of values: hidden secrets, unless they were asked for where they can be seen.

use std::io::{self, IsTerminal as _};

use serde_json::Value as Json;

use super::error::EnvError;
use crate::cli::{
    args::{ShowSecrets, Shown},
    commands::Scene,
    exit::Exit,
    terminal::Terminal,
};
use crate::environment::{Evaluation, Opening};
use crate::resource::{Value, redacted, revealed};
use crate::workflow::open as evaluate;

impl Shown {
    /// Says whether secrets are shown.
    pub(super) fn reveals(&self) -> Result<bool, EnvError> {
        match self.show_secrets {
            None => Ok(false),
            Some(ShowSecrets::Terminal) if !io::stdout().is_terminal() => Err(EnvError::NoTerminal),
            Some(ShowSecrets::Terminal | ShowSecrets::Always) => Ok(true),
        }
    }
}

/// Returns a value as JSON, with its secrets or without.
pub(super) fn json(value: &Value, reveal: bool) -> Json {
    if reveal { revealed(value) } else { redacted(value) }
}

/// Prints a text; without secrets it passes the scrubber, too.
pub(super) fn print(scene: &Scene<'_>, text: &str, reveal: bool) {
    scene.lines.iter().for_each(|lines| lines.finish());
    if reveal {
        Terminal::data(text.as_bytes());
    } else {
        scene.terminal.print(text);
    }
}

/// Evaluates an environment, and tells what its sources took if that is asked for.
pub(super) async fn opened(scene: &Scene<'_>, environment: &str, timings: bool) -> Result<Evaluation, Exit> {
    let evaluation =
        evaluate(&scene.surroundings, environment).await.map_err(|error| scene.failed(&error))?;
    if timings {
        scene.quietly(|| scene.terminal.say(&table(&evaluation.openings)));
    }
    Ok(evaluation)
}

fn table(openings: &[Opening]) -> String {
    let count = |number: u32| if number == 1 { "1 request".to_owned() } else { format!("{number} requests") };
    let mut lines: Vec<String> = openings
        .iter()
        .map(|opening| {
            let failed = if opening.succeeded { "" } else { ", failed" };
            let took = opening.took.as_millis();
            let Opening { source, environment, path, .. } = opening;
            format!("{took:>6} ms  {source}: {path} of {environment}, {}{failed}", count(opening.requests))
        })
        .collect();
    let requests = openings.iter().map(|opening| opening.requests).sum::<u32>();
    lines.push(format!("sources opened: {}, with {}", openings.len(), count(requests)));
    lines.join("\n")
}
