//! The terminal: what it can do, how it is asked, how it is written to.

use std::io::{self, IsTerminal as _, Write as _};

use secrecy::SecretString;

use super::{args::Color, display::Style};
use crate::scrubber::Scrubber;

/// Where words go.
#[derive(Clone)]
pub(super) struct Terminal {
    pub(super) style: Style,
    pub(super) scrubber: Scrubber,
    interactive: bool,
    moving: bool,
}

impl Terminal {
    /// Looks at stderr and stdin; `NO_COLOR` and a dumb terminal are respected.
    pub(super) fn new(color: Color, no_color: bool, dumb: bool, scrubber: Scrubber) -> Self {
        let terminal = io::stderr().is_terminal();
        let colour = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !no_color && !dumb,
        };
        Self {
            style: Style::new(colour),
            scrubber,
            interactive: terminal && io::stdin().is_terminal(),
            moving: terminal && !dumb,
        }
    }

    /// Says whether a line may move.
    pub(super) fn moves(&self) -> bool {
        self.moving
    }

    /// Says whether somebody can be asked.
    pub(super) fn can_ask(&self) -> bool {
        self.interactive
    }

    /// Writes data to stdout as it is: its secrets were asked for.
    pub(super) fn data(text: &[u8]) {
        let mut out = io::stdout().lock();
        // A reader that went away is no reason to stop.
        let _ = out.write_all(text).and_then(|()| out.flush());
    }

    /// Writes a text to stdout.
    pub(super) fn print(&self, text: &str) {
        Self::data(self.scrubber.scrub(text).as_bytes());
    }

    /// Writes a line to stderr.
    pub(super) fn say(&self, text: &str) {
        // Words that can't be shown are no reason to stop.
        let _ = writeln!(io::stderr(), "{}", self.scrubber.scrub(text));
    }

    /// Asks for a yes; without anybody to ask it is no.
    pub(super) fn confirm(&self, question: &str) -> bool {
        self.interactive
            && dialoguer::Confirm::new().with_prompt(question).default(false).interact().unwrap_or(false)
    }

    /// Asks for a passphrase; nothing of it is shown.
    pub(super) fn ask_passphrase(what: &str) -> Option<SecretString> {
        dialoguer::Password::new().with_prompt(what).interact().ok().map(SecretString::from)
    }
}
