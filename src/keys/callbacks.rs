//! Passphrases, asked for when nothing else opens.

use std::fmt;
use std::sync::Arc;

use age::secrecy::SecretString;

/// Asks the user for passphrases; without an asker there are none.
#[derive(Clone, Default)]
pub struct Passphrases(Option<Arc<Ask>>);

type Ask = dyn Fn(&str) -> Option<SecretString> + Send + Sync;

impl Passphrases {
    /// Returns passphrases that come from `ask`, which is told what the passphrase is for.
    pub fn from_fn(ask: impl Fn(&str) -> Option<SecretString> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(ask)))
    }
}

impl fmt::Debug for Passphrases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_some() { "Passphrases(asked)" } else { "Passphrases(none)" })
    }
}

/// Nobody watches while keys are tried: only passphrases are asked for.
impl age::Callbacks for Passphrases {
    fn display_message(&self, _: &str) {}

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn request_public_string(&self, _: &str) -> Option<String> {
        None
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.0.as_ref().and_then(|ask| ask(description))
    }
}
