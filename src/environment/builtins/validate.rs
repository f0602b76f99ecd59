//! `fn::validate`.

use std::sync::LazyLock;

use super::{passed_through, shared};
use crate::diagnostic::Diagnostic;
use crate::environment::evaluator::Scope;
use crate::environment::json::read_json;
use crate::environment::schema::Schema;
use crate::environment::term::Shared;
use crate::esc::Expression;

impl<'d> Scope<'d, '_, '_> {
    /// Checks a value and gives it on, whatever the outcome.
    pub(super) fn check_value(
        &mut self,
        expression: &'d Expression,
        schema: &'d Expression,
        value: &'d Expression,
    ) -> Shared {
        let (given, fits) = self.evaluate_typed(schema, &META);
        let mut accepts = None;
        if fits && !given.holds_unknown() {
            match Schema::parse(&given.reveal()) {
                Ok(schema) => accepts = Some(schema),
                Err(error) => {
                    self.error(&schema.place, format!("invalid schema: {error}"));
                }
            }
        }
        let before = self.session.diagnostics.len();
        let value = self.evaluate(value, None);
        if let Some(accepts) = accepts {
            let evaluated = self.session.diagnostics.len();
            self.validate(&value, &accepts);
            if given.holds_secret() && self.session.options().stricter {
                hide(&mut self.session.diagnostics[evaluated.max(before)..]);
            }
        }
        shared(passed_through(expression, &value))
    }
}

/// Texts of a secret schema say what it holds.
fn hide(diagnostics: &mut [Diagnostic]) {
    for diagnostic in diagnostics {
        "the value does not fulfil the secret schema".clone_into(&mut diagnostic.message);
    }
}

/// The schema of schemas.
static META: LazyLock<Schema> = LazyLock::new(|| {
    let schema = read_json(META_TEXT.as_bytes()).ok();
    schema.and_then(|schema| Schema::parse(&schema).ok()).unwrap_or_else(Schema::always)
});

const META_TEXT: &str = r##"{
    "$ref": "#/$defs/schema",
    "$defs": {
        "schema": { "anyOf": [{ "type": "boolean" }, { "$ref": "#/$defs/rules" }] },
        "schemas": { "type": "array", "items": { "$ref": "#/$defs/schema" } },
        "named": { "type": "object", "additionalProperties": { "$ref": "#/$defs/schema" } },
        "names": { "type": "array", "items": { "type": "string" } },
        "rules": {
            "type": "object",
            "properties": {
                "$defs": { "$ref": "#/$defs/named" },
                "$ref": { "type": "string" },
                "anyOf": { "$ref": "#/$defs/schemas" },
                "oneOf": { "$ref": "#/$defs/schemas" },
                "prefixItems": { "$ref": "#/$defs/schemas" },
                "items": { "$ref": "#/$defs/schema" },
                "additionalProperties": { "$ref": "#/$defs/schema" },
                "properties": { "$ref": "#/$defs/named" },
                "type": { "type": "string", "enum": ["string", "number", "boolean", "array", "object", "null"] },
                "const": {},
                "enum": { "type": "array" },
                "multipleOf": { "type": "number" },
                "maximum": { "type": "number" },
                "exclusiveMaximum": { "type": "number" },
                "minimum": { "type": "number" },
                "exclusiveMinimum": { "type": "number" },
                "maxLength": { "type": "number" },
                "minLength": { "type": "number" },
                "pattern": { "type": "string" },
                "maxItems": { "type": "number" },
                "minItems": { "type": "number" },
                "uniqueItems": { "type": "boolean" },
                "maxProperties": { "type": "number" },
                "minProperties": { "type": "number" },
                "required": { "$ref": "#/$defs/names" },
                "dependentRequired": { "type": "object", "additionalProperties": { "$ref": "#/$defs/names" } },
                "title": { "type": "string" },
                "description": { "type": "string" },
                "default": {},
                "deprecated": { "type": "boolean" },
                "examples": { "type": "array" }
            }
        }
    }
}"##;
