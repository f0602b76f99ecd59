//! Progress as it happens: a line an event, and in a terminal one more line that tells what is waited for.

use std::{
    collections::BTreeMap,
    io::Write as _,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Style;
use crate::event::{Event, Listener};
use crate::resource::{Operation, Urn};
use crate::scrubber::Scrubber;

/// Words for people, on stderr.
pub(in crate::cli) struct Lines {
    style: Style,
    scrubber: Scrubber,
    /// Hidden where stderr is no terminal.
    moving: ProgressBar,
    waiting: Mutex<BTreeMap<Urn, Waiting>>,
}

/// What a resource waits for, and when that was last told in a line of its own.
struct Waiting {
    what: String,
    why: String,
    told: Instant,
}

/// Where no line moves, a wait that changes is told again after this time at the earliest.
const QUIET: Duration = Duration::from_secs(3);

impl Lines {
    /// Returns the listener; `terminal` adds the line that moves.
    pub(in crate::cli) fn new(style: Style, scrubber: Scrubber, terminal: bool) -> Self {
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let moving = ProgressBar::with_draw_target(None, target);
        if let Ok(form) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            moving.set_style(form);
        }
        if terminal {
            moving.enable_steady_tick(Duration::from_millis(120));
        }
        Self { style, scrubber, moving, waiting: Mutex::default() }
    }

    /// Takes the moving line away.
    pub(in crate::cli) fn finish(&self) {
        self.moving.finish_and_clear();
    }

    /// Does something with the terminal while no line moves.
    pub(in crate::cli) fn quietly<T>(&self, act: impl FnOnce() -> T) -> T {
        self.moving.suspend(act)
    }

    fn line(&self, text: &str) {
        let text = self.scrubber.scrub(text);
        self.moving.suspend(|| {
            // Progress that can't be shown is no reason to stop.
            let _ = writeln!(std::io::stderr(), "{text}");
        });
    }

    /// Shows a wait: on the moving line, or as a line of its own where it is new.
    fn wait(&self, urn: &Urn, what: &str, why: &str) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let before = waiting.get(urn);
        if before.is_some_and(|before| before.what == what && before.why == why) {
            return;
        }
        let recent = before.map(|before| before.told).filter(|told| told.elapsed() < QUIET);
        let told = recent.unwrap_or_else(Instant::now);
        waiting.insert(urn.clone(), Waiting { what: what.to_owned(), why: why.to_owned(), told });
        let others = waiting.len() - 1;
        drop(waiting);
        let text = format!("waits for {what}: {why}");
        if self.moving.is_hidden() {
            if recent.is_some() {
                return;
            }
            self.line(&format!("  {} {}", title(urn), self.style.faint(&text)));
        } else {
            let more = if others > 0 { format!(" (and {others} more)") } else { String::new() };
            self.moving.set_message(self.scrubber.scrub(&format!("{} {text}{more}", title(urn))));
        }
    }

    fn over(&self, urn: &Urn) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(urn);
    }
}

impl Listener for Lines {
    fn hear(&self, event: &Event) {
        let style = self.style;
        match event {
            // Verdicts are in the summary.
            Event::Phase { .. } | Event::Verdict { .. } => {}
            Event::Started { urn, .. } => self.moving.set_message(title(urn)),
            Event::Waiting { urn, what, why } => self.wait(urn, what, why),
            Event::Note { urn, message } => self.line(&format!("  {} {message}", title(urn))),
            Event::Finished { urn, operation, elapsed } => {
                self.over(urn);
                let elapsed = style.faint(&format!("{:.1} s", elapsed.as_secs_f64()));
                self.line(&format!("{} {} {elapsed}", style.good(done(*operation)), title(urn)));
            }
            Event::Failed { urn, error } => {
                self.over(urn);
                self.line(&format!("{} {}: {error}", style.bad("failed"), title(urn)));
            }
            Event::Skipped { urn, because } => {
                self.line(&format!("{} {}: {} failed", style.change("skipped"), title(urn), title(because)));
            }
        }
    }
}

/// One JSON object a line, on stdout.
pub(in crate::cli) struct JsonLines {
    scrubber: Scrubber,
}

impl JsonLines {
    /// Returns the listener.
    pub(in crate::cli) fn new(scrubber: Scrubber) -> Self {
        Self { scrubber }
    }
}

impl Listener for JsonLines {
    fn hear(&self, event: &Event) {
        if let Ok(line) = serde_json::to_string(event) {
            // A reader that went away is no reason to stop.
            let _ = writeln!(std::io::stdout(), "{}", self.scrubber.scrub(&line));
        }
    }
}

fn title(urn: &Urn) -> String {
    let kind = urn.kind().rsplit(':').next().unwrap_or_default();
    format!("{kind} {}", urn.name())
}

fn done(operation: Operation) -> &'static str {
    match operation {
        Operation::Same => "unchanged",
        Operation::Create => "created",
        Operation::Update => "changed",
        Operation::Replace => "replaced",
        Operation::Delete => "deleted",
        Operation::Retain => "forgotten",
    }
}
