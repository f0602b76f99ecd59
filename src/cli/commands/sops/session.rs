//! What the verbs have in common: terminal, variables, keys, rules.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use jiff::Timestamp;

use super::SopsCommandError;
use crate::cli::{args::sops::SopsOptions, terminal::Terminal};
use crate::clock::Clock;
use crate::keys::{Identities, Passphrases, ProcessEnvironment};
use crate::sops::rules::Configuration;

/// One run of a verb.
pub(super) struct Session<'a> {
    pub(super) terminal: &'a Terminal,
    pub(super) options: &'a SopsOptions,
    pub(super) environment: ProcessEnvironment,
    /// Whether tables are printed as JSON.
    pub(super) json: bool,
    clock: Clock,
    /// The warnings that were told already: many files have one configuration.
    told: RefCell<BTreeSet<String>>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        options: &'a SopsOptions,
        json: bool,
        variables: &BTreeMap<String, String>,
        terminal: &'a Terminal,
    ) -> Self {
        let environment = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Self { terminal, options, environment, json, clock: Clock::system(), told: RefCell::default() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Finds all keys; who can be asked is asked for passphrases.
    pub(super) fn identities(&self) -> Identities {
        let passphrases = if self.terminal.can_ask() {
            Passphrases::from_fn(Terminal::ask_passphrase)
        } else {
            Passphrases::default()
        };
        Identities::discover(&self.environment, passphrases)
    }

    /// Returns the configuration that holds for a file: that of `--config`, else the nearest above the file, else the
    /// nearest above the working folder, where sops looks.
    pub(super) fn configuration(&self, file: &Path) -> Result<Option<Configuration>, SopsCommandError> {
        let (path, warning) = match &self.options.config {
            Some(path) if !path.as_os_str().is_empty() => (Some(path.clone()), None),
            _ => match Configuration::find(file) {
                (Some(path), warning) => (Some(path), warning),
                (None, near) => {
                    let (path, far) = Configuration::find(Path::new(".sops.yaml"));
                    (path, near.or(far))
                }
            },
        };
        if let Some(warning) = warning {
            self.warn(format!("warning: {warning}"));
        }
        let Some(path) = path else { return Ok(None) };
        let configuration = Configuration::load(&path)?;
        for warning in configuration.warnings() {
            self.warn(warning.to_string());
        }
        Ok(Some(configuration))
    }

    fn warn(&self, warning: String) {
        if !self.told.borrow().contains(&warning) {
            self.terminal.say(&warning);
            self.told.borrow_mut().insert(warning);
        }
    }

    /// As [`Session::configuration`], where it can't be done without.
    pub(super) fn needed_configuration(&self, file: &Path) -> Result<Configuration, SopsCommandError> {
        self.configuration(file)?.ok_or(SopsCommandError::NoConfiguration)
    }

    /// Refuses key services, and a kind of key that is named twice, as sops does.
    pub(super) fn check_options(&self) -> Result<(), SopsCommandError> {
        if !self.options.keyservice.is_empty() {
            return Err(SopsCommandError::KeyService);
        }
        let mut seen = BTreeSet::new();
        let order = self.options.decryption_order.as_deref().unwrap_or_default();
        match order.split(',').filter(|kind| !kind.is_empty()).find(|kind| !seen.insert(*kind)) {
            Some(kind) => Err(SopsCommandError::DecryptionOrder(kind.to_owned())),
            None => Ok(()),
        }
    }
}
