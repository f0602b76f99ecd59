//! `env schema`.

use super::error::EnvError;
use crate::cli::{commands::Scene, exit::Exit};
use crate::file::{Privacy, write};
use crate::workflow::editor_schema;

/// Where editors find it: `# yaml-language-server: $schema=schema.json`.
const FILE: &str = "environments/schema.json";

pub(super) fn run(scene: &Scene<'_>, stdout: bool) -> Exit {
    let text = format!("{:#}\n", editor_schema(&scene.surroundings, scene.stacks));
    if stdout {
        scene.terminal.print(&text);
        return Exit::Done;
    }
    let path = scene.surroundings.project.join(FILE);
    match write(&path, text.as_bytes(), Privacy::Usual) {
        Ok(()) => {
            scene.terminal.say(&format!(
                "wrote {FILE}; an environment names it in its first line: # yaml-language-server: $schema=schema.json"
            ));
            Exit::Done
        }
        Err(error) => EnvError::File(path, error).report(scene),
    }
}
