//! The stack `image-pull`: what a kubelet needs to pull from a private registry, in each of a team's namespaces.

use std::collections::BTreeSet;

use eggtooth::stack::{Context, Shape, Stack, Values};
use schemars::JsonSchema;
use serde::Deserialize;

/// Returns the stack.
pub(crate) fn stack() -> Stack {
    Stack::new("image-pull", "An image-pull Secret in each of a team's namespaces", program)
}

/// What an environment says under `stacks.image-pull`; wrong fields are told with file, line and column.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Config {
    /// `registry`, `username` and `token`.
    credentials: Values,
    /// The namespaces; they are made where they are not there.
    namespaces: BTreeSet<String>,
    /// The Secret's name.
    #[serde(default = "secret_name")]
    secret_name: String,
}

fn secret_name() -> String {
    "registry".to_owned()
}

/// Registers resources and returns: no I/O, so that it is the same in a test, in `preview` and in `up`.
fn program(context: &mut Context<'_>, config: &Config) {
    let shape = Shape::ImagePull;
    match shape.data(&config.credentials) {
        Ok(data) => {
            for namespace in &config.namespaces {
                context.namespace(namespace);
                context.typed_secret(namespace, &config.secret_name, shape.secret_type(), data.clone());
            }
        }
        Err(problems) => {
            for problem in problems {
                context.error("credentials", problem.to_string(), "write registry, username and token");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use eggtooth::{
        helm::ChartsLock,
        resource::{Value, redacted},
        stack::{Path, Program, Settings},
    };
    use serde_json::json;

    use super::*;

    /// Runs the program as `up` would, without a cluster.
    fn run(config: &serde_json::Value) -> Program {
        let settings = Settings { charts: Arc::new(ChartsLock::default()), now: jiff::Timestamp::UNIX_EPOCH };
        let origin = |_: &Path, _: bool| None;
        let mut context = Context::new("test", "image-pull", &settings, &origin);
        stack().run(&mut context, &Value::from(config), &origin).unwrap();
        context.finish()
    }

    #[test]
    fn each_namespace_gets_the_secret_and_no_text_shows_it() {
        let credentials = json!({"registry": "ghcr.io", "username": "bot", "token": "egg"});
        let program = run(&json!({"credentials": credentials, "namespaces": ["shop", "web"]}));
        let names: Vec<&str> = program.wanted.resources.iter().map(|resource| resource.urn.name()).collect();
        assert_eq!(names, ["shop", "shop/registry", "web", "web/registry"]);
        let secret = redacted(&program.wanted.resources[1].inputs);
        assert_eq!(secret["type"], "kubernetes.io/dockerconfigjson");
        assert_eq!(secret["stringData"][".dockerconfigjson"], "[secret]");
    }

    #[test]
    fn what_is_missing_is_told_by_its_field() {
        let program = run(&json!({"credentials": {"registry": "ghcr.io"}, "namespaces": ["shop"]}));
        let told = program.diagnostics.to_string();
        assert!(told.contains("the value `username` is missing"), "{told}");
        assert!(told.contains("the value `token` is missing"), "{told}");
        assert!(program.wanted.resources.is_empty());
    }
}
