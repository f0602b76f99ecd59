//! `env get`.

use serde_json::Value as Json;

use super::error::EnvError;
use super::shown::{json, opened, print};
use crate::cli::{args::Get, commands::Scene, exit::Exit};
use crate::environment::extract;
use crate::yaml::{Layout, emit_json};

pub(super) async fn run(scene: &Scene<'_>, arguments: &Get) -> Exit {
    let reveal = match arguments.shown.reveals() {
        Ok(reveal) => reveal,
        Err(error) => return error.report(scene),
    };
    let environment = &arguments.name.environment;
    let evaluation = match opened(scene, environment, arguments.shown.timings).await {
        Ok(evaluation) => evaluation,
        Err(exit) => return exit,
    };
    let Some(value) = extract(&evaluation.value, &arguments.path) else {
        let (environment, path) = (environment.clone(), arguments.path.clone());
        return EnvError::NoValue { environment, path }.report(scene);
    };
    let text = match json(&value, reveal) {
        json if scene.json => format!("{json}\n"),
        Json::String(text) => format!("{text}\n"),
        other => emit_json(&other, Layout::GoYamlV3 { indent: 2 }),
    };
    print(scene, &text, reveal);
    Exit::Done
}
