//! `env edit`.

use std::process::Command;

use super::error::EnvError;
use crate::cli::{
    commands::{
        Scene,
        sops::{OnSignal, Watch, editor},
    },
    exit::Exit,
};
use crate::environment::{Folder, Loader as _};

/// Opens the document itself, for it holds no secrets, and checks what was made of it.
pub(super) async fn run(scene: &Scene<'_>, environment: &str) -> Exit {
    match edit(scene, environment) {
        Ok(()) => super::check(scene, environment).await,
        Err(error) => error.report(scene),
    }
}

fn edit(scene: &Scene<'_>, environment: &str) -> Result<(), EnvError> {
    let folder = Folder::new(&scene.surroundings.project);
    let file = folder.load(environment)?.name;
    let words = editor(&scene.surroundings.process)?;
    let act = format!("edit {file} by `{}`", words.join(" "));
    let failed = |source| EnvError::Child { act: act.clone(), source };
    let (program, arguments) =
        words.split_first().ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
    let watch = Watch::start(OnSignal::PassOn, scene.terminal.can_ask()).map_err(failed)?;
    let mut command = Command::new(program);
    scene.surroundings.process.apply(&mut command, &[]);
    command.args(arguments).arg(scene.surroundings.project.join(&*file));
    let status = watch.run(&mut command).map_err(failed)?;
    if status.success() { Ok(()) } else { Err(failed(std::io::Error::other(status.to_string()))) }
}
