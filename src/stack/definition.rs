//! A stack: a name, and the program that registers its resources.

use std::fmt;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::de::DeserializeOwned;

use super::{Context, Origin, config};
use crate::diagnostic::Diagnostics;
use crate::resource::Value;

type Run = Box<dyn Fn(&mut Context<'_>, &Value, &Origin<'_>) -> Result<(), Diagnostics> + Send + Sync>;

/// A stack program with its name, what it is for, and the schema of its configuration.
pub struct Stack {
    name: &'static str,
    summary: &'static str,
    schema: Schema,
    run: Run,
}

impl Stack {
    /// Returns the stack `name`, whose configuration is a `C` and whose program is `program`.
    pub fn new<C>(
        name: &'static str,
        summary: &'static str,
        program: impl Fn(&mut Context<'_>, &C) + Send + Sync + 'static,
    ) -> Self
    where
        C: DeserializeOwned + JsonSchema,
    {
        let schema = SchemaSettings::draft2020_12()
            .with(|settings| settings.inline_subschemas = true)
            .into_generator()
            .into_root_schema_for::<C>();
        let own = schema.clone();
        let run: Run = Box::new(move |context, value, origin| {
            let configuration: C = config::decode(value, &own, origin)?;
            program(context, &configuration);
            Ok(())
        });
        Self { name, summary, schema, run }
    }

    /// Returns the name by which environments call the stack.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns what the stack is for, in a line.
    pub fn summary(&self) -> &'static str {
        self.summary
    }

    /// Returns the JSON Schema of its configuration.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Runs the program with a configuration that an environment gave; `origin` tells where each part was defined.
    ///
    /// # Errors
    /// All problems of the configuration's form. Those that the program finds are in the context.
    pub fn run(
        &self,
        context: &mut Context<'_>,
        config: &Value,
        origin: &Origin<'_>,
    ) -> Result<(), Diagnostics> {
        (self.run)(context, config, origin)
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Stack({})", self.name)
    }
}
