//! Templates: `target.template` and what it takes from elsewhere.

use std::collections::BTreeMap;
use std::rc::Rc;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Client};

use super::keys::Data;
use super::template_functions;
use crate::clock::Clock;
use crate::gotemplate::{GoString, Map, MissingKey, Set, Value};
use crate::rehearsal::programs::external_secrets::{
    error::Failure,
    resource::{MergePolicy, Template, TemplateFrom, TemplateScope, TemplateSource, TemplateTarget},
};
use crate::yaml::{Flavour, read_json};

/// A template from elsewhere, read.
#[derive(Clone)]
pub(crate) struct Gathered {
    /// What errors call it, and the key of its value where only the value is a template.
    name: Vec<u8>,
    text: Vec<u8>,
    scope: TemplateScope,
    target: TemplateTarget,
}

/// Reads the templates that stand in ConfigMaps and Secrets, in their order.
pub(crate) async fn gather(
    client: &Client,
    namespace: &str,
    template: &Template,
) -> Result<Vec<Gathered>, Failure> {
    let mut gathered = Vec::new();
    for from in &template.from {
        let read = gather_one(client, namespace, from, &mut gathered).await;
        read.map_err(|failure| failure.within("error fetching templateFrom data"))?;
    }
    Ok(gathered)
}

async fn gather_one(
    client: &Client,
    namespace: &str,
    from: &TemplateFrom,
    gathered: &mut Vec<Gathered>,
) -> Result<(), Failure> {
    if let Some(source) = &from.config_map {
        let map = Api::<ConfigMap>::namespaced(client.clone(), namespace).get(&source.name).await?;
        let data: Data = map.data.into_iter().flatten().map(|(key, text)| (key, text.into_bytes())).collect();
        take(source, "configmap", &data, from.target, gathered)?;
    }
    if let Some(source) = &from.secret {
        let secret = Api::<Secret>::namespaced(client.clone(), namespace).get(&source.name).await?;
        let data: Data = secret.data.into_iter().flatten().map(|(key, value)| (key, value.0)).collect();
        take(source, "secret", &data, from.target, gathered)?;
    }
    if let Some(literal) = &from.literal {
        let text = literal.clone().into_bytes();
        let scope = TemplateScope::KeysAndValues;
        gathered.push(Gathered { name: text.clone(), text, scope, target: from.target });
    }
    Ok(())
}

fn take(
    source: &TemplateSource,
    kind: &str,
    data: &Data,
    target: TemplateTarget,
    gathered: &mut Vec<Gathered>,
) -> Result<(), Failure> {
    for item in &source.items {
        let Some(text) = data.get(&item.key) else {
            let (name, key) = (&source.name, &item.key);
            return Err(Failure::said(format!("error in {kind} {name}: missing key {key}")));
        };
        let name = match item.template_as {
            TemplateScope::Values => item.key.clone().into_bytes(),
            TemplateScope::KeysAndValues => text.clone(),
        };
        gathered.push(Gathered { name, text: text.clone(), scope: item.template_as, target });
    }
    Ok(())
}

/// Applies a template to a Secret. What stands in `template.data` wins over what was gathered, and that over `data`,
/// which is there only where the template merges or has nothing of its own.
pub(crate) fn apply(
    template: &Template,
    gathered: &[Gathered],
    data: &Data,
    secret: &mut Secret,
    clock: &Clock,
) -> Result<(), Failure> {
    if !template.kind.is_empty() {
        secret.type_ = Some(template.kind.clone());
    }
    let has_templates = !template.data.is_empty() || !template.from.is_empty();
    if template.merge_policy == MergePolicy::Merge || !has_templates {
        let entries = data.iter().map(|(key, value)| (key.clone(), ByteString(value.clone())));
        secret.data.get_or_insert_default().extend(entries);
    }
    if !matches!(template.engine_version.as_str(), "" | "v2") {
        return Err(Failure::said("unsupported template engine version"));
    }
    let metadata = &template.metadata;
    if !has_templates && metadata.labels.is_empty() && metadata.annotations.is_empty() {
        return Ok(());
    }
    let engine = Engine::new(data, clock);
    for from in gathered {
        let applied = match from.scope {
            TemplateScope::Values => engine.value(&from.name, &from.text, from.target, secret),
            TemplateScope::KeysAndValues => engine.map(&from.text, from.target, secret),
        };
        applied.map_err(|failure| failure.within("error fetching templateFrom data"))?;
    }
    engine.values(&template.data, TemplateTarget::Data, secret)?;
    engine.values(&metadata.labels, TemplateTarget::Labels, secret)?;
    engine.values(&metadata.annotations, TemplateTarget::Annotations, secret)
}

struct Engine {
    set: Rc<Set>,
    dot: Value,
}

impl Engine {
    fn new(data: &Data, clock: &Clock) -> Self {
        let entries = data.iter().map(|(key, value)| (key.as_str(), GoString::from(value.clone())));
        Self {
            set: Rc::new(Set::new("", Rc::new(template_functions::table(clock)), MissingKey::Error)),
            dot: Value::Map(Map::strings(entries)),
        }
    }

    fn values(
        &self,
        templates: &BTreeMap<String, String>,
        target: TemplateTarget,
        secret: &mut Secret,
    ) -> Result<(), Failure> {
        for (key, text) in templates {
            self.value(key.as_bytes(), text.as_bytes(), target, secret).map_err(|failure| {
                failure.within("could not execute template").within("could not execute template")
            })?;
        }
        Ok(())
    }

    /// A template whose result is the value of one key.
    fn value(
        &self,
        key: &[u8],
        text: &[u8],
        target: TemplateTarget,
        secret: &mut Secret,
    ) -> Result<(), Failure> {
        let value = self.execute(key, text)?;
        put(secret, target, String::from_utf8_lossy(key).into_owned(), value);
        Ok(())
    }

    /// A template whose result is a YAML map of texts.
    fn map(&self, text: &[u8], target: TemplateTarget, secret: &mut Secret) -> Result<(), Failure> {
        let result = self.execute(text, text)?;
        let unreadable = |why: String| {
            Failure::said(format!("could not unmarshal template to 'map[string][]byte': {why}"))
        };
        let result = String::from_utf8_lossy(&result);
        let read = read_json(&result, Flavour::GoYamlV2);
        let read = read.map_err(|error| unreadable(format!("error converting YAML to JSON: {error}")))?;
        let entries = match read {
            serde_json::Value::Null => serde_json::Map::new(),
            serde_json::Value::Object(entries) => entries,
            _ => return Err(unreadable("it is no map".to_owned())),
        };
        for (key, value) in entries {
            let value = match value {
                serde_json::Value::String(text) => text.into_bytes(),
                serde_json::Value::Null => Vec::new(),
                _ => return Err(unreadable(format!("the value of {key} is no string"))),
            };
            put(secret, target, key, value);
        }
        Ok(())
    }

    fn execute(&self, key: &[u8], text: &[u8]) -> Result<Vec<u8>, Failure> {
        let shown = String::from_utf8_lossy(key);
        let executing = || format!("unable to execute template at key {shown}");
        let mut set = Set::child(&self.set);
        let parsed = set.parse(GoString::from(key.to_vec()), GoString::from(text.to_vec()));
        parsed.map_err(|error| {
            Failure::said(error.to_string())
                .within(format!("unable to parse template at key {shown}"))
                .within(executing())
        })?;
        let executed = Rc::new(set).execute(key, self.dot.clone());
        executed.map_err(|error| Failure::said(error.to_string()).within(executing()).within(executing()))
    }
}

fn put(secret: &mut Secret, target: TemplateTarget, key: String, value: Vec<u8>) {
    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
    match target {
        TemplateTarget::Data => {
            secret.data.get_or_insert_default().insert(key, ByteString(value));
        }
        TemplateTarget::Labels => {
            secret.metadata.labels.get_or_insert_default().insert(key, text(value));
        }
        TemplateTarget::Annotations => {
            secret.metadata.annotations.get_or_insert_default().insert(key, text(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(template: serde_json::Value, data: &[(&str, &str)]) -> Result<Secret, String> {
        let template: Template = serde_json::from_value(template).unwrap();
        let gathered: Vec<Gathered> = template
            .from
            .iter()
            .filter_map(|from| {
                from.literal.as_ref().map(|literal| (literal.clone().into_bytes(), from.target))
            })
            .map(|(text, target)| Gathered {
                name: text.clone(),
                text,
                scope: TemplateScope::KeysAndValues,
                target,
            })
            .collect();
        let data = data.iter().map(|&(key, value)| (key.to_owned(), value.as_bytes().to_vec())).collect();
        let mut secret = Secret::default();
        apply(&template, &gathered, &data, &mut secret, &Clock::system())
            .map(|()| secret)
            .map_err(|failure| failure.to_string())
    }

    fn texts(secret: &Secret) -> Vec<(&str, &str)> {
        let data = secret.data.iter().flatten();
        data.map(|(key, value)| (key.as_str(), std::str::from_utf8(&value.0).unwrap())).collect()
    }

    #[test]
    fn a_template_replaces_the_data_unless_it_merges() {
        let template = json!({ "data": { "url": "https://{{ .user }}:{{ .pass | b64enc }}@x" } });
        let secret = run(template, &[("user", "me"), ("pass", "pw")]).unwrap();
        assert_eq!(texts(&secret), [("url", "https://me:cHc=@x")]);
        let template = json!({ "mergePolicy": "Merge", "data": { "b": "{{ .a }}!" } });
        assert_eq!(texts(&run(template, &[("a", "1")]).unwrap()), [("a", "1"), ("b", "1!")]);
    }

    #[test]
    fn a_template_without_data_keeps_the_data_and_sets_the_type() {
        let secret = run(json!({ "type": "kubernetes.io/tls" }), &[("a", "1")]).unwrap();
        assert_eq!((texts(&secret), secret.type_.as_deref()), (vec![("a", "1")], Some("kubernetes.io/tls")));
    }

    #[test]
    fn a_key_that_is_missing_is_an_error_with_the_operators_words() {
        let error = run(json!({ "data": { "k": "{{ .nothing }}" } }), &[]).unwrap_err();
        assert_eq!(
            error,
            "could not execute template: could not execute template: unable to execute template at key k: unable to \
             execute template at key k: template: k:1:3: executing \"k\" at <.nothing>: map has no entry for key \
             \"nothing\""
        );
    }

    #[test]
    fn a_template_that_cannot_be_read_names_its_key() {
        let error = run(json!({ "data": { "k": "{{ nosuch }}" } }), &[]).unwrap_err();
        assert!(error.ends_with(
            "unable to execute template at key k: unable to parse template at key k: template: k:1: function \
             \"nosuch\" not defined"
        ));
    }

    #[test]
    fn a_literal_makes_keys_and_values_for_its_target() {
        let template = json!({ "templateFrom": [
            { "literal": "{{ .a }}-key: value of {{ .a }}" }, { "target": "Labels", "literal": "l: '{{ .a }}'" } ] });
        let secret = run(template, &[("a", "x")]).unwrap();
        assert_eq!(texts(&secret), [("x-key", "value of x")]);
        assert_eq!(secret.metadata.labels.unwrap()["l"], "x");
    }

    #[test]
    fn the_environment_and_helms_functions_are_not_there() {
        for name in ["env \"HOME\"", "toYamlPretty .", "include \"x\" ."] {
            assert!(run(json!({ "data": { "k": format!("{{{{ {name} }}}}") } }), &[]).is_err(), "{name}");
        }
    }
}
