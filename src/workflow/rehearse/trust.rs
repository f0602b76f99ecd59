//! What unlocks what: from the age keys to the namespaces that secrets come out in.

use std::{collections::BTreeSet, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SpanRound, Timestamp, Unit};
use serde_json::Value as Json;

use crate::onepassword::Token;
use crate::resource::{Resource, Value, redacted};
use crate::secret::Secret;
use crate::sops::Document;
use crate::workflow::{Loaded, SecretFile};

/// What unlocks what. It holds names, ages and expiries, and no secret.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Everything that is unlocked or unlocks, in the order of the tiers.
    pub nodes: Vec<TrustNode>,
    /// Which node unlocks which, by their places in `nodes`.
    pub edges: BTreeSet<(usize, usize)>,
}

/// Something that is unlocked, or unlocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustNode {
    /// Where it stands on the way.
    pub tier: Tier,
    /// Its name.
    pub name: String,
    /// What is known of it: age, expiry, what it holds.
    pub facts: Vec<String>,
}

/// A stretch of the way from a key to a Secret that somebody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// An age key.
    Key,
    /// A file that SOPS encrypted.
    File,
    /// A Secret that is seeded.
    Seed,
    /// A vault of 1Password.
    Vault,
    /// A store.
    Store,
    /// What reads from a store.
    ExternalSecret,
    /// Where secrets come out.
    Namespace,
}

impl Tier {
    /// Every tier, from the key down.
    pub const ALL: [Self; 7] =
        [Self::Key, Self::File, Self::Seed, Self::Vault, Self::Store, Self::ExternalSecret, Self::Namespace];

    /// Returns what the tier is called in a report.
    pub fn title(self) -> &'static str {
        match self {
            Self::Key => "age key",
            Self::File => "SOPS file",
            Self::Seed => "seeded Secret",
            Self::Vault => "vault",
            Self::Store => "store",
            Self::ExternalSecret => "ExternalSecret",
            Self::Namespace => "namespace",
        }
    }
}

/// Returns what unlocks what in an environment, as of `now`. Reads what its files say of their encryption.
pub fn trust(project: &Path, loaded: &Loaded, now: Timestamp) -> Trust {
    let mut trust = Trust::default();
    let resources = || loaded.programs.values().flat_map(|program| &program.wanted.resources);
    for file in &loaded.files {
        trust.add_file(project, file, now);
    }
    let objects: Vec<(&Resource, Json)> =
        resources().map(|resource| (resource, redacted(&resource.inputs))).collect();
    for (resource, object) in objects.iter().filter(|(_, object)| object["kind"] == "Secret") {
        trust.add_seed(resource, object, &loaded.files, now);
    }
    for (_, object) in &objects {
        trust.add_store(object, loaded);
    }
    for (_, object) in objects.iter().filter(|(_, object)| object["kind"] == "ExternalSecret") {
        trust.add_external_secret(object);
    }
    trust
}

impl Trust {
    /// Returns the place of a node, which is added when it is not there.
    fn node(&mut self, tier: Tier, name: impl Into<String>) -> usize {
        let name = name.into();
        let known = self.nodes.iter().position(|node| node.tier == tier && node.name == name);
        known.unwrap_or_else(|| {
            self.nodes.push(TrustNode { tier, name, facts: Vec::new() });
            self.nodes.len() - 1
        })
    }

    fn tell(&mut self, node: usize, fact: String) {
        let facts = &mut self.nodes[node].facts;
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }

    fn add_file(&mut self, project: &Path, file: &SecretFile, now: Timestamp) {
        let node = self.node(Tier::File, &file.path);
        // A file that can't be read any more was read a moment ago: nothing is told of it.
        let Ok(document) = Document::load(&project.join(&file.path)) else { return };
        let recipients = document.metadata().recipients();
        if let Ok(then) = document.metadata().last_modified.to_string().parse() {
            self.tell(node, format!("encrypted {}", age(then, now)));
        }
        self.tell(
            node,
            match recipients.len() {
                1 => "one key opens it".to_owned(),
                keys => format!("{keys} keys open it"),
            },
        );
        if file.made_up {
            self.tell(node, "not opened: placeholders stand for its secrets".to_owned());
        }
        for recipient in &recipients {
            let key = self.node(Tier::Key, recipient);
            self.edges.insert((key, node));
        }
    }

    fn add_seed(&mut self, resource: &Resource, object: &Json, files: &[SecretFile], now: Timestamp) {
        let seed = self.node(Tier::Seed, name_of(object));
        let texts = secrets(resource.inputs.get("stringData"));
        for (key, text) in &texts {
            self.tell(seed, format!("key `{key}`"));
            if let Ok(token) = Token::parse(text) {
                self.tell(
                    seed,
                    match token.expires() {
                        Some(end) if end <= now => format!("Connect token, expired {}", age(end, now)),
                        Some(end) => format!("Connect token, ends {}", age(end, now)),
                        None => "Connect token without an end".to_owned(),
                    },
                );
            }
        }
        let from: Vec<&SecretFile> = files.iter().filter(|file| gives(file, &texts)).collect();
        for file in from {
            let file = self.node(Tier::File, &file.path);
            self.edges.insert((file, seed));
        }
    }

    fn add_store(&mut self, object: &Json, loaded: &Loaded) {
        let Some(provider) = object.pointer("/spec/provider").and_then(Json::as_object) else { return };
        let store = self.node(Tier::Store, store_name(text(object, "/kind"), &name_of(object)));
        let proofs = loaded.programs.values().flat_map(|program| &program.proofs);
        let is_this =
            |kind: &str, name: &str| kind == text(object, "/kind") && name == text(object, "/metadata/name");
        let proof = proofs.into_iter().find(|proof| is_this(&proof.kind.to_string(), &proof.store.name));
        let vaults = object.pointer("/spec/provider/onepassword/vaults").and_then(Json::as_object);
        let names: Vec<&String> = vaults.map(|vaults| vaults.keys().collect()).unwrap_or_default();
        for kind in provider.keys() {
            self.tell(store, format!("provider {kind}"));
        }
        let namespaces = allowed(object);
        self.tell(
            store,
            match namespaces.as_slice() {
                [] if text(object, "/kind") == "ClusterSecretStore" => "any namespace may use it".to_owned(),
                [] => "its own namespace uses it".to_owned(),
                some => format!("only {} may use it", some.join(", ")),
            },
        );
        let seeds: Vec<usize> = proof
            .map(|proof| proof.secrets.iter().map(|name| self.node(Tier::Seed, name.to_string())).collect())
            .unwrap_or_default();
        for name in &names {
            let vault = self.node(Tier::Vault, name.as_str());
            self.edges.insert((vault, store));
            self.edges.extend(seeds.iter().map(|seed| (*seed, vault)));
        }
        if names.is_empty() {
            self.edges.extend(seeds.iter().map(|seed| (*seed, store)));
        }
    }

    fn add_external_secret(&mut self, object: &Json) {
        let external = self.node(Tier::ExternalSecret, name_of(object));
        let reference = |key: &str| text(object, &format!("/spec/secretStoreRef/{key}"));
        let kind = if reference("kind").is_empty() { "SecretStore" } else { reference("kind") };
        let namespace = text(object, "/metadata/namespace");
        let full = if kind == "SecretStore" {
            format!("{namespace}/{}", reference("name"))
        } else {
            reference("name").to_owned()
        };
        let store = self.node(Tier::Store, store_name(kind, &full));
        self.edges.insert((store, external));
        for entry in object.pointer("/spec/data").and_then(Json::as_array).into_iter().flatten() {
            let (item, property) = (text(entry, "/remoteRef/key"), text(entry, "/remoteRef/property"));
            self.tell(external, format!("reads {item} {property}").trim_end().to_owned());
        }
        if !text(object, "/spec/refreshInterval").is_empty() {
            self.tell(external, format!("every {}", text(object, "/spec/refreshInterval")));
        }
        let space = self.node(Tier::Namespace, namespace);
        self.edges.insert((external, space));
    }
}

/// Returns the texts of a Secret's data by key.
#[expect(clippy::disallowed_methods, reason = "the texts are looked at here, and shown nowhere")]
fn secrets(data: Option<&Value>) -> Vec<(String, Secret<String>)> {
    let Some(Value::Map(entries)) = data else { return Vec::new() };
    let text = |value: &Value| match value {
        Value::Secret(secret) => match secret.expose() {
            Value::String(text) => Some(Secret::new(text.as_ref().to_owned())),
            _ => None,
        },
        _ => None,
    };
    entries.iter().filter_map(|(key, value)| Some((key.to_string(), text(value)?))).collect()
}

/// Says whether a text of a Secret came out of a file; older charts take one in base64.
#[expect(clippy::disallowed_methods, reason = "texts are compared, and shown nowhere")]
fn gives(file: &SecretFile, texts: &[(String, Secret<String>)]) -> bool {
    let mut held = Vec::new();
    leaves(&file.value, &mut held);
    texts.iter().any(|(_, text)| {
        let text = text.expose().trim();
        let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        held.iter().any(|one| {
            let one = one.trim();
            // Credentials that stand in a file as an object become one text, of which each leaf is a part.
            one == text || decoded.as_deref() == Some(one) || one.len() > 20 && text.contains(one)
        })
    })
}

#[expect(clippy::disallowed_methods, reason = "texts are compared, and shown nowhere")]
fn leaves<'a>(value: &'a Value, held: &mut Vec<&'a str>) {
    match value {
        Value::Secret(secret) => leaves(secret.expose(), held),
        Value::String(text) => held.push(text),
        Value::List(values) => values.iter().for_each(|value| leaves(value, held)),
        Value::Map(entries) => entries.values().for_each(|value| leaves(value, held)),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Bytes(_)
        | Value::Deferred(_)
        | Value::Unknown => {}
    }
}

fn allowed(store: &Json) -> Vec<&str> {
    let conditions = store.pointer("/spec/conditions").and_then(Json::as_array).into_iter().flatten();
    let namespaces = conditions.filter_map(|condition| condition["namespaces"].as_array()).flatten();
    namespaces.filter_map(Json::as_str).collect()
}

fn store_name(kind: &str, name: &str) -> String {
    format!("{kind} {name}")
}

fn name_of(object: &Json) -> String {
    match text(object, "/metadata/namespace") {
        "" => text(object, "/metadata/name").to_owned(),
        namespace => format!("{namespace}/{}", text(object, "/metadata/name")),
    }
}

/// Returns a day and how far away it is: `2026-11-22 (12 days ago)`.
fn age(then: Timestamp, now: Timestamp) -> String {
    let days = (now - then)
        .round(SpanRound::new().largest(Unit::Hour).smallest(Unit::Hour))
        .map_or(0, |span| i64::from(span.get_hours()) / 24);
    let distance = match days {
        0 => "today".to_owned(),
        1 => "a day ago".to_owned(),
        -1 => "in a day".to_owned(),
        days if days > 0 => format!("{days} days ago"),
        days => format!("in {} days", -days),
    };
    format!("{} ({distance})", then.strftime("%Y-%m-%d"))
}

fn text<'a>(object: &'a Json, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_a_day_and_its_distance() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let at = |text: &str| age(text.parse().unwrap(), now);
        assert_eq!(at("2026-11-22T11:31:21Z"), "2026-11-22 (today)");
        assert_eq!(at("2026-11-10T12:00:00Z"), "2026-11-10 (12 days ago)");
        assert_eq!(at("2027-01-01T12:00:00Z"), "2027-01-01 (in 40 days)");
    }

    #[test]
    fn what_comes_out_of_a_file_is_told_by_its_text() {
        let file = |text: &str| SecretFile {
            path: "a".into(),
            value: Value::map([("token", Value::from(text).secret())]),
            made_up: false,
        };
        let texts = [("k".to_owned(), Secret::new(STANDARD.encode("chirp")))];
        assert!(gives(&file("chirp\n"), &texts));
        assert!(!gives(&file("tweet"), &texts));
    }
}
