//! What the rehearsal's 1Password holds: whatever the environment's ExternalSecrets ask for.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::rehearsal::programs::connect::Vaults;
use crate::resource::{Resource, redacted};
use crate::secret::Secret;
use crate::workflow::Loaded;

/// The value of a field that the environment does not expect a value of.
const PLACEHOLDER: &str = "rehearsed";

/// Returns vaults in which each item that the environment refers to has the fields that it asks for.
///
/// A field that a canary compares has the value that the canary expects; every other one a placeholder.
#[expect(
    clippy::disallowed_methods,
    reason = "the expected value goes into the vault that stands for 1Password"
)]
pub(super) fn vaults(loaded: &Loaded) -> Vaults {
    let objects: Vec<Json> = loaded
        .programs
        .values()
        .flat_map(|program| &program.wanted.resources)
        .map(|resource: &Resource| redacted(&resource.inputs))
        .collect();
    let stores = stores(&objects);
    let expected = expected(loaded);
    let mut items: BTreeMap<(&str, &str), BTreeMap<&str, &str>> = BTreeMap::new();
    for object in objects.iter().filter(|object| object["kind"] == "ExternalSecret") {
        let Some(vault) = stores.get(&store_of(object)) else { continue };
        let canary = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
        for entry in object["spec"]["data"].as_array().into_iter().flatten() {
            let property = entry["remoteRef"]["property"].as_str().unwrap_or("password");
            let value = expected.get(&canary).map_or(PLACEHOLDER, |value| value.expose().as_str());
            items.entry((vault, text(entry, "/remoteRef/key"))).or_default().insert(property, value);
        }
    }
    let empty = stores.values().fold(Vaults::default(), |vaults, vault| vaults.placeholder(vault));
    items.into_iter().fold(empty, |vaults, ((vault, item), fields)| {
        let fields: Vec<(&str, &str)> = fields.into_iter().collect();
        vaults.login(vault, item, &fields)
    })
}

/// The store that an object is, or refers to: its kind and name.
type StoreKey<'a> = (&'a str, &'a str);

/// Returns the first vault of each store of 1Password.
fn stores(objects: &[Json]) -> BTreeMap<StoreKey<'_>, &str> {
    objects
        .iter()
        .filter_map(|object| {
            let vaults = object.pointer("/spec/provider/onepassword/vaults")?.as_object()?;
            let (first, _) = vaults.iter().min_by_key(|(_, order)| order.as_u64())?;
            Some(((text(object, "/kind"), text(object, "/metadata/name")), first.as_str()))
        })
        .collect()
}

fn store_of(object: &Json) -> StoreKey<'_> {
    let kind = text(object, "/spec/secretStoreRef/kind");
    (if kind.is_empty() { "SecretStore" } else { kind }, text(object, "/spec/secretStoreRef/name"))
}

/// Returns what each canary must deliver, by namespace and name.
fn expected(loaded: &Loaded) -> BTreeMap<(&str, &str), &Secret<String>> {
    let proofs = loaded.programs.values().flat_map(|program| &program.proofs);
    proofs
        .filter_map(|proof| {
            let canary = proof.canary.as_ref()?;
            let namespace = canary.name.namespace.as_deref().unwrap_or_default();
            Some(((namespace, canary.name.name.as_str()), canary.equals.as_ref()?))
        })
        .collect()
}

fn text<'a>(object: &'a Json, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
}
