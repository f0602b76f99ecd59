//! The functions that helm 4 offers its charts: Sprig without `env` and `expandenv`, and Helm's own ones that
//! need neither chart nor cluster.
//!
//! Each family has a file with an `add` that puts its functions into the table. What the functions need of the
//! machine — randomness, the time, the local zone — comes from a [`Host`], so that a test decides it. `include`,
//! `tpl`, `required`, `fail` and `lookup` know charts and are `helm`'s.
//!
//! Sprig's functions panic where they have no error to return, and text/template turns the panic into an error
//! with the panic's text. Here both are a [`FunctionError`](crate::gotemplate::FunctionError) with that text.

use std::rc::Rc;

use crate::gotemplate::Functions;

mod casing;
mod casting;
mod crypto;
mod dates;
mod decimal;
mod merge;
mod defaults;
mod dicts;
mod digests;
mod encoding;
mod equality;
mod host;
mod json;
mod json_decoder;
mod json_encoder;
mod lists;
mod matching;
mod math;
mod paths;
mod printing;
mod random;
mod reflection;
mod sequences;
mod strings;
mod toml;
mod url;
mod urls;
mod versions;
mod words;
mod wrapping;
mod yaml;

pub use dates::Time;
pub use host::Host;

/// Returns the table of all functions over `host`.
pub fn library(host: &Rc<Host>) -> Functions {
    let mut functions = Functions::new();
    casing::add(&mut functions);
    crypto::add(&mut functions, host);
    dates::add(&mut functions, host);
    defaults::add(&mut functions);
    dicts::add(&mut functions);
    digests::add(&mut functions);
    encoding::add(&mut functions);
    json::add(&mut functions);
    lists::add(&mut functions);
    matching::add(&mut functions);
    math::add(&mut functions);
    paths::add(&mut functions);
    random::add(&mut functions, host);
    reflection::add(&mut functions);
    sequences::add(&mut functions);
    strings::add(&mut functions);
    toml::add(&mut functions);
    urls::add(&mut functions);
    versions::add(&mut functions);
    wrapping::add(&mut functions);
    yaml::add(&mut functions);
    functions
}
