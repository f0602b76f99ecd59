//! What a proof came to.

use std::time::Duration;

use super::Explanation;

/// Whether a store delivers, and how that is known.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The store, as `ClusterSecretStore onepassword`.
    pub store: String,
    /// What was found.
    pub finding: Finding,
    /// How long the proof took.
    pub elapsed: Duration,
}

/// What a proof found.
#[derive(Clone, Debug)]
pub enum Finding {
    /// A secret came out, fetched after our last write.
    Usable {
        /// The canary that proved it.
        canary: String,
        /// Whether the value was compared with an expected one.
        compared: bool,
    },
    /// The store says that it is valid, and nobody asked for a canary.
    Unproven,
    /// It does not deliver.
    NotUsable {
        /// What the controllers said, or what was not there at the deadline.
        cause: String,
        /// What that means and what mends it.
        explanation: Option<Explanation>,
    },
}

impl Verdict {
    /// Says whether a secret came out.
    pub fn is_usable(&self) -> bool {
        match self.finding {
            Finding::Usable { .. } | Finding::Unproven => true,
            Finding::NotUsable { .. } => false,
        }
    }

    /// Returns how the store was proven, or why it was not, in a line.
    pub fn proof(&self) -> String {
        match &self.finding {
            Finding::Usable { canary, compared: true } => format!("canary {canary} has the expected value"),
            Finding::Usable { canary, compared: false } => {
                format!("canary {canary} has a value (not compared)")
            }
            Finding::Unproven => "valid by its own word; no canary is configured".to_owned(),
            Finding::NotUsable { cause, explanation: None } => cause.clone(),
            Finding::NotUsable { cause, explanation: Some(explanation) } => {
                format!("{}: {cause}", explanation.meaning)
            }
        }
    }
}
