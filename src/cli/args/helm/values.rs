//! The user's values: for every verb that renders.

use std::path::PathBuf;

use clap::Args;

use crate::helm::values::Overrides;

#[derive(Clone, Debug, Default, Args)]
pub(in crate::cli) struct ValueFlags {
    /// A file with values; later files win
    #[arg(short = 'f', long = "values", value_name = "FILE", value_delimiter = ',')]
    pub(in crate::cli) values: Vec<PathBuf>,
    /// A value: key=value
    #[arg(long, value_name = "KEY=VALUE")]
    pub(in crate::cli) set: Vec<String>,
    /// A value that is always a string: key=value
    #[arg(long, value_name = "KEY=VALUE")]
    pub(in crate::cli) set_string: Vec<String>,
    /// A value in JSON: key=json
    #[arg(long, value_name = "KEY=JSON")]
    pub(in crate::cli) set_json: Vec<String>,
    /// A value from a file: key=path
    #[arg(long, value_name = "KEY=PATH")]
    pub(in crate::cli) set_file: Vec<String>,
    /// A value that is taken literally: key=value
    #[arg(long, value_name = "KEY=VALUE")]
    pub(in crate::cli) set_literal: Vec<String>,
}

impl ValueFlags {
    /// Returns what they say, over nothing.
    pub(in crate::cli) fn overrides(&self) -> Overrides {
        Overrides {
            base: serde_json::Map::new(),
            files: self.values.clone(),
            json: self.set_json.clone(),
            set: self.set.clone(),
            strings: self.set_string.clone(),
            from_files: self.set_file.clone(),
            literals: self.set_literal.clone(),
        }
    }
}
