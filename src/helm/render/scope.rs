//! What a template sees at its top: `.Values`, `.Chart`, `.Release` and the rest, for each chart its own.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::gotemplate::{CollectionType, Element, Function, GoString, List, Map, Value};
use crate::helm::chart::{Dependency, Metadata};
use crate::helm::dependencies::Tree;
use crate::helm::render::{Target, files};
use crate::helm::values;
use crate::yaml;

/// A template with the map at its top, which all templates of one chart share.
pub(super) struct Template {
    /// Its name: the chart's path and the file's.
    pub(super) path: String,
    /// Its text.
    pub(super) source: Arc<[u8]>,
    /// What it sees.
    pub(super) scope: Map,
    base_path: String,
}

impl Template {
    /// Returns how deep the file is.
    pub(super) fn depth(&self) -> usize {
        self.path.matches('/').count()
    }

    /// Says whether the template's own output does not count.
    pub(super) fn is_partial(&self) -> bool {
        self.path.rsplit('/').next().is_some_and(|base| base.starts_with('_'))
    }

    /// Puts the template's own name into the scope, before it is executed.
    pub(super) fn enter(&self) {
        let own = [("Name", Value::from(self.path.as_str())), ("BasePath", self.base_path.as_str().into())];
        put(&self.scope, "Template", Value::Map(values_map(own)));
    }
}

/// Go's `common.Values`: a map with methods.
static VALUES: CollectionType = CollectionType { name: "common.Values", element: Element::Any, method };

fn method(receiver: &Value, name: &[u8]) -> Option<Function> {
    let map = receiver.as_map()?.clone();
    Some(match name {
        b"AsMap" => Function::new(move || map.clone()),
        b"YAML" => {
            Function::new(move || yaml::emit_json(&Value::Map(map.clone()).to_json(), yaml::Layout::GoYamlV2))
        }
        b"Table" => Function::new(move |path: GoString| {
            let path = path.to_text();
            values::table(&map, &path).ok_or_else(|| format!("{path:?} is not a table"))
        }),
        b"PathValue" => Function::new(move |path: GoString| {
            let path = path.to_text();
            values::value_at(&map, &path).ok_or_else(|| format!("{path:?} is not a value"))
        }),
        _ => return None,
    })
}

fn values_map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Map {
    Map::typed(&VALUES, entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

fn plain_map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Map {
    entries.into_iter().collect()
}

/// Writes to a map that is none of Go's nil maps, which alone refuse.
fn put(map: &Map, key: &str, value: Value) {
    let written = map.insert(key, value);
    debug_assert!(written.is_ok(), "a scope is no nil map");
}

/// Returns the templates of a chart and of all charts in it.
pub(super) fn templates(tree: &Tree, values: Map, target: &Target, capabilities: &Value) -> Vec<Template> {
    let release = plain_map([
        ("Name", Value::from(target.name.as_str())),
        ("Namespace", target.namespace.as_str().into()),
        ("IsUpgrade", target.upgrade.into()),
        ("IsInstall", (!target.upgrade).into()),
        ("Revision", Value::Int(target.revision as isize)),
        ("Service", "Helm".into()),
    ]);
    let mut collected = Collected { release, capabilities: capabilities.clone(), templates: Vec::new() };
    let path = tree.metadata.name.clone();
    // The type is that of Helm's root values; subcharts see plain maps.
    let values = Map::typed(&VALUES, values.to_entries().into_iter().collect());
    collected.chart(tree, path, values, true);
    collected.templates
}

struct Collected {
    release: Map,
    capabilities: Value,
    templates: Vec<Template>,
}

impl Collected {
    fn chart(&mut self, tree: &Tree, path: String, values: Map, root: bool) -> Map {
        let subcharts = Map::new();
        let scope = values_map([
            ("Chart", Value::Map(metadata(&tree.metadata, root))),
            ("Files", files::files(&tree.chart.files)),
            ("Release", Value::Map(self.release.clone())),
            ("Capabilities", self.capabilities.clone()),
            ("Values", Value::Map(values.clone())),
            ("Subcharts", Value::Map(subcharts.clone())),
        ]);
        for child in &tree.children {
            let name = &child.metadata.name;
            let own = match values.get(name) {
                Some(Value::Map(own)) => own,
                _ => values_map([]),
            };
            let scope = self.chart(child, format!("{path}/charts/{name}"), own, false);
            put(&subcharts, name, Value::Map(scope));
        }
        for file in &tree.chart.templates {
            if tree.chart.is_library() && !file.base().starts_with('_') {
                continue;
            }
            self.templates.push(Template {
                path: format!("{path}/{}", file.name),
                source: Arc::clone(&file.data),
                scope: scope.clone(),
                base_path: format!("{path}/templates"),
            });
        }
        scope
    }
}

/// Returns `.Chart`: a map under Go's names of the fields.
fn metadata(metadata: &Metadata, root: bool) -> Map {
    let text = |text: &str| Value::from(text);
    let annotations = match &metadata.annotations {
        Some(annotations) => {
            Map::strings(annotations.iter().map(|(key, text)| (key.as_str(), text.as_str())))
        }
        None => Map::nil(&crate::gotemplate::STRING_MAP),
    };
    let maintainers = metadata.maintainers.iter().map(|maintainer| {
        let entries = [("Name", &maintainer.name), ("Email", &maintainer.email), ("URL", &maintainer.url)];
        Value::Map(entries.into_iter().map(|(key, value)| (key, text(value))).collect())
    });
    plain_map([
        ("Name", text(&metadata.name)),
        ("Home", text(&metadata.home)),
        ("Sources", texts(&metadata.sources)),
        ("Version", text(&metadata.version)),
        ("Description", text(&metadata.description)),
        ("Keywords", texts(&metadata.keywords)),
        ("Maintainers", Value::List(maintainers.collect())),
        ("Icon", text(&metadata.icon)),
        ("APIVersion", text(&metadata.api_version)),
        ("Condition", text(&metadata.condition)),
        ("Tags", text(&metadata.tags)),
        ("AppVersion", text(&metadata.app_version)),
        ("Deprecated", metadata.deprecated.into()),
        ("Annotations", Value::Map(annotations)),
        ("KubeVersion", text(&metadata.kube_version)),
        ("Dependencies", Value::List(metadata.dependencies.iter().map(dependency).collect())),
        ("Type", text(&metadata.kind)),
        ("IsRoot", root.into()),
    ])
}

fn dependency(dependency: &Dependency) -> Value {
    let text = |text: &str| Value::from(text);
    let imports = dependency.import_values.iter().map(|import| match import {
        Json::Object(entries) => Value::Map(Map::strings(
            entries.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default())),
        )),
        other => Value::from(other),
    });
    Value::Map(plain_map([
        ("Name", text(&dependency.name)),
        ("Version", text(&dependency.version)),
        ("Repository", text(&dependency.repository)),
        ("Condition", text(&dependency.condition)),
        ("Tags", texts(&dependency.tags)),
        ("Enabled", dependency.enabled.into()),
        ("ImportValues", Value::List(imports.collect())),
        ("Alias", text(&dependency.alias)),
    ]))
}

/// Helm hands lists of strings over as lists of anything.
fn texts(texts: &[String]) -> Value {
    Value::List(texts.iter().map(|text| Value::from(text.as_str())).collect::<List>())
}
