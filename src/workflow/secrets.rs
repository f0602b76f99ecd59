//! The secrets of an environment on their way in: learnt by the scrubber, and who can open them remembered.

use super::{Surroundings, WorkflowError};
use crate::environment::Sops;
use crate::keys::Recipient;
use crate::resource::Value;
use crate::scrubber::Scrubber;

/// Returns the age recipients of all files that were opened.
pub(super) fn recipients(source: &Sops) -> Result<Vec<Recipient>, WorkflowError> {
    let parse = |text: String| {
        text.parse()
            .map_err(|error| WorkflowError::Recipients { recipient: text.clone(), source: Box::new(error) })
    };
    source.recipients().into_iter().map(parse).collect()
}

/// Variables that sources take tokens from.
const TOKENS: [&str; 4] =
    ["OP_CONNECT_TOKEN", "OP_SERVICE_ACCOUNT_TOKEN", "PULUMI_ACCESS_TOKEN", "VAULT_TOKEN"];

/// Teaches the scrubber the tokens of the process environment.
pub(super) fn learn_tokens(surroundings: &Surroundings) {
    let tokens = TOKENS.iter().filter_map(|name| surroundings.process.get(name));
    tokens.for_each(|token| surroundings.scrubber.learn(token.trim().as_bytes()));
}

/// Teaches the scrubber every secret of a value.
#[expect(clippy::disallowed_methods, reason = "the scrubber must know what it is to look for")]
pub(super) fn learn(value: &Value, scrubber: &Scrubber) {
    match value {
        Value::Secret(secret) => learn_all(secret.expose(), scrubber),
        Value::List(values) => values.iter().for_each(|value| learn(value, scrubber)),
        Value::Map(entries) => entries.values().for_each(|value| learn(value, scrubber)),
        _ => {}
    }
}

/// All texts below are secret.
fn learn_all(value: &Value, scrubber: &Scrubber) {
    match value {
        Value::String(text) => scrubber.learn(text.as_bytes()),
        Value::Bytes(bytes) => scrubber.learn(bytes),
        Value::List(values) => values.iter().for_each(|value| learn_all(value, scrubber)),
        Value::Map(entries) => entries.values().for_each(|value| learn_all(value, scrubber)),
        other => learn(other, scrubber),
    }
}
