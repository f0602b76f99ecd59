//! `env open` and `env check`.

use super::Scene;
use crate::cli::{
    args::{Env, Format},
    exit::Exit,
    terminal::Terminal,
};
use crate::resource::{redacted, revealed};
use crate::workflow::{Secrets, open as evaluate};
use crate::yaml::{Layout, emit_json};

pub(super) async fn run(scene: &Scene<'_>, command: &Env) -> Exit {
    match command {
        Env::Open { name, show_secrets, format } => {
            open(scene, &name.environment, *show_secrets, *format).await
        }
        Env::Check(name) => match scene.load(&name.environment, Secrets::Closed).await {
            Ok(_) => {
                scene.terminal.say(&format!("environment `{}`: no problem found", name.environment));
                Exit::Done
            }
            Err(exit) => exit,
        },
    }
}

async fn open(scene: &Scene<'_>, environment: &str, show_secrets: bool, format: Format) -> Exit {
    let evaluation = match evaluate(&scene.surroundings, environment).await {
        Ok(evaluation) => evaluation,
        Err(error) => return scene.failed(&error),
    };
    let value = &evaluation.value;
    let json = if show_secrets { revealed(value) } else { redacted(value) };
    let text = match format {
        Format::Json => format!("{json:#}\n"),
        Format::Yaml => emit_json(&json, Layout::GoYamlV3 { indent: 2 }),
    };
    scene.lines.iter().for_each(|lines| lines.finish());
    if show_secrets {
        Terminal::data(text.as_bytes());
    } else {
        scene.terminal.print(&text);
    }
    Exit::Done
}
