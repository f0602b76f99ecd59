//! A chart rendered for a cluster: templates see what it can do, and what is in it.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map as JsonMap, Value as Json};

use super::objects::{self, Owner};
use super::prepare::{ReleaseError, capabilities};
use super::turns::{Ask, Question, taking_turns};
use crate::gotemplate::functions::Host;
use crate::gotemplate::{FunctionError, Map as GoMap, Value as GoValue};
use crate::helm::chart::Chart;
use crate::helm::render::{self, Capabilities, Document, PostRenderer, Rendered, Target};
use crate::helm::values::{Elsewhere, OverridesError};
use crate::kubernetes::{Client, KubernetesError, Manifest, Selection};
use crate::resource::{GroupKind, ObjectName, Progress};

/// Where values come from. Numbers of flags differ from those of files, so they are read where they are used.
pub(in crate::helm) type Values = Box<dyn FnOnce() -> Result<GoMap, OverridesError> + Send>;

/// How a chart is rendered.
#[derive(Clone, Debug, Default)]
pub struct Rendering {
    /// Whether the values are not checked against the charts' schemas.
    pub skip_schema: bool,
    /// The documents that those schemas refer to.
    pub elsewhere: Elsewhere,
    /// Whether the notes of the charts in the chart are told, too.
    pub subchart_notes: bool,
    /// Whether the text leaves the content of Secrets out; only of what is not made.
    pub hide_secrets: bool,
    /// What changes the documents before they are applied.
    pub post: Option<PostRenderer>,
}

/// What is to be rendered.
pub(in crate::helm) struct RenderRequest {
    pub(in crate::helm) chart: Arc<Chart>,
    pub(in crate::helm) values: Values,
    pub(in crate::helm) target: Target,
    pub(in crate::helm) rendering: Rendering,
    /// Whether the cluster is asked; without it charts see what they see of `helm template`.
    pub(in crate::helm) sees_cluster: bool,
}

/// Renders, and returns the user's values with it.
pub(in crate::helm) async fn render(
    client: &Client,
    request: RenderRequest,
) -> Result<(Rendered, JsonMap<String, Json>), ReleaseError> {
    let RenderRequest { chart, values, target, rendering, sees_cluster } = request;
    let (capabilities, lookup) = if sees_cluster {
        (capabilities(client).await?, LookUp::Live)
    } else {
        (Capabilities::default(), LookUp::Never)
    };
    run(client, Asked { chart, values, target, capabilities, rendering, lookup }).await
}

/// What templates see of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookUp {
    /// What is in it.
    Live,
    /// What is in it, or nothing where it may not be read.
    Blind,
    /// Nothing.
    Never,
}

/// All that rendering needs.
pub(super) struct Asked {
    pub(super) chart: Arc<Chart>,
    pub(super) values: Values,
    pub(super) target: Target,
    pub(super) capabilities: Capabilities,
    pub(super) rendering: Rendering,
    pub(super) lookup: LookUp,
}

/// Renders on a thread that asks for live objects in between.
pub(super) async fn run(
    client: &Client,
    asked: Asked,
) -> Result<(Rendered, JsonMap<String, Json>), ReleaseError> {
    let Asked { chart, values, target, capabilities, rendering, lookup: sight } = asked;
    let work = move |ask: Ask| {
        let user = values()?;
        let lookup: render::Lookup = Rc::new(move |version, kind, namespace, name| {
            let found = ask([version, kind, namespace, name].map(str::to_owned));
            match found.map_err(|error| FunctionError::new(error.to_string()))? {
                Err(error) if sight == LookUp::Blind && error.is_refused() => Ok(serde_json::json!({})),
                found => found.map_err(|error| FunctionError::new(error.to_string())),
            }
        });
        let options = render::Options {
            capabilities: &capabilities,
            include_crds: false,
            check_schema: !rendering.skip_schema,
            elsewhere: rendering.elsewhere,
            subchart_notes: rendering.subchart_notes,
            hide_secrets: rendering.hide_secrets,
            post: rendering.post.as_ref(),
            lookup: (sight != LookUp::Never).then_some(lookup),
            host: Rc::new(Host::system()),
        };
        let rendered = render::render(&chart, &user, &target, options)?;
        let config = match GoValue::Map(user).to_json() {
            Json::Object(config) => config,
            _ => JsonMap::new(),
        };
        Ok::<_, ReleaseError>((rendered, config))
    };
    let answer = |[version, kind, namespace, name]: Question| async move {
        look_up(client, &version, &kind, &namespace, &name).await
    };
    taking_turns(work, answer).await.map_err(ReleaseError::Thread)?
}

/// Tells which documents that schemas refer to are not here.
pub(in crate::helm) fn tell_unchecked(unchecked: &BTreeSet<String>, progress: &dyn Progress) {
    for address in unchecked {
        progress.note(&format!("a part of the values is not checked: its schema is {address}"));
    }
}

/// Returns the objects of a release (name and namespace) as they are applied.
pub(in crate::helm) async fn owned(
    client: &Client,
    documents: Vec<Document>,
    (name, namespace): (&str, &str),
) -> Result<Vec<Manifest>, KubernetesError> {
    let discovery = client.discovery().await?;
    let documents = documents.into_iter().map(|document| document.object);
    objects::manifests(documents, Some(Owner { name, namespace }), namespace, &discovery)
}

/// Returns objects that belong to no release as they are applied.
pub(in crate::helm) async fn unowned(
    client: &Client,
    documents: Vec<Document>,
    namespace: &str,
) -> Result<Vec<Manifest>, KubernetesError> {
    let discovery = client.discovery().await?;
    let documents = documents.into_iter().map(|document| document.object);
    objects::manifests(documents, None, namespace, &discovery)
}

/// Reads live objects for a template. What is not there is an empty object.
async fn look_up(
    client: &Client,
    version: &str,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Result<Json, KubernetesError> {
    let (group, version) = version.rsplit_once('/').unwrap_or(("", version));
    let resource = client.resource(&GroupKind::new(group, kind), Some(version)).await?;
    let namespace = Some(namespace).filter(|namespace| !namespace.is_empty());
    if name.is_empty() {
        let selection = Selection { namespace, ..Selection::default() };
        let items = client.list(&resource, selection).await?;
        let items: Vec<Json> = items.iter().map(|item| item.json().clone()).collect();
        return Ok(serde_json::json!({
            "apiVersion": resource.api_version(), "kind": format!("{kind}List"), "items": items,
        }));
    }
    let object = ObjectName { namespace: namespace.map(str::to_owned), name: name.to_owned() };
    let found = client.get(&resource, &object).await?;
    Ok(found.map_or_else(|| serde_json::json!({}), |found| found.json().clone()))
}
