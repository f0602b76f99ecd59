//! `Chart.lock`: the versions that ranges meant when they were last resolved.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::helm::chart::Dependency;
use crate::yaml::{Layout, emit_json};

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct LockFile {
    /// When it was made.
    pub generated: String,
    /// The SHA-256 of what was asked for and what was found.
    pub digest: String,
    /// What was found, in the order of `Chart.yaml`.
    pub dependencies: Vec<Locked>,
}

/// One resolved dependency.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Locked {
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// Where it comes from.
    pub repository: String,
}

impl LockFile {
    /// Makes the file for what `Chart.yaml` asks for.
    pub fn new(asked: &[Dependency], found: Vec<Locked>, now: Timestamp) -> Self {
        Self { generated: now.to_string(), digest: digest(asked, &found), dependencies: found }
    }

    /// Reads what a chart carries; none where it carries none or nothing that makes sense.
    pub fn read(lock: Option<&Json>) -> Option<Self> {
        serde_json::from_value(lock?.clone()).ok()
    }

    /// Says whether it was made for what `Chart.yaml` asks for.
    pub fn is_for(&self, asked: &[Dependency]) -> bool {
        self.digest == digest(asked, &self.dependencies)
    }

    /// Returns the file's text, as Helm writes it.
    pub fn text(&self) -> String {
        let Self { generated, digest, dependencies } = self;
        emit_json(
            &json!({"generated": generated, "digest": digest, "dependencies": dependencies}),
            Layout::GoYamlV2,
        )
    }
}

/// Helm's digest: of the JSON that Go writes of both lists.
fn digest(asked: &[Dependency], found: &[Locked]) -> String {
    let written = |list: Result<String, serde_json::Error>| list.expect("names and versions are text");
    let both =
        format!("[{},{}]", written(serde_json::to_string(asked)), written(serde_json::to_string(found)));
    let safe = both
        .replace('&', "\\u0026")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    format!("sha256:{}", hex::encode(Sha256::digest(safe)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Vec<Dependency> {
        vec![Dependency {
            name: "lib".into(),
            version: ">=1.0.0".into(),
            repository: "file://../lib".into(),
            alias: "other".into(),
            condition: "a<b".into(),
            ..Dependency::default()
        }]
    }

    fn found() -> Vec<Locked> {
        vec![Locked { name: "lib".into(), version: "1.2.3".into(), repository: "file://../lib".into() }]
    }

    #[test]
    fn the_digest_is_the_one_that_helm_computes() {
        let lock = LockFile::new(&asked(), found(), Timestamp::UNIX_EPOCH);
        // What helm 4.3.1 wrote for the same chart.
        assert_eq!(lock.digest, "sha256:0735ff1a3d4f21fe55e86fae76d740873bb7a76aed82f785a82575a13462d42b");
        assert!(lock.is_for(&asked()));
        let changed = [Dependency { version: ">=1.0".into(), ..asked()[0].clone() }];
        assert!(!lock.is_for(&changed));
    }

    #[test]
    fn the_text_is_laid_out_as_helm_does() {
        let mut lock = LockFile::new(&asked(), found(), Timestamp::UNIX_EPOCH);
        lock.digest = "sha256:0".into();
        assert_eq!(
            lock.text(),
            "dependencies:\n- name: lib\n  repository: file://../lib\n  version: 1.2.3\ndigest: sha256:0\ngenerated: \"1970-01-01T00:00:00Z\"\n"
        );
    }
}
