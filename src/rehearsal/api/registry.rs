//! Which kinds are served: the builtin ones, and those of established definitions.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value as Json;

use super::{
    builtin,
    kind::{Kind, Resource, Traits},
};
use crate::rehearsal::schema::Schema;

/// The served kinds, in the order of discovery.
pub(super) struct Registry {
    builtin: Vec<Arc<Kind>>,
    /// The versions of each definition, the preferred one first.
    custom: BTreeMap<String, Vec<Arc<Kind>>>,
}

impl Registry {
    pub(super) fn new() -> Self {
        Self { builtin: builtin::kinds().into_iter().map(Arc::new).collect(), custom: BTreeMap::new() }
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.builtin.iter().chain(self.custom.values().flatten())
    }

    /// Returns each resource once, at its preferred version.
    pub(super) fn resources(&self) -> impl Iterator<Item = &Arc<Kind>> {
        let kept =
            self.builtin.iter().filter(|kind| !kind.traits.review && kind.resource.group == kind.group);
        // The second version of the only builtin kind that has two keeps its objects with the first.
        let kept = kept.filter(|kind| !(kind.group == "autoscaling" && kind.version == "v1"));
        kept.chain(self.custom.values().filter_map(|versions| versions.first()))
    }

    pub(super) fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Kind>> {
        self.kinds().find(|kind| kind.group == group && kind.version == version && kind.plural() == plural)
    }

    pub(super) fn serves_group(&self, group: &str) -> bool {
        self.kinds().any(|kind| kind.group == group)
    }

    pub(super) fn find_kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<Kind>> {
        self.kinds().find(|one| one.group == group && one.version == version && one.kind == kind)
    }

    /// Serves what a definition defines, in place of what it defined before.
    pub(super) fn define(&mut self, definition: &Json) {
        let name = definition["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        self.custom.insert(name, custom_kinds(definition));
    }

    pub(super) fn undefine(&mut self, definition: &str) {
        self.custom.remove(definition);
    }
}

fn custom_kinds(definition: &Json) -> Vec<Arc<Kind>> {
    let spec = &definition["spec"];
    let names = &definition["status"]["acceptedNames"];
    let text = |key: &str| names[key].as_str().unwrap_or_default().to_owned();
    let texts = |key: &str| {
        let values = names[key].as_array().into_iter().flatten();
        values.filter_map(Json::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let group = spec["group"].as_str().unwrap_or_default();
    let resource = Resource::new(group, &text("plural"));
    let mut kinds: Vec<Arc<Kind>> = spec["versions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|version| version["served"] == true)
        .map(|version| {
            let subresources = &version["subresources"];
            Arc::new(Kind {
                group: group.to_owned(),
                version: version["name"].as_str().unwrap_or_default().to_owned(),
                kind: text("kind"),
                list_kind: text("listKind"),
                singular: text("singular"),
                short_names: texts("shortNames"),
                categories: texts("categories"),
                namespaced: spec["scope"] == "Namespaced",
                traits: Traits {
                    status: subresources["status"].is_object(),
                    scale: subresources["scale"].is_object(),
                    generation: true,
                    conditional: true,
                    ..Traits::default()
                },
                resource: Arc::clone(&resource),
                // A definition with a schema that can't be read was refused when it was written.
                schema: Schema::of_definition(&version["schema"]["openAPIV3Schema"]).map_or_else(
                    |_| Schema::unknown(),
                    |schema| Arc::new(schema.with_status(subresources["status"].is_object())),
                ),
                custom: Some(Arc::new(version.clone())),
            })
        })
        .collect();
    kinds.sort_by_key(|kind| std::cmp::Reverse(priority(&kind.version)));
    kinds
}

/// Versions are preferred as `v10`, `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, then anything else by name.
fn priority(version: &str) -> (u8, u32, u32) {
    let parsed = || -> Option<(u8, u32, u32)> {
        let rest = version.strip_prefix('v')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let major = rest[..digits].parse().ok()?;
        match &rest[digits..] {
            "" => Some((3, major, 0)),
            suffix => {
                let (stage, minor) = if let Some(minor) = suffix.strip_prefix("beta") {
                    (2, minor)
                } else {
                    (1, suffix.strip_prefix("alpha")?)
                };
                Some((stage, major, if minor.is_empty() { 0 } else { minor.parse().ok()? }))
            }
        }
    };
    parsed().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_versions_are_preferred_over_betas_and_newer_ones_over_older() {
        let mut versions = ["v1alpha1", "v2beta1", "v1", "v2", "foo", "v10"];
        versions.sort_by_key(|version| std::cmp::Reverse(priority(version)));
        assert_eq!(versions, ["v10", "v2", "v1", "v2beta1", "v1alpha1", "foo"]);
    }

    #[test]
    fn builtin_resources_are_each_kept_once() {
        let registry = Registry::new();
        let mut resources: Vec<_> = registry.resources().map(|kind| &kind.resource).collect();
        let all = resources.len();
        resources.sort();
        resources.dedup();
        assert_eq!(resources.len(), all);
        assert!(registry.find("events.k8s.io", "v1", "events").is_some());
    }
}
