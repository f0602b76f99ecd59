//! `helm template`: a chart's text without a cluster.

use std::fmt::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use crate::gotemplate::functions::Host;
use crate::helm::chart::{BadPattern, Chart, ChartError, matches};
use crate::helm::hooks::Event;
use crate::helm::render::{self, Capabilities, KubeVersion, KubeVersionError, RenderError, Rendered, Target};
use crate::helm::values::{Overrides, OverridesError};

/// What the command is told.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// The release's name.
    pub name: String,
    /// The chart's folder or archive.
    pub chart: PathBuf,
    /// The namespace; `default` where it is empty.
    pub namespace: String,
    /// The user's values.
    pub values: Overrides,
    /// Prints the definitions of `crds/`, too.
    pub include_crds: bool,
    /// The version of Kubernetes to render for.
    pub kube_version: Option<String>,
    /// API versions that the cluster would have besides the usual ones.
    pub api_versions: Vec<String>,
    /// Renders as for an upgrade.
    pub is_upgrade: bool,
    /// Prints only what comes from these templates (patterns below the chart's folder).
    pub show_only: Vec<String>,
    /// Leaves tests out.
    pub skip_tests: bool,
    /// Leaves hooks out.
    pub no_hooks: bool,
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The release's name is none.
    #[error("release name {0:?}: a name is at most 53 lower case letters, digits, `-` and `.`")]
    Name(String),
    /// The version of Kubernetes is none.
    #[error(transparent)]
    KubeVersion(#[from] KubeVersionError),
    /// The values cannot be read.
    #[error(transparent)]
    Values(#[from] OverridesError),
    /// The chart cannot be read.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// The chart cannot be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A pattern of `--show-only` is broken.
    #[error("`{0}`")]
    Pattern(String, #[source] BadPattern),
    /// A pattern of `--show-only` finds nothing.
    #[error("could not find template {0} in chart")]
    NotFound(String),
}

/// Returns what `helm template` prints of the chart at `options.chart`.
pub fn template(options: &Template) -> Result<String, TemplateError> {
    template_of(&Arc::new(Chart::open(&options.chart)?), options)
}

/// Returns what `helm template` prints of this chart, wherever it is from.
pub fn template_of(chart: &Arc<Chart>, options: &Template) -> Result<String, TemplateError> {
    if !is_release_name(&options.name) {
        return Err(TemplateError::Name(options.name.clone()));
    }
    let mut capabilities = Capabilities::default();
    if let Some(version) = &options.kube_version {
        capabilities.kube_version = KubeVersion::parse(version)?;
    }
    capabilities.api_versions.extend(options.api_versions.iter().cloned());
    let user = options.values.merge()?;
    let namespace = if options.namespace.is_empty() { "default" } else { &options.namespace };
    let target = Target {
        name: options.name.clone(),
        namespace: namespace.to_owned(),
        revision: 1,
        upgrade: options.is_upgrade,
    };
    let how = render::Options {
        capabilities: &capabilities,
        include_crds: options.include_crds,
        check_schema: true,
        lookup: None,
        host: Rc::new(Host::system()),
    };
    let rendered = render::render(chart, &user, &target, how)?;
    let text = whole(&rendered, options);
    if options.show_only.is_empty() { Ok(text) } else { only(&text, &options.show_only) }
}

/// Says whether Helm takes the name for a release.
pub fn is_release_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    name.len() <= 53
        && name.split('.').all(|part| {
            part.starts_with(|char: char| is_inner(char as u8) && char.is_ascii())
                && part.ends_with(|char: char| is_inner(char as u8) && char.is_ascii())
                && part.bytes().all(|byte| is_inner(byte) || byte == b'-')
        })
}

fn whole(rendered: &Rendered, options: &Template) -> String {
    let mut text = format!("{}\n", rendered.manifest.trim());
    for hook in rendered.hooks.iter().filter(|_| !options.no_hooks) {
        if !(options.skip_tests && hook.events.contains(&Event::Test)) {
            let _ = writeln!(text, "---\n# Source: {}\n{}", hook.path, hook.manifest);
        }
    }
    text
}

/// Returns the documents whose template fits a pattern, in the order of the patterns.
fn only(text: &str, patterns: &[String]) -> Result<String, TemplateError> {
    let documents: Vec<(&str, &str)> = render::split(text)
        .filter_map(|document| {
            let (_, source) = document.split_once("# Source: ")?;
            Some((source.lines().next()?.split_once('/')?.1, document))
        })
        .collect();
    let mut found = String::new();
    for pattern in patterns {
        let before = found.len();
        for (source, document) in &documents {
            if matches(pattern, source).map_err(|source| TemplateError::Pattern(pattern.clone(), source))? {
                let _ = writeln!(found, "---\n{document}");
            }
        }
        if found.len() == before {
            return Err(TemplateError::NotFound(pattern.clone()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_name_is_one_that_kubernetes_takes() {
        for name in ["a", "a-b.c", "1password"] {
            assert!(is_release_name(name), "{name}");
        }
        for name in ["", "A", "-a", "a-", "a..b", "ä", &"a".repeat(54)] {
            assert!(!is_release_name(name), "{name}");
        }
    }
}
