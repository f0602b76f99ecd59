//! The version that the server says it is.

use serde_json::{Value as Json, json};

use crate::rehearsal::RehearsalError;

/// A version of Kubernetes.
#[derive(Clone, Debug)]
pub(in crate::rehearsal) struct Version {
    text: String,
    major: u32,
    minor: u32,
}

impl Version {
    /// Reads `1.35.4` or `v1.35.4`.
    pub(in crate::rehearsal) fn read(text: &str) -> Result<Self, RehearsalError> {
        let text = text.trim_start_matches('v');
        let mut parts = text.splitn(3, '.');
        let mut number = || parts.next()?.parse().ok();
        let (Some(major), Some(minor)) = (number(), number()) else {
            return Err(RehearsalError::Version { version: text.to_owned() });
        };
        let text = if parts.next().is_some() { text.to_owned() } else { format!("{text}.0") };
        Ok(Self { text, major, minor })
    }

    /// Returns the version without its `v`.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns `/version`.
    pub(super) fn json(&self) -> Json {
        let (major, minor) = (self.major.to_string(), self.minor.to_string());
        json!({
            "major": major, "minor": minor, "emulationMajor": major, "emulationMinor": minor,
            "minCompatibilityMajor": major, "minCompatibilityMinor": self.minor.saturating_sub(1).to_string(),
            "gitVersion": format!("v{}", self.text), "gitCommit": "", "gitTreeState": "",
            "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "rehearsal", "platform": "rehearsal",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_with_and_without_its_v_and_patch() {
        assert_eq!(Version::read("v1.35").unwrap().json()["gitVersion"], "v1.35.0");
        assert_eq!(Version::read("1.35.4").unwrap().json()["minor"], "35");
        assert!(Version::read("one").is_err());
    }
}
