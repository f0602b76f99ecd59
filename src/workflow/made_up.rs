//! Sources in a run that asks nobody: what they would give is made up, as far as the document says what that is.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::BoxFuture;

use super::placeholders;
use crate::environment::{Names, Schema, Source, SourceError, Sources};
use crate::remote::Meter;
use crate::resource::{Map, Value};

/// Sources that need neither a service nor a program; they are asked, and made up only where they have nothing.
const HERE: [&str; 2] = ["env", "file"];

/// Which sources were made up.
#[derive(Clone, Debug, Default)]
pub(super) struct Silence(Arc<Mutex<BTreeSet<String>>>);

impl Silence {
    /// Returns the sources with all but SOPS made up, which knows itself what is in its files.
    pub(super) fn over(&self, sources: Sources) -> Sources {
        sources.each(|source| {
            if source.name() == "sops" {
                return source;
            }
            Arc::new(MadeUp { source, silence: self.clone() })
        })
    }

    /// Returns the sources that something was made up for, in the order of their names.
    pub(super) fn kept(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

struct MadeUp {
    source: Arc<dyn Source>,
    silence: Silence,
}

/// A call of which nobody knows the names of what it gives.
#[derive(Debug, thiserror::Error)]
#[error(
    "nothing can be made up for all that is there: name what is taken (`get`, `key`, `property` or `output`)"
)]
struct Nameless;

impl Source for MadeUp {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn inputs(&self) -> Schema {
        self.source.inputs()
    }

    fn output(&self) -> Schema {
        self.source.output()
    }

    fn open<'a>(
        &'a self,
        inputs: &'a Map,
        names: &'a Names,
        meter: &'a Meter,
    ) -> BoxFuture<'a, Result<Value, SourceError>> {
        Box::pin(async move {
            let name = self.name();
            let is_here = HERE.contains(&name);
            if is_here && let Ok(value) = self.source.open(inputs, names, meter).await {
                return Ok(value);
            }
            let value = placeholders::of_call(inputs, is_here).ok_or(Nameless)?;
            self.silence.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
            Ok(value)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::environment::{Evaluation, Evaluator, InMemory, Options, Outside, Sops};
    use crate::keys::{Identities, ProcessEnvironment};
    use crate::kubernetes::Target;
    use crate::resource::{redacted, revealed};

    async fn evaluate(document: &str) -> (Evaluation, Vec<String>) {
        let project = tempfile::tempdir().unwrap();
        let outside = Outside {
            project: project.path().to_owned(),
            process: [("HERE", "nest")].into_iter().collect::<ProcessEnvironment>(),
            target: Target::default(),
            cluster: None,
            clock: Clock::system(),
            allow_exec: false,
        };
        let silence = Silence::default();
        let sops = Sops::new(project.path(), Arc::new(Identities::default()));
        let sources = silence.over(Sources::standard(&outside, sops));
        let documents = InMemory::new([("env", document)]);
        let evaluator = Evaluator::new(documents, sources, Map::new(), Options::default());
        (evaluator.evaluate("env").await.unwrap(), silence.kept())
    }

    #[tokio::test]
    async fn what_services_and_programs_would_give_is_made_up_and_nobody_is_asked() {
        let document = "values:
  here: {fn::open::env: {name: HERE, secret: false}}
  gone: {fn::open::env: {name: GONE}}
  vault:
    fn::open::onepassword-connect:
      host: http://127.0.0.1:1
      token: {fn::secret: chirp}
      get: {password: {ref: 'op://v/i/password'}}
  url: postgres://egg:${vault.password}@db
  one: {fn::open::vault-kv: {path: apps/web, key: password}}
  said: {fn::open::exec: {command: [vault, read]}}
";
        let (evaluation, made_up) = evaluate(document).await;
        assert!(evaluation.diagnostics.is_empty(), "{}", evaluation.diagnostics);
        assert_eq!(made_up, ["env", "exec", "onepassword-connect", "vault-kv"]);
        let (values, shown) = (revealed(&evaluation.value), redacted(&evaluation.value));
        assert_eq!(values["here"], "nest");
        let url = values["url"].as_str().unwrap();
        assert!(url.starts_with("postgres://egg:") && url.contains("placeholder"), "{url}");
        for secret in ["gone", "url", "one", "said"] {
            assert_eq!(shown[secret], "[secret]", "{secret}");
        }
    }

    #[tokio::test]
    async fn a_whole_environment_can_not_be_made_up_and_that_is_told() {
        let document = "values:
  pulumi: {fn::open::pulumi-esc: {organization: o, project: p, environment: e}}
";
        let (evaluation, made_up) = evaluate(document).await;
        assert!(
            evaluation.diagnostics.to_string().contains("name what is taken"),
            "{}",
            evaluation.diagnostics
        );
        assert!(made_up.is_empty());
    }
}
