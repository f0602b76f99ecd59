//! `env list`.

use super::error::EnvError;
use crate::cli::{commands::Scene, exit::Exit};
use crate::environment::Folder;

pub(super) fn run(scene: &Scene<'_>) -> Exit {
    match Folder::new(&scene.surroundings.project).names() {
        Ok(names) if scene.json => {
            scene.terminal.print(&format!("{}\n", serde_json::Value::from(names)));
            Exit::Done
        }
        Ok(names) => {
            for name in names {
                scene.terminal.print(&format!("{name}\n"));
            }
            Exit::Done
        }
        Err(error) => EnvError::List(error).report(scene),
    }
}
