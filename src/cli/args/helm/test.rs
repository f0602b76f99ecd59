//! `helm test`.

use std::time::Duration;

use clap::Args;

use crate::cli::args::duration;
use crate::helm::action::TestFilter;

#[derive(Debug, Args)]
pub(in crate::cli) struct Test {
    /// The release's name
    #[arg(value_name = "RELEASE")]
    pub(in crate::cli) name: String,
    /// Only the test of this name, or all but that: name=NAME, !name=NAME
    #[arg(long, value_name = "NAME=VALUE", value_delimiter = ',', value_parser = filter)]
    pub(in crate::cli) filter: Vec<(bool, String)>,
    /// Print what the tests' pods wrote
    #[arg(long)]
    pub(in crate::cli) logs: bool,
    /// How long each test may take, as `90s` or `5m`
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "5m")]
    pub(in crate::cli) timeout: Duration,
}

impl Test {
    /// Returns which tests are wanted.
    pub(in crate::cli) fn wanted(&self) -> TestFilter {
        let names = |only: bool| {
            self.filter.iter().filter(|(it, _)| *it == only).map(|(_, name)| name.clone()).collect()
        };
        TestFilter { only: names(true), without: names(false) }
    }
}

fn filter(text: &str) -> Result<(bool, String), String> {
    let (only, text) = text.strip_prefix('!').map_or((true, text), |text| (false, text));
    match text.split_once('=') {
        Some(("name", name)) => Ok((only, name.to_owned())),
        _ => Err("a filter is name=NAME or !name=NAME".to_owned()),
    }
}
