//! `env set`.

use std::io::{self, Read as _};

use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::error::EnvError;
use crate::cli::{args::Set, commands::Scene, exit::Exit};
use crate::environment::{Destination, Folder};
use crate::file::Original;
use crate::keys::{Identities, Passphrases};
use crate::sops::{self, Document, Format, Step};

pub(super) fn run(scene: &Scene<'_>, arguments: &Set) -> Exit {
    match set(scene, arguments) {
        Ok(file) => {
            scene.terminal.say(&format!("set `{}` in {file}", arguments.path));
            Exit::Done
        }
        Err(error) => error.report(scene),
    }
}

fn set(scene: &Scene<'_>, arguments: &Set) -> Result<String, EnvError> {
    let (name, path) = (&arguments.name.environment, &arguments.path);
    let folder = Folder::new(&scene.surroundings.project);
    match folder.destination(name, path)? {
        Destination::Sops { file, path } => {
            let value = value(arguments)?;
            scene.surroundings.scrubber.learn(value.as_bytes());
            into_sops(scene, file, &path, &value)
        }
        Destination::Document if arguments.secret => Err(folder.no_sops(name, path).into()),
        Destination::Document => Ok(folder.assign(name, path, &value(arguments)?)?),
    }
}

fn value(arguments: &Set) -> Result<Zeroizing<String>, EnvError> {
    if let Some(value) = &arguments.value {
        return Ok(Zeroizing::new(value.clone()));
    }
    let mut text = Zeroizing::new(String::new());
    io::stdin().read_to_string(&mut text).map_err(EnvError::Stdin)?;
    if text.ends_with('\n') {
        text.pop();
    }
    // Nobody means to empty a value by a program that failed, or by a variable that is not set.
    if text.is_empty() { Err(EnvError::NothingGiven) } else { Ok(text) }
}

/// Changes one value of an encrypted file; what the file's rules encrypt stays encrypted.
fn into_sops(scene: &Scene<'_>, file: String, path: &[String], value: &str) -> Result<String, EnvError> {
    let place = scene.surroundings.project.join(&file);
    let original = Original::read(&place).map_err(|error| EnvError::File(place.clone(), error))?;
    let failed = |source: sops::Error| EnvError::Sops {
        path: path.join("."),
        file: file.clone(),
        source: Box::new(source),
    };
    let identities = Identities::discover(&scene.surroundings.process, Passphrases::default());
    let changed = Document::parse(original.content(), Format::of_path(&place), file.as_str())
        .and_then(|document| {
            let path = path
                .iter()
                .map(|step| step.parse().map_or_else(|_| Step::Key(step.as_str().into()), Step::Index));
            let opened = document.open(&identities)?;
            opened.set(&path.collect(), &Json::from(value), scene.surroundings.clock.now())
        })
        .map_err(failed)?;
    original.replace(&changed).map_err(|error| EnvError::File(place, error))?;
    Ok(file)
}
