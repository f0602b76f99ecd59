//! `charts.lock`: where each chart comes from, which version is meant, and the digest that its archive must have.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::yaml::{self, emit_json};

/// The form of the file that we write; readers accept this one.
const VERSION: u32 = 1;

/// All pinned charts. The first of a name is its default version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartsLock {
    /// The file's form.
    pub version: u32,
    /// The charts.
    pub charts: Vec<PinnedChart>,
}

/// One version of a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedChart {
    /// The chart's name.
    pub name: String,
    /// The address of its repository (`https://…` or `oci://…`).
    pub repository: String,
    /// Its version.
    pub version: String,
    /// The SHA-256 of the archive, as `sha256:` and 64 hexadecimal digits.
    pub digest: String,
}

impl Default for ChartsLock {
    fn default() -> Self {
        Self { version: VERSION, charts: Vec::new() }
    }
}

/// Why a lock file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It is not YAML.
    #[error("read charts.lock")]
    Yaml(#[source] yaml::Error),
    /// It has another shape.
    #[error("understand charts.lock")]
    Shape(#[source] serde_json::Error),
    /// It is of a form that we do not know.
    #[error("charts.lock is of form {0}, and this eggtooth reads form {VERSION}")]
    Version(u32),
}

/// What a new file begins with.
const HEAD: &str = "# Where each chart comes from and what its archive must be; the first of a name is its default version.\n";

/// Pins a chart in the file's text, in the place of `old` or at the end; all else stays byte for byte.
pub fn pin(text: &str, old: Option<&PinnedChart>, new: &PinnedChart) -> Result<String, LockError> {
    let fields = [
        ("name", &new.name),
        ("repository", &new.repository),
        ("version", &new.version),
        ("digest", &new.digest),
    ];
    let written = |value: &str| {
        emit_json(&serde_json::Value::from(value), yaml::Layout::GoYamlV2).trim_end().to_owned()
    };
    let documents = yaml::parse(text).map_err(LockError::Yaml)?;
    let root = documents.first().and_then(|document| document.root.as_ref());
    let charts = root.and_then(|root| entry(root, "charts"));
    let items = charts.and_then(yaml::Node::as_sequence).unwrap_or_default();
    let is_old = |item: &&yaml::Node| {
        let has = |key: &str, value: &str| {
            entry(item, key).and_then(yaml::Node::as_scalar).is_some_and(|scalar| *scalar.text == *value)
        };
        old.is_some_and(|old| has("name", &old.name) && has("version", &old.version))
    };
    if let Some(item) = items.iter().find(is_old) {
        let mut places: Vec<_> =
            fields.iter().filter_map(|(key, value)| Some((entry(item, key)?.span, written(value)))).collect();
        places.sort_by_key(|(span, _)| std::cmp::Reverse(span.start.offset));
        let mut text = text.to_owned();
        for (span, value) in places {
            text.replace_range(span.start.offset..span.end.offset, &value);
        }
        return Ok(text);
    }
    // The dash of the first item tells how far items are indented.
    let indent = items.first().map_or(2, |item| item.span.start.column.saturating_sub(3) as usize);
    let mut lines = fields.iter().map(|(key, value)| format!("{key}: {}", written(value)));
    let first = lines.next().unwrap_or_default();
    let mut added = format!("{:indent$}- {first}\n", "");
    for line in lines {
        let _ = writeln!(added, "{:indent$}  {line}", "");
    }
    if items.is_empty() {
        return Ok(format!("{HEAD}version: {VERSION}\ncharts:\n{added}"));
    }
    let separator = if text.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{text}{separator}{added}"))
}

fn entry<'a>(node: &'a yaml::Node, key: &str) -> Option<&'a yaml::Node> {
    let is_key = |name: &yaml::Node| name.as_scalar().is_some_and(|scalar| *scalar.text == *key);
    node.as_mapping()?.iter().find(|(name, _)| is_key(name)).map(|(_, value)| value)
}

impl ChartsLock {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let json = yaml::read_json(text, yaml::Flavour::GoYamlV3).map_err(LockError::Yaml)?;
        let lock: Self = serde_json::from_value(json).map_err(LockError::Shape)?;
        if lock.version == VERSION { Ok(lock) } else { Err(LockError::Version(lock.version)) }
    }

    /// Returns a chart's entry: of this version, or the default one.
    pub fn find(&self, name: &str, version: Option<&str>) -> Option<&PinnedChart> {
        self.charts
            .iter()
            .find(|chart| chart.name == name && version.is_none_or(|version| chart.version == version))
    }

    /// Returns a chart's default version.
    pub fn version_of(&self, name: &str) -> Option<&str> {
        self.find(name, None).map(|chart| chart.version.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(version: &str) -> PinnedChart {
        PinnedChart {
            name: "egg".into(),
            repository: "https://charts.test".into(),
            version: version.into(),
            digest: format!("sha256:{version}"),
        }
    }

    #[test]
    fn what_is_pinned_is_read_again_and_comments_stay() {
        let first = pin("", None, &chart("1.0.0")).unwrap();
        let other = PinnedChart { name: "other".into(), ..chart("1.10") };
        let text =
            pin(&first.replace("    version: 1.0.0", "    version: 1.0.0 # tried"), None, &other).unwrap();
        let text = pin(&text, Some(&chart("1.0.0")), &chart("2.0.0")).unwrap();
        assert!(text.starts_with(HEAD) && text.contains("version: 2.0.0 # tried\n"), "{text}");
        assert_eq!(ChartsLock::parse(&text).unwrap().charts, [chart("2.0.0"), other]);
    }

    #[test]
    fn a_version_that_looks_like_a_number_stays_text() {
        let text = pin("", None, &chart("1.10")).unwrap();
        assert!(text.contains("version: \"1.10\""), "{text}");
        assert_eq!(ChartsLock::parse(&text).unwrap().charts[0].version, "1.10");
    }
}
