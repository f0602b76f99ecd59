//! What the rehearsal's 1Password and Pulumi ESC hold: whatever the environment's ExternalSecrets ask for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::rehearsal::programs::{
    connect::Vaults,
    pulumi_esc::{EscEnvironments, HOST},
};
use crate::resource::{Resource, redacted};
use crate::secret::Secret;
use crate::workflow::Loaded;

/// The value of a field that the environment does not expect a value of.
const PLACEHOLDER: &str = "rehearsed";

/// What stands for the services that the environment's stores read from.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    /// What 1Password holds.
    pub(super) vaults: Vaults,
    /// What Pulumi ESC holds.
    pub(super) environments: EscEnvironments,
    /// Where Pulumi's API is: host and port.
    pub(super) apis: BTreeSet<(String, u16)>,
}

/// Where a store reads from.
enum Source<'a> {
    Vault(&'a str),
    Environment(String),
}

/// Returns services in which everything is that the environment refers to.
///
/// A value that a canary compares is what the canary expects; every other one is a placeholder: a text, or where all of
/// an object is wanted, an object.
#[expect(
    clippy::disallowed_methods,
    reason = "the expected value goes into what stands for the service that has it"
)]
pub(super) fn content(loaded: &Loaded) -> Content {
    let objects: Vec<Json> = loaded
        .programs
        .values()
        .flat_map(|program| &program.wanted.resources)
        .map(|resource: &Resource| redacted(&resource.inputs))
        .collect();
    let mut content = Content::default();
    let sources = sources(&objects, &mut content);
    let expected = expected(loaded);
    let mut items: BTreeMap<(&str, &str), BTreeMap<&str, &str>> = BTreeMap::new();
    // Single values come after objects: of those some are expected.
    let used = used_keys(&objects);
    for object in objects.iter().filter(|object| object["kind"] == "ExternalSecret") {
        let secret = (text(object, "/metadata/namespace"), text(object, "/spec/target/name"));
        let keys = used.get(&secret).into_iter().flatten().copied().chain(["PLACEHOLDER"]);
        let extracts = object["spec"]["dataFrom"].as_array().into_iter().flatten();
        for item in extracts.map(|part| text(part, "/extract/key")).filter(|item| !item.is_empty()) {
            match sources.get(&store_of(object)) {
                Some(Source::Vault(vault)) => {
                    let fields = items.entry((vault, item)).or_default();
                    fields.extend(keys.clone().map(|key| (key, PLACEHOLDER)));
                }
                Some(Source::Environment(name)) => {
                    let place = |key: &str| format!("{item}[\"{key}\"]");
                    content.environments = keys.clone().fold(content.environments, |environments, key| {
                        environments.with(name, &place(key), PLACEHOLDER.into())
                    });
                }
                None => {}
            }
        }
    }
    for object in objects.iter().filter(|object| object["kind"] == "ExternalSecret") {
        let canary = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
        let value = expected.get(&canary).map_or(PLACEHOLDER, |value| value.expose().as_str());
        let entries = object["spec"]["data"].as_array().into_iter().flatten();
        match sources.get(&store_of(object)) {
            Some(Source::Vault(vault)) => {
                for entry in entries {
                    let property = entry["remoteRef"]["property"].as_str().unwrap_or("password");
                    let item = items.entry((vault, text(entry, "/remoteRef/key"))).or_default();
                    if expected.contains_key(&canary) {
                        item.insert(property, value);
                    } else {
                        item.entry(property).or_insert(value);
                    }
                }
            }
            Some(Source::Environment(name)) => {
                for entry in entries {
                    let hidden = json!({"fn::secret": value});
                    content.environments =
                        content.environments.with(name, text(entry, "/remoteRef/key"), hidden);
                }
            }
            None => {}
        }
    }
    content.vaults = items.into_iter().fold(content.vaults, |vaults, ((vault, item), fields)| {
        let fields: Vec<(&str, &str)> = fields.into_iter().collect();
        vaults.login(vault, item, &fields)
    });
    content
}

/// The store that an object is, or refers to: its kind, namespace and name.
type StoreKey<'a> = (&'a str, &'a str, &'a str);

/// Returns where each store reads from, and makes what it opens.
fn sources<'a>(objects: &'a [Json], content: &mut Content) -> BTreeMap<StoreKey<'a>, Source<'a>> {
    let mut sources = BTreeMap::new();
    let mut vaults_made = BTreeSet::new();
    for object in objects {
        let provider = &object["spec"]["provider"];
        let key =
            (text(object, "/kind"), text(object, "/metadata/namespace"), text(object, "/metadata/name"));
        if let Some(vaults) = provider["onepassword"]["vaults"].as_object()
            && let Some((first, _)) = vaults.iter().min_by_key(|(_, order)| order.as_u64())
        {
            for name in vaults.keys().filter(|name| vaults_made.insert(name.as_str())) {
                content.vaults = std::mem::take(&mut content.vaults).placeholder(name);
            }
            sources.insert(key, Source::Vault(first.as_str()));
        }
        let pulumi = &provider["pulumi"];
        if pulumi.is_object() {
            let part = |key: &str| pulumi[key].as_str().unwrap_or_default();
            let name = format!("{}/{}/{}", part("organization"), part("project"), part("environment"));
            content.apis.insert(api(pulumi["apiUrl"].as_str()));
            content.environments = std::mem::take(&mut content.environments).with(&name, "", json!({}));
            sources.insert(key, Source::Environment(name));
        }
    }
    sources
}

/// Returns the keys of Secrets, by namespace and name, that containers of releases get as variables.
fn used_keys(objects: &[Json]) -> BTreeMap<(&str, &str), BTreeSet<&str>> {
    let mut used: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for release in objects.iter().filter(|object| object["chart"].is_object()) {
        let variables = release["values"]["extraEnvs"].as_array().into_iter().flatten();
        for reference in variables.filter_map(|variable| variable.pointer("/valueFrom/secretKeyRef")) {
            let secret = (text(release, "/namespace"), text(reference, "/name"));
            used.entry(secret).or_default().insert(text(reference, "/key"));
        }
    }
    used
}

/// Returns the host and port of Pulumi's API.
fn api(url: Option<&str>) -> (String, u16) {
    let url = url.and_then(|url| url::Url::parse(url).ok());
    let place = url.as_ref().and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?)));
    place.unwrap_or_else(|| (HOST.to_owned(), 443))
}

fn store_of(object: &Json) -> StoreKey<'_> {
    let name = text(object, "/spec/secretStoreRef/name");
    match text(object, "/spec/secretStoreRef/kind") {
        "ClusterSecretStore" => ("ClusterSecretStore", "", name),
        _ => ("SecretStore", text(object, "/metadata/namespace"), name),
    }
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
