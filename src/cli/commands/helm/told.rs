//! What is waited for and what is done, as lines on stderr.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::cli::terminal::Terminal;
use crate::resource::Progress;

/// Tells a wait once for each reason.
pub(super) struct Told {
    terminal: Terminal,
    said: Mutex<BTreeMap<String, String>>,
}

impl Told {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal, said: Mutex::default() }
    }
}

impl Progress for Told {
    fn waiting(&self, what: &str, why: &str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.get(what).is_none_or(|before| before != why) {
            said.insert(what.to_owned(), why.to_owned());
            self.terminal.say(&format!("waiting for {what}: {why}"));
        }
    }

    fn note(&self, message: &str) {
        self.terminal.say(message);
    }
}
