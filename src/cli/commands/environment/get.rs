//! `env get`.

use serde_json::Value as Json;

use super::error::EnvError;
use super::shown::{json, opened, print};
use crate::cli::{args::Get, commands::Scene, exit::Exit};
use crate::environment::{extract, nearest, steps};
use crate::yaml::{Layout, emit_json};

pub(super) async fn run(scene: &Scene<'_>, arguments: &Get) -> Exit {
    let reveal = match arguments.shown.reveals() {
        Ok(reveal) => reveal,
        Err(error) => return error.report(scene),
    };
    if steps(&arguments.path).is_none_or(|steps| steps.iter().all(String::is_empty)) {
        return EnvError::Path(arguments.path.clone()).report(scene);
    }
    let environment = &arguments.name.environment;
    let evaluation = match opened(scene, environment, arguments.shown.timings).await {
        Ok(evaluation) => evaluation,
        Err(exit) => return exit,
    };
    let Some(value) = extract(&evaluation.value, &arguments.path) else {
        let (environment, path) = (environment.clone(), arguments.path.clone());
        let meant = nearest(&evaluation.value, &path);
        return EnvError::NoValue { environment, path, meant }.report(scene);
    };
    let text = match json(&value, reveal) {
        json if scene.json => format!("{json}\n"),
        Json::String(text) => format!("{text}\n"),
        other => emit_json(&other, Layout::GoYamlV3 { indent: 2 }),
    };
    print(scene, &text, reveal);
    Exit::Done
}
