//! `.helmignore`: which files of a folder are no part of the chart.

use super::pattern::matches;
use super::{BadPattern, ChartError};

/// The lines of a `.helmignore`, and Helm's own rule for hidden files in `templates/`.
pub(super) struct Rules(Vec<Rule>);

struct Rule {
    pattern: String,
    negated: bool,
    folders_only: bool,
    /// Whether the pattern is for the last part of the path only.
    base: bool,
}

impl Rules {
    /// Reads the lines; a broken pattern, and `**`, are errors as in Helm.
    pub(super) fn parse(text: &str) -> Result<Self, ChartError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rules = Vec::new();
        for line in text.lines().chain(["templates/.?*"]) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let broken = |source| ChartError::Ignore { pattern: line.to_owned(), source };
            if line.contains("**") {
                return Err(broken(BadPattern));
            }
            matches(line, "abc").map_err(broken)?;
            rules.push(Rule::new(line));
        }
        Ok(Self(rules))
    }

    /// Says whether a path is left out. The first rule that decides wins.
    pub(super) fn ignore(&self, path: &str, folder: bool) -> bool {
        for rule in &self.0 {
            // A negated rule leaves out whatever it does not name: so Helm has it.
            if rule.negated {
                if (rule.folders_only && !folder) || !rule.matches(path) {
                    return true;
                }
            } else if (!rule.folders_only || folder) && rule.matches(path) {
                return true;
            }
        }
        false
    }
}

impl Rule {
    fn new(line: &str) -> Self {
        let (negated, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (folders_only, line) = line.strip_suffix('/').map_or((false, line), |rest| (true, rest));
        let (rooted, pattern) = line.strip_prefix('/').map_or((false, line), |rest| (true, rest));
        let base = !rooted && !pattern.contains('/');
        Self { pattern: pattern.to_owned(), negated, folders_only, base }
    }

    fn matches(&self, path: &str) -> bool {
        let name = if self.base { path.rsplit('/').next().unwrap_or(path) } else { path };
        matches(&self.pattern, name).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_decide_as_in_helm() {
        let rules = Rules::parse("# comment\n*.tmp\n/root.txt\nci/\nsub/*.md\n").unwrap();
        assert!(rules.ignore("deep/a.tmp", false));
        assert!(rules.ignore("root.txt", false));
        assert!(!rules.ignore("deep/root.txt", false));
        assert!(rules.ignore("deep/ci", true));
        assert!(!rules.ignore("deep/ci", false));
        assert!(rules.ignore("sub/a.md", false));
        assert!(!rules.ignore("sub/deep/a.md", false));
        assert!(rules.ignore("templates/.hidden.yaml", false));
        assert!(Rules::parse("a/**/b").is_err());
    }
}
