//! The tree of charts that a release is made of: aliases, switched off dependencies, imported values.
//!
//! A [`Chart`] stays as its author wrote it; a [`Tree`] is what Helm makes of it for one set of values.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::gotemplate::{Map, Value};
use crate::helm::chart::{Chart, Dependency, Metadata};
use crate::helm::values;
use crate::helm::version;

/// A chart as a release uses it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The chart.
    pub chart: Arc<Chart>,
    /// Its description: under its alias, with the dependencies that are switched on.
    pub metadata: Metadata,
    /// Its values with those that its dependencies export.
    pub values: Map,
    /// The charts in it that are switched on.
    pub children: Vec<Tree>,
}

impl values::Node for Tree {
    fn name(&self) -> &str {
        &self.metadata.name
    }

    fn defaults(&self) -> Map {
        match values::copy(&Value::Map(self.values.clone())) {
            Value::Map(values) => values,
            _ => Map::new(),
        }
    }

    fn children(&self) -> &[Self] {
        &self.children
    }
}

impl values::Checked for Tree {
    fn schema(&self) -> Option<&[u8]> {
        self.chart.schema.as_deref()
    }
}

/// Why the tree of charts cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DependencyError {
    /// A library is no chart of its own.
    #[error("library charts are not installable")]
    Library,
    /// Charts that `Chart.yaml` names are not in `charts/`.
    #[error("found in Chart.yaml, but missing in charts/ directory: {}", .0.join(", "))]
    Missing(Vec<String>),
    /// The values of a subchart are no map.
    #[error(transparent)]
    Values(#[from] values::TypeMismatch),
}

/// Returns the charts that `Chart.yaml` names and that are not in `charts/`.
pub fn missing(chart: &Chart) -> Vec<String> {
    let names: BTreeSet<&str> = chart.subcharts.iter().map(|subchart| subchart.name()).collect();
    let dependencies = chart.metadata.dependencies.iter();
    let missing = dependencies.filter(|dependency| !names.contains(dependency.name.as_str()));
    missing.map(|dependency| dependency.name.clone()).collect()
}

impl Tree {
    /// Makes the tree of a chart for a user's values.
    pub fn new(chart: &Arc<Chart>, user: &Map) -> Result<Self, DependencyError> {
        if chart.is_library() {
            return Err(DependencyError::Library);
        }
        let missing = missing(chart);
        if !missing.is_empty() {
            return Err(DependencyError::Missing(missing));
        }
        let mut tree = Self::whole(chart);
        tree.switch(user, "")?;
        tree.import()?;
        Ok(tree)
    }

    fn whole(chart: &Arc<Chart>) -> Self {
        Self {
            chart: Arc::clone(chart),
            metadata: chart.metadata.clone(),
            values: Map::from(chart.values.clone()),
            children: chart.subcharts.iter().map(Self::whole).collect(),
        }
    }

    /// Names the children by their aliases, and takes out those that values switch off.
    fn switch(&mut self, user: &Map, path: &str) -> Result<(), DependencyError> {
        if self.metadata.dependencies.is_empty() {
            return Ok(());
        }
        self.children = self.aliased();
        for dependency in &mut self.metadata.dependencies {
            if !dependency.alias.is_empty() {
                dependency.name = dependency.alias.clone();
            }
        }
        let values = values::coalesce(self, user)?;
        let tags = values::table(&values, "tags");
        let mut off = BTreeSet::new();
        for dependency in &mut self.metadata.dependencies {
            let tagged = tags.as_ref().is_none_or(|tags| is_tagged_on(dependency, tags));
            dependency.enabled = condition(dependency, &values, path).unwrap_or(tagged);
            if !dependency.enabled {
                off.insert(dependency.name.clone());
            }
        }
        self.children.retain(|child| !off.contains(&child.metadata.name));
        self.metadata.dependencies.retain(|dependency| !off.contains(&dependency.name));
        for child in &mut self.children {
            let path = format!("{path}{}.", child.metadata.name);
            child.switch(&values, &path)?;
        }
        Ok(())
    }

    /// Returns the children: those that `Chart.yaml` does not name, then one for each dependency that it does.
    fn aliased(&self) -> Vec<Self> {
        let dependencies = &self.metadata.dependencies;
        let fits = |child: &Self, dependency: &Dependency| {
            child.metadata.name == dependency.name
                && version::is_compatible(&dependency.version, &child.metadata.version)
        };
        let unnamed =
            self.children.iter().filter(|child| !dependencies.iter().any(|named| fits(child, named)));
        let named = dependencies.iter().filter_map(|dependency| {
            let mut child = self.children.iter().find(|child| fits(child, dependency))?.separate();
            if !dependency.alias.is_empty() {
                child.metadata.name.clone_from(&dependency.alias);
            }
            Some(child)
        });
        unnamed.cloned().chain(named).collect()
    }

    /// Returns a copy that shares no values: two aliases of one chart may import different ones.
    fn separate(&self) -> Self {
        Self { values: values::Node::defaults(self), ..self.clone() }
    }

    /// Takes over the values that the children export, from the leaves upwards.
    fn import(&mut self) -> Result<(), DependencyError> {
        for child in &mut self.children {
            child.import()?;
        }
        if self.metadata.dependencies.is_empty() {
            return Ok(());
        }
        let values = values::merge(self)?;
        let imported = Map::new();
        for dependency in &mut self.metadata.dependencies {
            let imports = std::mem::take(&mut dependency.import_values);
            for import in imports.iter().filter_map(Import::read) {
                import.apply(&dependency.name, &values, &imported);
                dependency.import_values.push(json!({"child": import.child, "parent": import.parent}));
            }
        }
        self.values = match values::copy(&Value::Map(values)) {
            Value::Map(values) => values,
            _ => Map::new(),
        };
        values::merge_tables(&self.values, &imported);
        Ok(())
    }
}

/// Says whether the tags leave the dependency on: one that is true, or none that is false.
fn is_tagged_on(dependency: &Dependency, tags: &Map) -> bool {
    let mut off = false;
    for tag in &dependency.tags {
        match tags.get(tag) {
            Some(Value::Bool(true)) => return true,
            Some(Value::Bool(false)) => off = true,
            Some(_) => tracing::warn!(%tag, chart = dependency.name, "a tag is neither true nor false"),
            None => {}
        }
    }
    !off
}

/// Returns what the first condition says that is set.
fn condition(dependency: &Dependency, values: &Map, path: &str) -> Option<bool> {
    for condition in dependency.condition.trim().split(',').filter(|condition| !condition.is_empty()) {
        match values::value_at(values, &format!("{path}{condition}")) {
            Some(Value::Bool(on)) => return Some(on),
            Some(_) => {
                tracing::warn!(%condition, chart = dependency.name, "a condition is neither true nor false");
            }
            None => {}
        }
    }
    None
}

/// Values of a child that become values of its parent.
struct Import {
    child: String,
    parent: String,
}

impl Import {
    fn read(value: &Json) -> Option<Self> {
        let text = |value: Option<&Json>| match value {
            Some(Json::String(text)) => text.clone(),
            Some(Json::Null) | None => "<nil>".to_owned(),
            Some(other) => other.to_string(),
        };
        match value {
            Json::String(name) => Some(Self { child: format!("exports.{name}"), parent: ".".into() }),
            Json::Object(import) => {
                Some(Self { child: text(import.get("child")), parent: text(import.get("parent")) })
            }
            _ => None,
        }
    }

    fn apply(&self, chart: &str, values: &Map, imported: &Map) {
        let Some(mut table) = values::table(values, &format!("{chart}.{}", self.child)) else {
            tracing::warn!(chart, values = self.child, "values to import are not there");
            return;
        };
        if self.parent != "." {
            for key in self.parent.rsplit('.') {
                table = [(key, Value::Map(table))].into_iter().collect();
            }
        }
        values::merge_tables(imported, &table);
    }
}
