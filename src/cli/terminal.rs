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
    person: Person,
    moving: bool,
}

/// Who answers questions.
#[derive(Clone, Copy)]
enum Person {
    Nobody,
    There,
    /// Gives this answer to all of them.
    #[cfg(test)]
    Says(&'static str),
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
            person: if terminal && io::stdin().is_terminal() { Person::There } else { Person::Nobody },
            moving: terminal && !dumb,
        }
    }

    /// Returns a terminal before which somebody sits who gives one answer, or nobody.
    #[cfg(test)]
    pub(super) fn answered(answer: Option<&'static str>) -> Self {
        Self {
            style: Style::new(false),
            scrubber: Scrubber::default(),
            person: answer.map_or(Person::Nobody, Person::Says),
            moving: false,
        }
    }

    /// Says whether a line may move.
    pub(super) fn moves(&self) -> bool {
        self.moving
    }

    /// Says whether somebody can be asked.
    pub(super) fn can_ask(&self) -> bool {
        match self.person {
            Person::Nobody => false,
            Person::There => true,
            #[cfg(test)]
            Person::Says(_) => true,
        }
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
        match self.person {
            Person::Nobody => false,
            Person::There => {
                dialoguer::Confirm::new().with_prompt(question).default(false).interact().unwrap_or(false)
            }
            #[cfg(test)]
            Person::Says(answer) => answer == "yes",
        }
    }

    /// Asks for a text; without anybody to ask there is none.
    pub(super) fn ask(&self, question: &str) -> Option<String> {
        match self.person {
            Person::Nobody => None,
            Person::There => {
                dialoguer::Input::new().with_prompt(question).allow_empty(true).interact_text().ok()
            }
            #[cfg(test)]
            Person::Says(answer) => Some(answer.to_owned()),
        }
    }

    /// Asks for a passphrase; nothing of it is shown.
    pub(super) fn ask_passphrase(what: &str) -> Option<SecretString> {
        dialoguer::Password::new().with_prompt(what).interact().ok().map(SecretString::from)
    }
}
