//! A kind as the server serves it in one version: its names, what can be done with it, and how its objects behave.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::rehearsal::schema::Schema;

/// Where the objects of a kind are kept, whatever the version that asks for them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::rehearsal) struct Resource {
    pub(in crate::rehearsal) group: String,
    pub(in crate::rehearsal) plural: String,
}

impl Resource {
    pub(super) fn new(group: &str, plural: &str) -> Arc<Self> {
        Arc::new(Self { group: group.to_owned(), plural: plural.to_owned() })
    }

    /// Returns `deployments.apps`, or `secrets` in the core group.
    pub(super) fn qualified(&self) -> String {
        match self.group.as_str() {
            "" => self.plural.clone(),
            group => format!("{}.{group}", self.plural),
        }
    }
}

/// One version of a kind.
#[expect(clippy::struct_field_names, reason = "a kind's kind is what the API calls it")]
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) kind: String,
    pub(super) list_kind: String,
    pub(super) singular: String,
    pub(super) short_names: Vec<String>,
    pub(super) categories: Vec<String>,
    pub(super) namespaced: bool,
    pub(super) traits: Traits,
    /// The name in paths, and where the objects are kept.
    pub(super) resource: Arc<Resource>,
    pub(super) schema: Arc<Schema>,
    /// The version of the definition that serves the kind; nothing for builtin kinds.
    pub(super) custom: Option<Arc<Json>>,
}

/// How the objects of a kind behave, as far as that is the same question for every kind.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    /// Only `create` is served: reviews, which are answered and not kept.
    pub(super) review: bool,
    /// The status is written by itself.
    pub(super) status: bool,
    /// Has the subresource `scale`.
    pub(super) scale: bool,
    /// `metadata.generation` counts the changes of what is wanted.
    pub(super) generation: bool,
    /// An update must say which version it changes.
    pub(super) conditional: bool,
    /// An update of what is not there creates it.
    pub(super) upsert: bool,
    /// What is owned stays when its owner is deleted and nobody says otherwise.
    pub(super) orphans: bool,
    /// A deletion first asks the node to stop it.
    pub(super) graceful: bool,
}

impl Kind {
    pub(super) fn api_version(&self) -> String {
        match self.group.as_str() {
            "" => self.version.clone(),
            group => format!("{group}/{}", self.version),
        }
    }

    pub(super) fn plural(&self) -> &str {
        &self.resource.plural
    }

    /// Returns the name as messages have it: `deployments.apps`.
    pub(super) fn qualified(&self) -> String {
        match self.group.as_str() {
            "" => self.plural().to_owned(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    pub(super) fn verbs(&self) -> &'static [&'static str] {
        match (self.traits.review, self.plural()) {
            (true, _) => &["create"],
            // Another part of the server lists them, in another order.
            (false, _) if self.custom.is_some() => {
                &["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"]
            }
            (false, "namespaces") => &["create", "delete", "get", "list", "patch", "update", "watch"],
            (false, _) => {
                &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
            }
        }
    }

    /// Returns the subresources: name, group and version of what they speak, its kind, verbs.
    pub(super) fn subresources(&self) -> Vec<Subresource> {
        const OBJECT: &[&str] = &["get", "patch", "update"];
        let own = |name, verbs| Subresource { name, group: "", version: "", kind: self.kind.clone(), verbs };
        let mut all = Vec::new();
        match self.qualified().as_str() {
            "namespaces" => all.push(own("finalize", &["update"])),
            "pods" => {
                all.push(Subresource { kind: "Binding".into(), ..own("binding", &["create"]) });
                all.push(Subresource {
                    kind: "Eviction".into(),
                    group: "policy",
                    version: "v1",
                    ..own("eviction", &["create"])
                });
                all.push(own("log", &["get"]));
            }
            "serviceaccounts" => all.push(Subresource {
                kind: "TokenRequest".into(),
                group: "authentication.k8s.io",
                version: "v1",
                ..own("token", &["create"])
            }),
            _ => {}
        }
        if self.traits.status && self.custom.is_some() {
            all.push(own("status", OBJECT));
        }
        if self.traits.scale {
            let (group, version) = ("autoscaling", "v1");
            all.push(Subresource { group, version, kind: "Scale".into(), ..own("scale", OBJECT) });
        }
        if self.traits.status && self.custom.is_none() {
            all.push(own("status", OBJECT));
        }
        all
    }
}

/// A part of an object that is served by itself.
pub(super) struct Subresource {
    pub(super) name: &'static str,
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) kind: String,
    pub(super) verbs: &'static [&'static str],
}
