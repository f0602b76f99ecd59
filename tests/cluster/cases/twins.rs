//! The same environment brought up on the real cluster and on a rehearsal's: the same objects have to be left.

use std::collections::BTreeMap;
use std::process::Stdio;

use hmac::{Hmac, Mac};
use kube::api::{DynamicObject, ListParams};
use kube::discovery::{Discovery, verbs};
use kube::{Api, Client};
use libtest_mimic::Trial;
use serde_json::{Map, Value as Json, json};
use sha2::Sha256;

use crate::cases::operator::charts;
use crate::cases::project::{binary, outcome, repository};
use crate::cases::trial;
use crate::cluster::{Cluster, Options, runtime};
use crate::rehearsed::Rehearsed;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial("twins::an_environment_leaves_the_same_objects_on_both_clusters", the_same_objects)]
}

fn the_same_objects() {
    let Some(charts) = charts() else { return };
    let real = Cluster::start(&Options::default());
    let rehearsed = Rehearsed::start(&real.connect().vaults().read());
    let key = repository().join("tests/fixtures/keys/production.agekey");
    let mut on_rehearsal = rehearsed.command(env!("CARGO_BIN_EXE_eggtooth"));
    on_rehearsal.arg("--project").arg(repository()).stdin(Stdio::null()).env("EGGTOOTH_CHARTS", charts);
    for command in [&mut binary(&real, repository()), &mut on_rehearsal] {
        outcome(command.env("SOPS_AGE_KEY_FILE", &key).args(["up", "production", "--yes"])).expect(0);
    }

    let mut found = Vec::new();
    for client in [real.client(), rehearsed.client()] {
        found.push(runtime().block_on(ours(&client)));
    }
    let (real, rehearsed) = (&found[0], &found[1]);
    let mut different = Vec::new();
    for name in real.keys().chain(rehearsed.keys().filter(|name| !real.contains_key(*name))) {
        let side = |objects: &BTreeMap<String, Json>| objects.get(name).cloned().unwrap_or_default();
        differences(name, &side(real), &side(rehearsed), &mut different);
    }
    eprintln!("twins: {} objects, {} differences", real.len(), different.len());
    assert!(real.len() > 50, "only {} objects were found", real.len());
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Returns each object that helm, Eggtooth or the operator wrote, without what the servers and the hour wrote into it.
async fn ours(client: &Client) -> BTreeMap<String, Json> {
    let discovery = Discovery::new(client.clone()).run().await.unwrap();
    let mut found = BTreeMap::new();
    for (resource, capabilities) in
        discovery.groups().flat_map(kube::discovery::ApiGroup::recommended_resources)
    {
        // A Lease beats and an Event tells of time; both are of the moment.
        let momentary = matches!(resource.kind.as_str(), "Lease" | "Event");
        if momentary || !capabilities.supports_operation(verbs::LIST) {
            continue;
        }
        let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource);
        let list = api.list(&ListParams::default()).await.unwrap();
        for object in list.items {
            let mut json = serde_json::to_value(object).unwrap();
            let managers = json["metadata"]["managedFields"].as_array().into_iter().flatten();
            let mut managers = managers.filter_map(|entry| entry["manager"].as_str());
            if !managers.any(|name| ["helm", "eggtooth", "external"].iter().any(|own| name.starts_with(own)))
            {
                continue;
            }
            let text = |key: &str| json["metadata"][key].as_str().unwrap_or_default().to_owned();
            let name = format!("{}/{}/{}", resource.kind, text("namespace"), text("name"));
            settle(&resource.kind, &mut json);
            found.insert(name, json);
        }
    }
    found
}

fn settle(kind: &str, object: &mut Json) {
    let metadata = &object["metadata"];
    let owners = metadata["ownerReferences"].as_array().into_iter().flatten();
    let owners: Vec<Json> = owners.map(|owner| json!([owner["kind"], owner["name"]])).collect();
    let finalizers = &metadata["finalizers"];
    let kept = json!({"name": metadata["name"], "namespace": metadata["namespace"], "labels": metadata["labels"],
        "annotations": metadata["annotations"], "owners": owners, "finalizers": finalizers});
    let secret = kind == "Secret";
    // Certificates, release records with their times and sealed state are made by lot.
    let drawn = metadata["namespace"] == "eggtooth-system"
        || object["type"] == "helm.sh/release.v1"
        || metadata["name"] == "external-secrets-webhook";
    let fields = object.as_object_mut().unwrap();
    fields.remove("status");
    fields.insert("metadata".to_owned(), kept);
    if let Some(Json::Object(data)) = fields.get_mut("data").filter(|_| secret) {
        for value in data.values_mut() {
            *value = if drawn { "~".into() } else { fingerprint(value).into() };
        }
    }
    mask(object);
}

/// Values are compared without being shown.
fn fingerprint(value: &Json) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"twins").unwrap();
    mac.update(value.as_str().unwrap_or_default().as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

/// Takes out what each server fills in by itself.
fn mask(value: &mut Json) {
    match value {
        Json::Object(entries) => {
            let own = |key: &str, value: &Json| match key {
                "caBundle" => value.is_string(),
                "clusterIP" | "clusterIPs" => *value != "None" && *value != json!(["None"]),
                // Counted by a controller; of the moment; under a key of the cluster's own; of all kinds that it serves.
                "deployment.kubernetes.io/revision"
                | "createdAt"
                | "modifiedAt"
                | "force-sync"
                | "eggtooth.dev/started-for"
                | "eggtooth.dev/rendered-from" => true,
                _ => false,
            };
            let masked: Map<String, Json> = std::mem::take(entries)
                .into_iter()
                .map(|(key, mut value)| {
                    if own(&key, &value) {
                        value = "~".into();
                    }
                    mask(&mut value);
                    (key, value)
                })
                .collect();
            *entries = masked;
        }
        Json::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}

fn differences(path: &str, real: &Json, rehearsed: &Json, told: &mut Vec<String>) {
    match (real, rehearsed) {
        (Json::Object(left), Json::Object(right)) => {
            for key in left.keys().chain(right.keys().filter(|key| !left.contains_key(*key))) {
                let side = |entries: &Map<String, Json>| entries.get(key).cloned().unwrap_or_default();
                differences(&format!("{path}.{key}"), &side(left), &side(right), told);
            }
        }
        (Json::Array(left), Json::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                differences(&format!("{path}[{index}]"), left, right, told);
            }
        }
        _ if real == rehearsed => {}
        _ => {
            let shown = |value: &Json| value.to_string().chars().take(200).collect::<String>();
            told.push(format!("{path}: real {}, rehearsed {}", shown(real), shown(rehearsed)));
        }
    }
}
