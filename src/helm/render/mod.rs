//! From a chart and values to the text and the objects that Helm would make of them.
//!
//! Rendering reads nothing but what it is given: the cluster's abilities come as [`Capabilities`], live objects
//! through [`Lookup`], randomness and time from a [`Host`]. So the same input gives the same output.

mod capabilities;
mod error;
mod files;
mod functions;
mod glob;
mod manifest;
mod post;
mod scope;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

pub use capabilities::{Capabilities, KubeVersion, KubeVersionError};
pub use error::RenderError;
pub use functions::Lookup;
pub(in crate::helm) use manifest::Head;
pub use manifest::{Crds, Document, split};
pub use post::{PostError, PostRenderer};

use crate::gotemplate::functions::Host;
use crate::gotemplate::{GoString, Map, MissingKey, Set, Value};
use crate::helm::chart::{Chart, Metadata};
use crate::helm::dependencies::Tree;
use crate::helm::hooks::Hook;
use crate::helm::values::{self, Elsewhere};
use crate::helm::version;

/// What a release is called, and where and how it comes about.
#[derive(Clone, Debug)]
pub struct Target {
    /// The release's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its revision.
    pub revision: u64,
    /// Whether there is an earlier one.
    pub upgrade: bool,
}

/// How to render.
pub struct Options<'a> {
    /// What the cluster can do.
    pub capabilities: &'a Capabilities,
    /// Whether the text has the definitions of `crds/`, too.
    pub include_crds: bool,
    /// Whether the values are checked against the charts' schemas.
    pub check_schema: bool,
    /// The documents that those schemas refer to.
    pub elsewhere: Elsewhere,
    /// Whether the notes of the charts in the chart are told, too.
    pub subchart_notes: bool,
    /// Whether the text leaves the content of Secrets out.
    pub hide_secrets: bool,
    /// What changes the documents before they are sorted.
    pub post: Option<&'a PostRenderer>,
    /// How templates look into the cluster; without it they see nothing.
    pub lookup: Option<Lookup>,
    /// The machine.
    pub host: Rc<Host>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The text that a release record holds, in the order of installation.
    pub manifest: String,
    /// The objects of the text, in its order; documents without an object are left out.
    pub documents: Vec<Document>,
    /// The hooks, which are no part of the text.
    pub hooks: Vec<Hook>,
    /// What `NOTES.txt` says.
    pub notes: String,
    /// The addresses of documents that schemas refer to and that are not here: what they say was not checked.
    pub unchecked: BTreeSet<String>,
    /// The definitions of `crds/`, which Helm creates once and never changes.
    pub crds: Crds,
    /// The chart's description as a release record holds it.
    pub metadata: Metadata,
    /// The chart's values as a release record holds them.
    pub defaults: JsonMap<String, Json>,
}

/// Renders a chart with a user's values.
pub fn render(
    chart: &Arc<Chart>,
    user: &Map,
    target: &Target,
    options: Options<'_>,
) -> Result<Rendered, RenderError> {
    let tree = Tree::new(chart, user)?;
    let (templates, unchecked) = prepare(&tree, user, target, &options)?;
    let outputs = execute(templates, options.lookup, &options.host, false)?;
    let notes_path = format!("{}/templates/NOTES.txt", tree.metadata.name);
    let mut notes = String::new();
    let mut files = Vec::with_capacity(outputs.len());
    for (path, output) in outputs {
        if path == notes_path || (options.subchart_notes && path.ends_with("NOTES.txt")) {
            if !notes.is_empty() {
                notes.push('\n');
            }
            notes.push_str(&output);
        } else if !path.ends_with("NOTES.txt") {
            files.push((path, output));
        }
    }
    if let Some(post) = options.post {
        files = post.run(&files)?;
    }
    let crds = Crds::of(&tree);
    let sorted = manifest::sort(&files)?;
    let (all, none) = (&crds, &Crds::default());
    let text_of_crds = if options.include_crds { all } else { none };
    let manifest = manifest::text(text_of_crds, &sorted.documents, options.hide_secrets);
    Ok(Rendered {
        manifest,
        unchecked,
        documents: sorted.documents.into_iter().filter_map(manifest::Sorted::into_document).collect(),
        hooks: sorted.hooks,
        notes,
        crds,
        defaults: json(&tree.values),
        metadata: tree.metadata,
    })
}

/// Renders all templates of a chart as `helm lint` does, where nothing is refused. Returns paths and texts.
pub fn leniently(
    chart: &Arc<Chart>,
    user: &Map,
    target: &Target,
    options: &Options<'_>,
) -> Result<Vec<(String, String)>, RenderError> {
    // A library has nothing to render, and is linted all the same.
    if chart.is_library() {
        return Ok(Vec::new());
    }
    let tree = Tree::new(chart, user)?;
    let (templates, _) = prepare(&tree, user, target, options)?;
    execute(templates, options.lookup.clone(), &options.host, true)
}

/// Checks the values and what the chart needs, and gives each template what it sees. Returns what was not checked, too.
fn prepare(
    tree: &Tree,
    user: &Map,
    target: &Target,
    options: &Options<'_>,
) -> Result<(Vec<scope::Template>, BTreeSet<String>), RenderError> {
    let values = values::coalesce(tree, user)?;
    let unchecked = if options.check_schema {
        values::validate(tree, &values, &options.elsewhere)?
    } else {
        BTreeSet::new()
    };
    let wanted = &tree.metadata.kube_version;
    let cluster = &options.capabilities.kube_version;
    if !wanted.is_empty() && !version::is_compatible(wanted, &cluster.to_string()) {
        return Err(RenderError::KubeVersion { wanted: wanted.clone(), found: cluster.version.clone() });
    }
    Ok((scope::templates(tree, values, target, &options.capabilities.to_value()), unchecked))
}

/// Parses all templates, and executes those that are no partials, in Helm's order: the shallower a file, the
/// later it is parsed, so that its definitions win.
fn execute(
    mut templates: Vec<scope::Template>,
    lookup: Option<Lookup>,
    host: &Rc<Host>,
    lenient: bool,
) -> Result<Vec<(String, String)>, RenderError> {
    templates.sort_by(|a, b| (b.depth(), &b.path).cmp(&(a.depth(), &a.path)));
    let mut set =
        Set::new(functions::SET, Rc::new(functions::table(host, lookup, lenient)), MissingKey::Zero);
    for template in &templates {
        let source = GoString::from(Arc::clone(&template.source));
        set.parse(template.path.as_str(), source).map_err(RenderError::Parse)?;
    }
    let set = Rc::new(set);
    let mut outputs = Vec::new();
    for template in templates.iter().filter(|template| !template.is_partial()) {
        template.enter();
        let output = set
            .execute(template.path.as_str(), Value::Map(template.scope.clone()))
            .map_err(|error| RenderError::execution(&error))?;
        outputs.push((template.path.clone(), functions::without_no_value(output)));
    }
    outputs.sort();
    Ok(outputs)
}

fn json(values: &Map) -> JsonMap<String, Json> {
    match Value::Map(values.clone()).to_json() {
        Json::Object(entries) => entries,
        _ => JsonMap::new(),
    }
}
