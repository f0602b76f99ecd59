//! OpenAPI v3: as much of it as kubectl reads, to explain kinds and to see that the server validates fields itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use super::{kind::Kind, registry::Registry};
use crate::rehearsal::schema::{Schema, reference};

/// Returns `/openapi/v3`: where each version of a group is described.
pub(super) fn index(registry: &Registry) -> Json {
    let mut versions: BTreeMap<String, Sha256> = BTreeMap::new();
    for kind in registry.kinds() {
        let hash = versions.entry(path_of(kind)).or_default();
        hash.update(&kind.kind);
        // Clients keep what they read under its hash: it is that of what a definition says.
        if let Some(version) = &kind.custom {
            hash.update(version.to_string());
        }
    }
    let paths: Map<String, Json> = versions
        .into_iter()
        .map(|(path, hash)| {
            let url = format!("/openapi/v3/{path}?hash={}", hex::encode_upper(hash.finalize()));
            (path, json!({"serverRelativeURL": url}))
        })
        .collect();
    json!({"paths": paths})
}

fn path_of(kind: &Kind) -> String {
    match kind.group.as_str() {
        "" => format!("api/{}", kind.version),
        group => format!("apis/{group}/{}", kind.version),
    }
}

/// Returns the description of a version of a group.
pub(super) fn document(registry: &Registry, group: &str, version: &str, server: &str) -> Option<Json> {
    let kinds: Vec<&Kind> = registry
        .kinds()
        .filter(|kind| kind.group == group && kind.version == version)
        .map(|kind| &**kind)
        .collect();
    let (mut paths, mut schemas) = (Map::new(), BTreeMap::new());
    for kind in &kinds {
        let name = schema_of(kind, &mut schemas);
        let gvk = json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
        if let Some(schema) = schemas.get_mut(&name) {
            schema["x-kubernetes-group-version-kind"] = json!([gvk]);
        }
        let place = if kind.namespaced { "namespaces/{namespace}/" } else { "" };
        let path = format!("/{}/{place}{}", path_of(kind), kind.plural());
        let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
        let parameters = ["dryRun", "fieldManager", "fieldValidation"].map(parameter);
        let operation = |action: &str| {
            json!({"x-kubernetes-action": action, "x-kubernetes-group-version-kind": gvk, "parameters": parameters,
                "responses": {"200": {"description": "OK", "content": {"application/json": {"schema": reference(&name)}}}}})
        };
        paths.insert(path.clone(), json!({"post": operation("post")}));
        if !kind.traits.review {
            let object =
                json!({"get": operation("get"), "put": operation("put"), "patch": operation("patch")});
            paths.insert(format!("{path}/{{name}}"), object);
        }
    }
    (!kinds.is_empty()).then(|| {
        json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": server}, "paths": paths,
            "components": {"schemas": schemas}})
    })
}

/// Adds a kind's schema and those that it refers to; returns its name.
fn schema_of(kind: &Kind, schemas: &mut BTreeMap<String, Json>) -> String {
    let Some(version) = &kind.custom else {
        let (name, types) = kind.schema.describe();
        schemas.extend(types);
        return name;
    };
    let mut schema = version["schema"]["openAPIV3Schema"].clone();
    if !schema["properties"].is_object() {
        schema["properties"] = json!({});
    }
    let any = Schema::builtin("", "v1", "ConfigMap").map(|schema| schema.describe().1).unwrap_or_default();
    schemas.extend(any.into_iter().filter(|(name, _)| name != "ConfigMap"));
    schema["properties"]["apiVersion"] = json!({"type": "string"});
    schema["properties"]["kind"] = json!({"type": "string"});
    schema["properties"]["metadata"] = json!({"allOf": [reference("ObjectMeta")]});
    let group: Vec<&str> = kind.group.split('.').rev().collect();
    let name = format!("{}.{}.{}", group.join("."), kind.version, kind.kind);
    schemas.insert(name.clone(), schema);
    name
}
