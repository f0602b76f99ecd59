//! The objects of a release, as they are applied: with their namespace and the marks of their owner.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;
use crate::kubernetes::{ApiResource, Client, Definition, Discovery, KubernetesError, Manifest};
use crate::resource::{Brings, GroupKind, Kind as _, Kinds, Need, ObjectName};

const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const RELEASE_NAME: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
/// The annotation that says what becomes of an object when its release goes.
pub(super) const RESOURCE_POLICY: &str = "helm.sh/resource-policy";
/// It stays.
pub(super) const KEEP: &str = "keep";

/// The release that objects belong to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    pub(super) name: &'a str,
    pub(super) namespace: &'a str,
}

impl Owner<'_> {
    /// Says why the object is not the release's, if it is not.
    pub(super) fn disowns(self, live: &Manifest) -> Option<String> {
        let wanted = [
            (MANAGED_BY, live.label(MANAGED_BY), "Helm"),
            (RELEASE_NAME, live.annotation(RELEASE_NAME), self.name),
            (RELEASE_NAMESPACE, live.annotation(RELEASE_NAMESPACE), self.namespace),
        ];
        wanted.into_iter().find_map(|(key, found, wanted)| match found {
            Some(found) if found == wanted => None,
            Some(found) => Some(format!("`{key}` is `{found}`, not `{wanted}`")),
            None => Some(format!("it has no `{key}`")),
        })
    }

    fn mark(self, manifest: &mut Manifest) {
        manifest.set(&["metadata", "labels", MANAGED_BY], "Helm");
        manifest.set(&["metadata", "annotations", RELEASE_NAME], self.name);
        manifest.set(&["metadata", "annotations", RELEASE_NAMESPACE], self.namespace);
    }
}

/// Returns the objects as they are applied. Lists are taken apart; whether a kind lives in namespaces is known by
/// the cluster or by a definition among the objects.
pub(super) fn manifests(
    documents: impl IntoIterator<Item = Json>,
    owner: Option<Owner<'_>>,
    namespace: &str,
    discovery: &Discovery,
) -> Result<Vec<Manifest>, KubernetesError> {
    let mut objects = Vec::new();
    documents.into_iter().for_each(|document| flatten(document, &mut objects));
    let mut manifests: Vec<Manifest> =
        objects.into_iter().map(Manifest::new).collect::<Result<_, KubernetesError>>()?;
    let scopes: BTreeMap<GroupKind, bool> = manifests
        .iter()
        .filter_map(|manifest| {
            Some((defined_kind(manifest)?, manifest.text(&["spec", "scope"]) == "Namespaced"))
        })
        .collect();
    for manifest in &mut manifests {
        let kind = manifest.group_kind();
        let served = discovery.find(&kind, Some(manifest.version())).map(|resource| resource.namespaced);
        let namespaced = served.or_else(|| scopes.get(&kind).copied()).unwrap_or(!is_definition(manifest));
        if let Some(owner) = owner {
            owner.mark(manifest);
        }
        manifest.normalise(Some(namespace).filter(|_| namespaced));
    }
    Ok(manifests)
}

fn flatten(document: Json, objects: &mut Vec<Json>) {
    match document {
        Json::Object(mut list)
            if list.get("kind").and_then(Json::as_str).is_some_and(|kind| kind.ends_with("List"))
                && list.get("items").is_some_and(Json::is_array) =>
        {
            if let Some(Json::Array(items)) = list.remove("items") {
                for item in items {
                    flatten(item, objects);
                }
            }
        }
        object => objects.push(object),
    }
}

/// Returns what is there of the objects.
pub(in crate::helm) async fn live_of(
    client: &Client,
    objects: &[Manifest],
) -> Result<Vec<Manifest>, KubernetesError> {
    let discovery = client.discovery().await?;
    let reads: Vec<(ApiResource, ObjectName)> = objects
        .iter()
        .filter_map(|object| {
            // Of a kind that is not served nothing is there.
            let resource = discovery.find(&object.group_kind(), Some(object.version()))?;
            Some((resource.clone(), object.object_name()))
        })
        .collect();
    Ok(client.get_many(&reads).await?.into_iter().flatten().collect())
}

/// Says why the object is not the release's (name and namespace), if it is not.
pub(in crate::helm) fn disowned((name, namespace): (&str, &str), object: &Manifest) -> Option<String> {
    let why = Owner { name, namespace }.disowns(object)?;
    Some(format!("{object}: {why}"))
}

/// Returns the kind that a definition defines.
pub(super) fn defined_kind(manifest: &Manifest) -> Option<GroupKind> {
    is_definition(manifest)
        .then(|| GroupKind::new(manifest.text(&["spec", "group"]), manifest.text(&["spec", "names", "kind"])))
}

/// Returns the definitions of these kinds among the objects.
pub(super) fn definitions<'a>(
    objects: impl Iterator<Item = &'a Manifest>,
    kinds: &BTreeSet<GroupKind>,
) -> Vec<Definition> {
    objects.filter_map(|object| Definition::read_of(object, kinds)).collect()
}

/// Checks the objects of custom kinds, by the release's own definitions first.
pub(super) fn conform(objects: &[Manifest], crds: &[Manifest], kinds: &Kinds) -> Vec<Diagnostic> {
    let custom = || objects.iter().filter(|object| is_custom(object));
    let wanted: BTreeSet<GroupKind> = custom().map(Manifest::group_kind).collect();
    let own: BTreeMap<GroupKind, Definition> = definitions(objects.iter().chain(crds), &wanted)
        .into_iter()
        .map(|definition| (definition.kind.clone(), definition))
        .collect();
    let check = |object: &Manifest| {
        let kind = object.group_kind();
        let own = own.get(&kind).map(|definition| definition.check(object.json()));
        own.or_else(|| Some(kinds.get(&kind)?.check(object.json())))
    };
    custom().filter_map(check).flatten().collect()
}

/// Says whether the object is of a kind that the API server does not know by itself.
pub(super) fn is_custom(object: &Manifest) -> bool {
    object.group().contains('.') && !object.group().ends_with(".k8s.io")
}

/// Says whether the object is a definition of a kind.
pub(super) fn is_definition(manifest: &Manifest) -> bool {
    manifest.kind() == "CustomResourceDefinition" && manifest.group() == "apiextensions.k8s.io"
}

/// Says whether the chart wants the object to outlive the release.
pub(super) fn is_kept(manifest: &Manifest) -> bool {
    manifest.annotation(RESOURCE_POLICY).is_some_and(|policy| policy.trim().eq_ignore_ascii_case(KEEP))
}

/// Returns what a release needs: its namespaces and the kinds that it does not define itself.
pub(super) fn needs(namespace: &str, objects: &[Manifest], brings: &[Brings]) -> Vec<Need> {
    let namespaces = objects.iter().filter_map(Manifest::namespace).chain([namespace]);
    let kinds = objects.iter().filter(|object| is_custom(object)).map(Manifest::group_kind);
    let mut needs: Vec<Need> =
        namespaces.map(|name| Need::Namespace(name.to_owned())).chain(kinds.map(Need::Kind)).collect();
    needs.sort();
    needs.dedup();
    needs.retain(|need| !brings.iter().any(|brings| brings.satisfies(need)));
    needs
}

/// Returns what is there once a release is.
pub(super) fn brings(objects: &[Manifest], crds: &[Manifest]) -> Vec<Brings> {
    let definitions: Vec<&Manifest> =
        objects.iter().chain(crds).filter(|manifest| is_definition(manifest)).collect();
    let mut brings: Vec<Brings> =
        definitions.iter().copied().filter_map(defined_kind).map(Brings::Kind).collect();
    for object in objects {
        match (object.group(), object.kind()) {
            ("", "Namespace") => brings.push(Brings::Namespace(object.name().to_owned())),
            ("", "Secret") => brings.push(Brings::Secret(ObjectName {
                namespace: object.namespace().map(str::to_owned),
                name: object.name().to_owned(),
            })),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => {
                brings.extend(guarded_kinds(object, &definitions).into_iter().map(Brings::Webhook));
            }
            _ => {}
        }
    }
    brings.sort();
    brings.dedup();
    brings
}

/// Returns the kinds that the webhook looks at; its rules name them by their plurals.
fn guarded_kinds(webhook: &Manifest, definitions: &[&Manifest]) -> Vec<GroupKind> {
    let webhooks = webhook.get(&["webhooks"]).unwrap_or(&Json::Null);
    let rules: Vec<&Json> = list(webhooks).flat_map(|webhook| list(&webhook["rules"])).collect();
    let names = |list_of: &Json, wanted: &str| {
        list(list_of).filter_map(Json::as_str).any(|found| found == "*" || found == wanted)
    };
    let is_guarded = |definition: &Manifest| {
        rules.iter().any(|rule| {
            names(&rule["apiGroups"], definition.text(&["spec", "group"]))
                && names(&rule["resources"], definition.text(&["spec", "names", "plural"]))
        })
    };
    let guarded = definitions.iter().filter(|definition| is_guarded(definition));
    guarded.filter_map(|definition| defined_kind(definition)).collect()
}

fn list(json: &Json) -> std::slice::Iter<'_, Json> {
    json.as_array().map_or(&[][..], Vec::as_slice).iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn objects() -> Vec<Manifest> {
        let documents = [
            json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "nests.egg.io"},
                "spec": {"group": "egg.io", "scope": "Cluster", "names": {"kind": "Nest", "plural": "nests"}}}),
            json!({"apiVersion": "egg.io/v1", "kind": "Nest", "metadata": {"name": "own"}}),
            json!({"apiVersion": "other.io/v1", "kind": "Other", "metadata": {"name": "other"}}),
            json!({"apiVersion": "v1", "kind": "List", "items": [
                {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "stringData": {"a": "b"}}]}),
            json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": "w"},
                "webhooks": [{"rules": [{"apiGroups": ["egg.io"], "resources": ["nests"]}]}]}),
        ];
        let owner = Owner { name: "egg", namespace: "tree" };
        manifests(documents, Some(owner), "tree", &Discovery::default()).unwrap()
    }

    #[test]
    fn a_release_brings_what_its_objects_define_and_needs_the_rest() {
        let objects = objects();
        let brings = brings(&objects, &[]);
        let nest = GroupKind::new("egg.io", "Nest");
        assert_eq!(
            brings,
            [
                Brings::Kind(nest.clone()),
                Brings::Secret(ObjectName::namespaced("tree", "token")),
                Brings::Webhook(nest),
            ]
        );
        let other = Need::Kind(GroupKind::new("other.io", "Other"));
        assert_eq!(needs("tree", &objects, &brings), [Need::Namespace("tree".into()), other]);
    }

    #[test]
    fn objects_get_their_namespace_and_their_owner() {
        let objects = objects();
        let names: Vec<String> = objects.iter().map(|object| object.object_name().to_string()).collect();
        assert_eq!(names[..4], ["nests.egg.io", "own", "tree/other", "tree/token"]);
        assert_eq!(Owner { name: "egg", namespace: "tree" }.disowns(&objects[0]), None);
        let why = Owner { name: "other", namespace: "tree" }.disowns(&objects[0]).unwrap();
        assert!(why.contains("is `egg`, not `other`"), "{why}");
    }
}
