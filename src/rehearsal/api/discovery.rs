//! Discovery: which groups, versions and kinds there are, in the old form and the aggregated one.

use serde_json::{Value as Json, json};

use super::{
    kind::{Kind, Subresource},
    registry::Registry,
};

/// The served versions of a group in the order of preference, each with its kinds.
struct Group<'a> {
    name: &'a str,
    versions: Vec<(&'a str, Vec<&'a Kind>)>,
}

fn groups(registry: &Registry) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for kind in registry.kinds() {
        let at = groups.iter().position(|group| group.name == kind.group).unwrap_or_else(|| {
            groups.push(Group { name: &kind.group, versions: Vec::new() });
            groups.len() - 1
        });
        let versions = &mut groups[at].versions;
        match versions.iter_mut().find(|(version, _)| *version == kind.version) {
            Some((_, kinds)) => kinds.push(kind),
            None => versions.push((&kind.version, vec![kind])),
        }
    }
    for group in &mut groups {
        for (_, kinds) in &mut group.versions {
            kinds.sort_by_key(|kind| kind.plural());
        }
    }
    groups
}

/// Returns the aggregated discovery of the core group, or of all others.
pub(super) fn aggregated(registry: &Registry, core: bool, version: &str) -> Json {
    let items: Vec<Json> = groups(registry)
        .into_iter()
        .filter(|group| group.name.is_empty() == core)
        .map(|group| {
            let versions: Vec<Json> = group
                .versions
                .iter()
                .map(|(version, kinds)| {
                    let resources: Vec<Json> = kinds.iter().map(|kind| aggregated_kind(kind)).collect();
                    json!({"version": version, "resources": resources, "freshness": "Current"})
                })
                .collect();
            let metadata = if core { json!({}) } else { json!({"name": group.name}) };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    let api_version = format!("apidiscovery.k8s.io/{version}");
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": api_version, "metadata": {}, "items": items})
}

fn aggregated_kind(kind: &Kind) -> Json {
    // Builtin kinds say their group and version only where they differ from the list's.
    let own = |name: &str| match kind.custom {
        Some(_) => json!({"group": kind.group, "version": kind.version, "kind": name}),
        None => json!({"group": "", "version": "", "kind": name}),
    };
    let mut json = json!({
        "resource": kind.plural(), "responseKind": own(&kind.kind),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.singular, "verbs": kind.verbs(),
    });
    lists(&mut json, kind);
    let subresources: Vec<Json> = kind
        .subresources()
        .into_iter()
        .map(|Subresource { name, group, version, kind, verbs }| {
            let response = match group {
                "" => own(&kind),
                group => json!({"group": group, "version": version, "kind": kind}),
            };
            json!({"subresource": name, "responseKind": response, "verbs": verbs})
        })
        .collect();
    if !subresources.is_empty() {
        json["subresources"] = subresources.into();
    }
    json
}

fn lists(json: &mut Json, kind: &Kind) {
    for (key, names) in [("shortNames", &kind.short_names), ("categories", &kind.categories)] {
        if !names.is_empty() {
            json[key] = names.clone().into();
        }
    }
}

/// Returns `/api`.
pub(super) fn versions(address: &str) -> Json {
    json!({"kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]})
}

/// Returns `/apis`.
pub(super) fn group_list(registry: &Registry) -> Json {
    let groups: Vec<Json> =
        groups(registry).iter().filter(|group| !group.name.is_empty()).map(group_body).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// Returns `/apis/GROUP`.
pub(super) fn group(registry: &Registry, name: &str) -> Option<Json> {
    let groups = groups(registry);
    let mut body = group_body(groups.iter().find(|group| group.name == name)?);
    body["kind"] = "APIGroup".into();
    body["apiVersion"] = "v1".into();
    Some(body)
}

fn group_body(group: &Group<'_>) -> Json {
    let name = group.name;
    let versions: Vec<Json> = group
        .versions
        .iter()
        .map(|(version, _)| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions.first()})
}

/// Returns `/api/v1` or `/apis/GROUP/VERSION`.
pub(super) fn resource_list(registry: &Registry, group: &str, version: &str) -> Option<Json> {
    let groups = groups(registry);
    let group = groups.iter().find(|one| one.name == group)?;
    let (_, kinds) = group.versions.iter().find(|(one, _)| *one == version)?;
    let mut resources = Vec::new();
    for kind in kinds {
        let mut json = json!({"name": kind.plural(), "singularName": kind.singular,
            "namespaced": kind.namespaced, "kind": kind.kind, "verbs": kind.verbs()});
        lists(&mut json, kind);
        resources.push(json);
        for subresource in kind.subresources() {
            let name = format!("{}/{}", kind.plural(), subresource.name);
            let mut json = json!({"name": name, "singularName": "", "namespaced": kind.namespaced,
                "kind": subresource.kind, "verbs": subresource.verbs});
            if !subresource.group.is_empty() {
                json["group"] = subresource.group.into();
                json["version"] = subresource.version.into();
            }
            resources.push(json);
        }
    }
    let version =
        if group.name.is_empty() { version.to_owned() } else { format!("{}/{version}", group.name) };
    Some(
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}),
    )
}
