//! What of an object differs from what is wanted, at the wanted fields and at those that our manager owns.
//!
//! Defaults that the server fills in and fields of other managers are no difference; a field that we own and want
//! no longer is one. The comparison is pure. It knows no schema, so it may see a difference where the server would
//! see none: [`predicted`] compares with what a dry run made of it, and decides. Values of Secrets are never shown.

use serde_json::{Map, Value as Json};

use super::{FieldSet, Manifest, field_set::Step, quantity::same_quantity};
use crate::resource::FieldChange;

/// Compares what is wanted with what is there.
pub fn diff(desired: &Manifest, live: &Manifest, owned: &FieldSet) -> Vec<FieldChange> {
    let mut comparison = Comparison { desired, path: Vec::new(), changes: Vec::new() };
    comparison.maps(object(desired.json()), object(live.json()), Some(owned));
    comparison.changes
}

/// As [`diff`], at the labels, annotations and other metadata only.
pub(super) fn diff_metadata(desired: &Manifest, live: &Manifest, owned: &FieldSet) -> Vec<FieldChange> {
    let mut comparison = Comparison { desired, path: vec!["metadata".into()], changes: Vec::new() };
    let metadata = |manifest: &Manifest| manifest.get(&["metadata"]).cloned().unwrap_or_default();
    comparison.maps(object(&metadata(desired)), object(&metadata(live)), owned.field("metadata"));
    comparison.changes
}

/// Compares what is there with what a dry run of the server made of what is wanted.
pub fn predicted(live: &Manifest, predicted: &Manifest) -> Vec<FieldChange> {
    let mut comparison = Comparison { desired: predicted, path: Vec::new(), changes: Vec::new() };
    comparison.all(Some(&without_bookkeeping(live)), Some(&without_bookkeeping(predicted)));
    comparison.changes
}

fn without_bookkeeping(manifest: &Manifest) -> Json {
    let mut json = manifest.json().clone();
    if let Some(entries) = json.as_object_mut() {
        entries.remove("status");
    }
    if let Some(metadata) = json.get_mut("metadata").and_then(Json::as_object_mut) {
        for field in ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid"] {
            metadata.remove(field);
        }
    }
    json
}

fn object(json: &Json) -> &Map<String, Json> {
    static EMPTY: std::sync::LazyLock<Map<String, Json>> = std::sync::LazyLock::new(Map::new);
    json.as_object().unwrap_or(&EMPTY)
}

struct Comparison<'a> {
    desired: &'a Manifest,
    path: Vec<String>,
    changes: Vec<FieldChange>,
}

impl Comparison<'_> {
    fn at(&mut self, step: impl Into<String>, compare: impl FnOnce(&mut Self)) {
        self.path.push(step.into());
        compare(self);
        self.path.pop();
    }

    fn maps(&mut self, desired: &Map<String, Json>, live: &Map<String, Json>, owned: Option<&FieldSet>) {
        for (key, wanted) in desired {
            if self.is_identity(key) {
                continue;
            }
            let below = owned.and_then(|owned| owned.field(key));
            self.at(key.as_str(), |this| this.values(wanted, live.get(key), below));
        }
        for (step, below) in owned.into_iter().flat_map(FieldSet::children) {
            if let Step::Field(key) = step
                && !desired.contains_key(key)
                && let Some(there) = live.get(key)
            {
                self.at(key.as_str(), |this| this.removed(there, below));
            }
        }
    }

    /// What names the object can't differ: it was found by it. `status` is its controller's.
    fn is_identity(&self, key: &str) -> bool {
        match self.path.as_slice() {
            [] => matches!(key, "apiVersion" | "kind" | "status"),
            [metadata] if metadata == "metadata" => matches!(key, "name" | "namespace"),
            _ => false,
        }
    }

    fn values(&mut self, desired: &Json, live: Option<&Json>, owned: Option<&FieldSet>) {
        match (desired, live) {
            (Json::Object(wanted), Some(Json::Object(there))) => self.maps(wanted, there, owned),
            (Json::Array(wanted), Some(Json::Array(there))) => self.lists(wanted, there, owned),
            (wanted, None) if is_empty(wanted) => {}
            (wanted, Some(there)) if self.same(wanted, there) => {}
            (wanted, there) => self.change(there, Some(wanted)),
        }
    }

    /// The schema's list type shows in what we own: keys or values where elements merge, nothing where the list is
    /// one value.
    fn lists(&mut self, desired: &[Json], live: &[Json], owned: Option<&FieldSet>) {
        let steps: Vec<(&Step, &FieldSet)> = owned.into_iter().flat_map(FieldSet::children).collect();
        if steps.iter().any(|(step, _)| matches!(step, Step::Key(_))) {
            self.keyed_lists(desired, live, &steps);
        } else if steps.iter().any(|(step, _)| matches!(step, Step::Value(_))) {
            self.sets(desired, live, &steps);
        } else if desired.len() != live.len() || !desired.iter().zip(live).all(|(a, b)| self.same(a, b)) {
            self.change(Some(&Json::Array(live.to_vec())), Some(&Json::Array(desired.to_vec())));
        }
    }

    fn keyed_lists(&mut self, desired: &[Json], live: &[Json], owned: &[(&Step, &FieldSet)]) {
        let keys: Vec<(Map<String, Json>, &FieldSet)> = owned
            .iter()
            .filter_map(|(step, below)| match step {
                Step::Key(text) => serde_json::from_str(text).ok().map(|key| (key, *below)),
                Step::Field(_) | Step::Value(_) | Step::Index(_) => None,
            })
            .collect();
        let Some((first, _)) = keys.first() else { return };
        let names: Vec<&String> = first.keys().collect();
        for wanted in desired {
            let there = live.iter().find(|there| same_key(wanted, there, &names));
            let below = keys
                .iter()
                .find(|(key, _)| same_key(wanted, &Json::Object(key.clone()), &names))
                .map(|(_, below)| *below);
            self.at(element(wanted, &names), |this| this.values(wanted, there, below));
        }
        for (key, below) in &keys {
            let key = Json::Object(key.clone());
            let wanted = desired.iter().any(|wanted| same_key(wanted, &key, &names));
            let there = live.iter().find(|there| same_key(&key, there, &names));
            if let (false, Some(there)) = (wanted, there) {
                self.at(element(&key, &names), |this| this.removed(there, below));
            }
        }
    }

    fn sets(&mut self, desired: &[Json], live: &[Json], owned: &[(&Step, &FieldSet)]) {
        for wanted in desired.iter().filter(|wanted| !live.contains(wanted)) {
            self.at(format!("[{}]", text(wanted)), |this| this.change(None, Some(wanted)));
        }
        for (step, _) in owned {
            if let Step::Value(json) = step
                && let Ok(value) = serde_json::from_str::<Json>(json)
                && !desired.contains(&value)
                && live.contains(&value)
            {
                self.at(format!("[{}]", text(&value)), |this| this.change(Some(&value), None));
            }
        }
    }

    /// Of what we own and want no longer only the parts that are there go; those of others stay.
    fn removed(&mut self, live: &Json, owned: &FieldSet) {
        if owned.children().next().is_none() {
            return self.change(Some(live), None);
        }
        match live {
            Json::Object(there) => self.maps(&Map::new(), there, Some(owned)),
            Json::Array(there) => self.lists(&[], there, Some(owned)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => self.change(Some(live), None),
        }
    }

    fn same(&self, desired: &Json, live: &Json) -> bool {
        match (desired, live) {
            (Json::String(a), Json::String(b)) if a == b => true,
            (Json::String(a), Json::String(b)) if self.is_secret_data() => same_bytes(a, b),
            (Json::String(_) | Json::Number(_), Json::String(_) | Json::Number(_)) if self.is_quantity() => {
                desired == live || same_quantity(&text(desired), &text(live))
            }
            (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
            _ => desired == live,
        }
    }

    fn is_secret_data(&self) -> bool {
        self.desired.kind() == "Secret" && self.path.first().is_some_and(|first| first == "data")
    }

    fn is_quantity(&self) -> bool {
        const PLACES: [&str; 9] = [
            "limits",
            "requests",
            "hard",
            "capacity",
            "sizeLimit",
            "overhead",
            "default",
            "defaultRequest",
            "divisor",
        ];
        self.path.iter().any(|step| PLACES.contains(&step.as_str()))
    }

    /// All that differs between two objects, list elements by place.
    fn all(&mut self, before: Option<&Json>, after: Option<&Json>) {
        match (before, after) {
            (Some(Json::Object(before)), Some(Json::Object(after))) => {
                for key in before.keys().chain(after.keys().filter(|key| !before.contains_key(*key))) {
                    self.at(key.as_str(), |this| this.all(before.get(key), after.get(key)));
                }
            }
            (Some(Json::Array(before)), Some(Json::Array(after))) if before.len() == after.len() => {
                for (index, (before, after)) in before.iter().zip(after).enumerate() {
                    self.at(format!("[{index}]"), |this| this.all(Some(before), Some(after)));
                }
            }
            (before, after) if before == after => {}
            (before, after) => self.change(before, after),
        }
    }

    fn change(&mut self, before: Option<&Json>, after: Option<&Json>) {
        let hidden = self.desired.is_hidden(&self.path);
        let show = |json: &Json| if hidden { "[secret]".to_owned() } else { shorten(text(json)) };
        self.changes.push(FieldChange {
            path: join(&self.path),
            before: before.map(show),
            after: after.map(show),
        });
    }
}

fn is_empty(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(values) => values.is_empty(),
        Json::Object(entries) => entries.values().all(is_empty),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// A key that is not given has the server's default, and the only such key of the API is a port's protocol.
fn same_key(left: &Json, right: &Json, names: &[&String]) -> bool {
    let value = |json: &Json, name: &str| match json.get(name) {
        Some(value) => value.clone(),
        None if name == "protocol" => Json::String("TCP".into()),
        None => Json::Null,
    };
    names.iter().all(|name| value(left, name) == value(right, name))
}

/// The server decodes and encodes data anew, so that line breaks in it don't survive.
fn same_bytes(left: &str, right: &str) -> bool {
    let decode = |text: &str| {
        let text: zeroize::Zeroizing<String> =
            zeroize::Zeroizing::new(text.chars().filter(|c| !c.is_ascii_whitespace()).collect());
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text.as_bytes())
            .map(zeroize::Zeroizing::new)
            .ok()
    };
    matches!((decode(left), decode(right)), (Some(left), Some(right)) if left == right)
}

fn element(wanted: &Json, names: &[&String]) -> String {
    let parts: Vec<String> = names
        .iter()
        .filter_map(|name| Some(format!("{name}={}", text(wanted.get(name.as_str())?))))
        .collect();
    format!("[{}]", parts.join(","))
}

fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shorten(text: String) -> String {
    const LONGEST: usize = 300;
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

/// `spec.containers[name=a].image`, `metadata.annotations["example.org/x"]`.
fn join(path: &[String]) -> String {
    let mut joined = String::new();
    for step in path {
        if step.starts_with('[') {
            joined.push_str(step);
        } else if step.contains(['.', '/']) {
            joined.extend(["[\"", step.as_str(), "\"]"]);
        } else {
            if !joined.is_empty() {
                joined.push('.');
            }
            joined.push_str(step);
        }
    }
    joined
}

#[cfg(test)]
#[path = "diff/tests.rs"]
mod tests;
