//! From client-side to server-side apply: what a client's merge wrote becomes what the server's merge owns.
//!
//! Without it two managers of the same name own the same fields, and what the chart drops later would stay.

use serde_json::{Value as Json, json};

use crate::helm::record::MANAGER;
use crate::kubernetes::{Client, FieldSet, KubernetesError, Manifest, Written};

/// Hands the object's fields over, if it is there and there are any.
pub(super) async fn migrate(client: &Client, object: &Manifest) -> Result<(), KubernetesError> {
    let resource = client.resource_of(object).await?;
    let name = object.object_name();
    loop {
        let Some(live) = client.get(&resource, &name).await? else { return Ok(()) };
        let Some(entries) = migrated(&live) else { return Ok(()) };
        let patch = json!({"metadata": {
            "managedFields": entries, "resourceVersion": live.resource_version(), "uid": live.uid(),
        }});
        match client.merge(&resource, &name, &patch, MANAGER).await {
            // Somebody else wrote in between: what is there now is looked at again.
            Err(error) if error.is_conflict() => {}
            other => return other.map(|_| ()),
        }
    }
}

/// Returns the entries with those of our updates united into the one of our applies.
fn migrated(live: &Manifest) -> Option<Vec<Json>> {
    let entries = live.get(&["metadata", "managedFields"])?.as_array()?;
    let is_ours = |entry: &Json, operation: &str| {
        entry["manager"] == MANAGER
            && entry["operation"] == operation
            && entry["subresource"].as_str().unwrap_or_default().is_empty()
    };
    let update = entries.iter().find(|entry| is_ours(entry, "Update"))?;
    let fields = FieldSet::owned_by(live, MANAGER, Written::Update).union(FieldSet::owned_by(
        live,
        MANAGER,
        Written::Apply,
    ));
    let mut ours = entries.iter().find(|entry| is_ours(entry, "Apply")).unwrap_or(update).clone();
    ours["operation"] = "Apply".into();
    ours["fieldsV1"] = fields.to_json();
    let others = entries.iter().filter(|entry| !is_ours(entry, "Update") && !is_ours(entry, "Apply"));
    Some(std::iter::once(ours).chain(others.cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_become_applies_and_others_keep_theirs() {
        let entry = |manager: &str, operation: &str, field: &str| {
            json!({"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1",
                "fieldsV1": {"f:data": {field: {}}}})
        };
        let object = |entries: Json| {
            Manifest::new(json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "a", "managedFields": entries}}))
            .unwrap()
        };
        let live = object(json!([
            entry("helm", "Update", "f:a"),
            entry("other", "Update", "f:b"),
            entry("helm", "Apply", "f:c"),
        ]));
        let entries = migrated(&live).unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0]["operation"], "Apply");
        assert_eq!(entries[0]["fieldsV1"]["f:data"], json!({"f:a": {}, "f:c": {}}));
        assert_eq!(entries[1]["manager"], "other");
        assert!(migrated(&object(json!([entry("helm", "Apply", "f:c")]))).is_none());
    }
}
