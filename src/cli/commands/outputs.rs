//! `outputs` and `unlock`: what a stack remembers, and who holds it.

use super::Scene;
use crate::cli::exit::Exit;
use crate::workflow::{Secrets, outputs, unlock as free};
use crate::yaml::{Layout, emit_json};

pub(super) async fn run(scene: &Scene<'_>, environment: &str) -> Exit {
    let loaded = match scene.load(environment, Secrets::Opened).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    match outputs(&scene.surroundings, &loaded).await {
        Ok(all) if scene.json => {
            let json = serde_json::to_string(&all).unwrap_or_default();
            scene.terminal.print(&format!("{json}\n"));
            Exit::Done
        }
        Ok(all) => {
            let json = serde_json::to_value(&all).unwrap_or_default();
            scene.terminal.print(&emit_json(&json, Layout::GoYamlV3 { indent: 2 }));
            Exit::Done
        }
        Err(error) => scene.failed(&error),
    }
}

pub(super) async fn unlock(scene: &Scene<'_>, environment: &str) -> Exit {
    let loaded = match scene.load(environment, Secrets::Opened).await {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    match free(&scene.surroundings, &loaded).await {
        Ok(freed) if freed.is_empty() => {
            scene.terminal.say("nobody holds the lock");
            Exit::Done
        }
        Ok(freed) => {
            for (stack, holder) in freed {
                scene.terminal.say(&format!("took the lock of `{stack}` from {holder}"));
            }
            Exit::Done
        }
        Err(error) => scene.failed(&error),
    }
}
