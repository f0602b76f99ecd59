//! Secrets in the shapes that their users expect, straight from the configuration.

use std::collections::BTreeMap;

use super::{Context, Shape, Values};
use crate::resource::{Options, Urn, Value};
use crate::secret::Secret;
use crate::ssh::{PrivateKey, SshError, check_known_hosts};

impl Context<'_> {
    /// Registers a Secret of this shape, with the label by which its user finds it, and returns its URN and what
    /// changes when its content does; `field` is the values' place in the configuration.
    pub fn shaped_secret(
        &mut self,
        namespace: &str,
        name: &str,
        field: &str,
        shape: Shape,
        values: &Values,
    ) -> Option<(Urn, Value)> {
        let data = self.shaped(field, shape, values)?;
        let fingerprint = Value::map(data.clone()).fingerprint();
        let mut metadata = vec![("name", Value::from(name)), ("namespace", namespace.into())];
        if let Some(label) = shape.label() {
            metadata.push(("labels", Value::map([(label.0, label.1.into())])));
        }
        let data = data.into_iter().map(|(key, value)| (key, value.secret()));
        let manifest = Value::map([
            ("apiVersion", "v1".into()),
            ("kind", "Secret".into()),
            ("metadata", Value::map(metadata)),
            ("type", shape.secret_type().into()),
            ("stringData", Value::map(data)),
        ]);
        Some((self.object(manifest, Options::default()), fingerprint))
    }

    /// Returns the data of a Secret of this shape, or reports what is wrong with the values.
    pub(super) fn shaped(
        &mut self,
        field: &str,
        shape: Shape,
        values: &Values,
    ) -> Option<BTreeMap<String, Value>> {
        let problems = match shape.data(values) {
            Ok(data) => return Some(data),
            Err(problems) => problems,
        };
        for problem in problems {
            let hint = format!("the shape is {shape:?}; docs/stacks/central-store.md lists all");
            self.error(field, problem.to_string(), hint);
        }
        None
    }

    /// Reads a private SSH key, or reports what is wrong with it.
    pub fn ssh_key(&mut self, field: &str, key: &Secret<String>) -> Option<PrivateKey> {
        self.checked(field, "SSH key", PrivateKey::parse(key))
    }

    /// Checks that a text names the keys of hosts, or reports what is wrong with it.
    #[expect(clippy::disallowed_methods, reason = "host keys are public")]
    pub fn known_hosts(&mut self, field: &str, text: &Secret<String>) -> Option<()> {
        self.checked(field, "known_hosts", check_known_hosts(text.expose()))
    }

    fn checked<T>(&mut self, field: &str, what: &str, result: Result<T, SshError>) -> Option<T> {
        result.map_err(|error| self.error(field, format!("{what}: {error}"), error.hint())).ok()
    }
}
