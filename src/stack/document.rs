//! Documents of External Secrets that somebody has already: taken as they are, old forms with a warning.

use serde_json::{Map, Value as Json};

use super::{Context, Operator};
use crate::external_secrets::{GROUP, modernised};
use crate::resource::{Options, Urn, Value};

impl Context<'_> {
    /// Registers documents of External Secrets (`documents[0]`, …), in the form that this operator knows. Each old form
    /// in them is told with the new one.
    pub fn external_secret_documents(
        &mut self,
        documents: &[Map<String, Json>],
        operator: &Operator,
    ) -> Vec<Urn> {
        let token_at_root = operator.is_before(self, 2, 5);
        let mut registered = Vec::new();
        for (index, document) in documents.iter().enumerate() {
            let field = format!("documents[{index}]");
            let document = Value::from(&Json::Object(document.clone()));
            let version = document.get("apiVersion").and_then(Value::as_str).unwrap_or_default();
            if version.split_once('/').is_none_or(|(group, _)| group != GROUP) {
                let message = format!("`{version}` is no version of External Secrets");
                self.error(&format!("{field}.apiVersion"), message, format!("a document's is `{GROUP}/v1`"));
                continue;
            }
            let (modern, old) = modernised(&document, token_at_root);
            for form in old {
                let hint = format!("write `{}`", form.new);
                self.warning(&format!("{field}.{}", form.path), form.to_string(), hint);
            }
            registered.push(self.external_secret_object(modern, Options::default()));
        }
        registered
    }
}
