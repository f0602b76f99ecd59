//! The form of the Secret that the operator makes of what it fetched.

use std::collections::BTreeMap;

use crate::resource::Value;

/// A Secret's form. It belongs to its ExternalSecret, and what a provider no longer has stays in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// Its type; Opaque when absent.
    pub secret_type: Option<String>,
    /// Its keys as templates of Go over what was fetched; what was fetched, as it is, when empty.
    pub data: BTreeMap<String, String>,
}

impl Target {
    /// Returns what is under `spec.target` for a Secret of this name.
    pub(super) fn block(&self, name: &str) -> Value {
        let mut block = vec![
            ("name", Value::from(name)),
            ("creationPolicy", "Owner".into()),
            ("deletionPolicy", "Retain".into()),
        ];
        block.extend(self.template().map(|template| ("template", template)));
        Value::map(block)
    }

    fn template(&self) -> Option<Value> {
        let secret_type = self.secret_type.as_deref().map(|kind| ("type", Value::from(kind)));
        let data = self.data.iter().map(|(key, text)| (key.as_str(), Value::from(text.as_str())));
        let data = (!self.data.is_empty()).then(|| ("data", Value::map(data)));
        let engine = data.is_some().then(|| ("engineVersion", Value::from("v2")));
        let parts: Vec<(&str, Value)> = secret_type.into_iter().chain(engine).chain(data).collect();
        // The operator writes the object anew with what its types hold, also when it is empty.
        let metadata = ("metadata", Value::map::<&str>([]));
        (!parts.is_empty()).then(|| Value::map(parts.into_iter().chain([metadata])))
    }
}
