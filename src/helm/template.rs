//! `helm template`: a chart's text without a cluster.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use crate::gotemplate::functions::{Host, library};
use crate::gotemplate::{GoString, MissingKey, Set, Value};
use crate::helm::chart::{BadPattern, Chart, ChartError, matches};
use crate::helm::hooks::{Event, Hook};
use crate::helm::render::{
    self, Capabilities, KubeVersion, KubeVersionError, PostRenderer, RenderError, Rendered, Target,
};
use crate::helm::values::{Elsewhere, Overrides, OverridesError};

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
    /// Does not check the values against the charts' schemas.
    pub skip_schema: bool,
    /// The documents that schemas refer to.
    pub elsewhere: Elsewhere,
    /// What changes the documents.
    pub post: Option<PostRenderer>,
}

/// Why there is no text.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The release's name is none.
    #[error("release name {0:?}: a name is at most 53 lower case letters, digits, `-` and `.`")]
    Name(String),
    /// The template of a name makes none.
    #[error("render the name `{0}`: {1}")]
    NameTemplate(String, String),
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
    Ok(template_of(&Arc::new(Chart::open(&options.chart)?), options)?.text)
}

/// What `helm template` makes of a chart.
#[derive(Clone, Debug)]
pub struct Templated {
    /// What it prints.
    pub text: String,
    /// The addresses of documents that schemas refer to and that are not here: what they say was not checked.
    pub unchecked: BTreeSet<String>,
    /// The text without the hooks, as it came about.
    manifest: String,
    /// The hooks that are printed.
    hooks: Vec<Hook>,
}

impl Templated {
    /// Returns what `helm template --output-dir` writes: files, and what is appended to each, in the order of the text.
    pub fn files(&self) -> impl Iterator<Item = (&str, String)> {
        let objects = self.manifest.split("---\n# Source: ").filter_map(|piece| {
            let (source, content) = piece.split_once('\n')?;
            Some((source, content.to_owned()))
        });
        objects.chain(self.hooks.iter().map(|hook| (hook.path.as_str(), format!("{}\n", hook.manifest))))
    }
}

/// Returns what `helm template` prints of this chart, wherever it is from.
pub fn template_of(chart: &Arc<Chart>, options: &Template) -> Result<Templated, TemplateError> {
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
        check_schema: !options.skip_schema,
        elsewhere: options.elsewhere.clone(),
        subchart_notes: false,
        hide_secrets: false,
        post: options.post.as_ref(),
        lookup: None,
        host: Rc::new(Host::system()),
    };
    let Rendered { manifest, mut hooks, unchecked, .. } = render::render(chart, &user, &target, how)?;
    let left_out = |hook: &Hook| options.skip_tests && hook.events.contains(&Event::Test);
    hooks.retain(|hook| !options.no_hooks && !left_out(hook));
    let text = whole(&manifest, &hooks);
    let text = if options.show_only.is_empty() { text } else { only(&text, &options.show_only)? };
    Ok(Templated { text, unchecked, manifest, hooks })
}

/// Returns the name that a template of one makes, as `--name-template` says it.
pub fn name_of(template: &str) -> Result<String, TemplateError> {
    const NAME: &str = "name-template";
    let failed = |message: String| TemplateError::NameTemplate(template.to_owned(), message);
    let functions = library(&Rc::new(Host::system()));
    let mut set = Set::new(NAME, Rc::new(functions), MissingKey::Invalid);
    set.parse(NAME, GoString::from(template)).map_err(|error| failed(error.message))?;
    let output = Rc::new(set).execute(NAME, Value::Nil).map_err(|error| failed(error.to_string()))?;
    Ok(String::from_utf8_lossy(&output).into_owned())
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

fn whole(manifest: &str, hooks: &[Hook]) -> String {
    let mut text = format!("{}\n", manifest.trim());
    for hook in hooks {
        let _ = writeln!(text, "---\n# Source: {}\n{}", hook.path, hook.manifest);
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
