//! A container's arguments and environment, as a kubelet makes them.

use std::{collections::BTreeMap, net::Ipv4Addr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use crate::rehearsal::cache::{Cache, Kind, name, namespace};

use super::downward;

/// What the environment is made from.
pub(super) struct Source<'a> {
    pub(super) cache: &'a Cache,
    pub(super) pod: &'a Json,
    pub(super) container: &'a Json,
    pub(super) address: Ipv4Addr,
}

/// What a process starts with.
pub(super) struct Environment {
    pub(super) arguments: Vec<String>,
    pub(super) variables: BTreeMap<String, String>,
}

impl Source<'_> {
    /// Resolves everything; the error is a kubelet's message of a `CreateContainerConfigError`.
    pub(super) fn resolve(&self) -> Result<Environment, String> {
        let mut variables = self.imported()?;
        for variable in self.container["env"].as_array().into_iter().flatten() {
            let value = match (variable["value"].as_str(), &variable["valueFrom"]) {
                (Some(value), _) => Some(expand(value, &variables)),
                (None, Json::Null) => Some(String::new()),
                (None, source) => self.referenced(source)?,
            };
            if let Some(value) = value {
                variables.insert(variable["name"].as_str().unwrap_or_default().to_owned(), value);
            }
        }
        let words = ["command", "args"].map(|key| self.container[key].as_array());
        let words = words.into_iter().flatten().flatten().filter_map(Json::as_str);
        let arguments = words.map(|word| expand(word, &variables)).collect();
        for (key, value) in [
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOSTNAME", name(self.pod)),
            ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
            ("KUBERNETES_SERVICE_PORT", "443"),
        ] {
            variables.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        }
        Ok(Environment { arguments, variables })
    }

    /// `envFrom`.
    fn imported(&self) -> Result<BTreeMap<String, String>, String> {
        let mut variables = BTreeMap::new();
        for source in self.container["envFrom"].as_array().into_iter().flatten() {
            let prefix = source["prefix"].as_str().unwrap_or_default();
            for (key, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
                let reference = &source[key];
                if reference.is_null() {
                    continue;
                }
                let Some(object) = self.find(kind, reference) else {
                    if reference["optional"] == true {
                        continue;
                    }
                    return Err(not_found(kind, reference));
                };
                for key in object["data"].as_object().into_iter().flatten().map(|(key, _)| key) {
                    let value = text(kind, &object, key).unwrap_or_default();
                    variables.insert(format!("{prefix}{key}"), value);
                }
            }
        }
        Ok(variables)
    }

    /// `valueFrom`; nothing when an optional source is absent.
    fn referenced(&self, source: &Json) -> Result<Option<String>, String> {
        if let Some(path) = source["fieldRef"]["fieldPath"].as_str() {
            let value = downward::field(self.pod, path, self.address);
            return value.map(Some).ok_or_else(|| format!("unsupported fieldPath: {path}"));
        }
        if let Some(resource) = source["resourceFieldRef"]["resource"].as_str() {
            let value = downward::resource(self.container, resource);
            return value.map(Some).ok_or_else(|| format!("unsupported resource: {resource}"));
        }
        for (key, kind) in [("secretKeyRef", Kind::Secret), ("configMapKeyRef", Kind::ConfigMap)] {
            let reference = &source[key];
            if reference.is_null() {
                continue;
            }
            let wanted = reference["key"].as_str().unwrap_or_default();
            let object = self.find(kind, reference);
            let value = object.as_ref().and_then(|object| text(kind, object, wanted));
            return match (value, reference["optional"] == true, object) {
                (Some(value), ..) => Ok(Some(value)),
                (None, true, _) => Ok(None),
                (None, false, None) => Err(not_found(kind, reference)),
                (None, false, Some(object)) => Err(format!(
                    "couldn't find key {wanted} in {} {}/{}",
                    kind.name(),
                    namespace(self.pod),
                    name(&object)
                )),
            };
        }
        Ok(None)
    }

    fn find(&self, kind: Kind, reference: &Json) -> Option<std::sync::Arc<Json>> {
        self.cache.get(kind, namespace(self.pod), reference["name"].as_str().unwrap_or_default())
    }
}

fn not_found(kind: Kind, reference: &Json) -> String {
    format!("{} {} not found", kind.name().to_lowercase(), reference["name"])
}

fn text(kind: Kind, object: &Json, key: &str) -> Option<String> {
    let value = object["data"].get(key)?.as_str()?;
    if kind == Kind::Secret {
        return Some(String::from_utf8_lossy(&STANDARD.decode(value).unwrap_or_default()).into_owned());
    }
    Some(value.to_owned())
}

/// `$(NAME)` becomes the variable's value, `$$` a dollar; unknown names stay as they are.
fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            result.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            match variables.get(name) {
                Some(value) => result.push_str(value),
                None => result.extend(["$(", name, ")"]),
            }
            rest = after;
        } else {
            result.push('$');
        }
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_to_variables_are_replaced_as_a_kubelet_does() {
        let variables = BTreeMap::from([("A".to_owned(), "1".to_owned())]);
        assert_eq!(expand("--a=$(A) $(B) $$(A) $A 5$", &variables), "--a=1 $(B) $(A) $A 5$");
    }
}
