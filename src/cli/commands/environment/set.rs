//! `env set`.

use std::{
    io::{self, Read as _},
    path::PathBuf,
};

use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::error::EnvError;
use crate::cli::{
    args::{Generated, Set},
    commands::Scene,
    exit::Exit,
    terminal::Terminal,
};
use crate::environment::{Destination, Folder};
use crate::file::Original;
use crate::keys::{Identities, Passphrases};
use crate::onepassword::{Op, Reference};
use crate::remote::Meter;
use crate::secret::Secret;
use crate::sops::{self, Document, Format, Opened, Step, ValuePath};
use crate::ssh::PrivateKey;

pub(super) async fn run(scene: &Scene<'_>, arguments: &Set) -> Exit {
    let done = match arguments.generate {
        Some(kind) => generate(scene, arguments, kind),
        None => set(scene, arguments).await,
    };
    match done {
        Ok(done) => {
            scene.terminal.say(&done);
            Exit::Done
        }
        Err(error) => error.report(scene),
    }
}

async fn set(scene: &Scene<'_>, arguments: &Set) -> Result<String, EnvError> {
    let (name, path) = (&arguments.name.environment, &arguments.path);
    let folder = Folder::new(&scene.surroundings.project);
    let file = match folder.destination(name, path)? {
        Destination::Sops { file, path } => {
            let value = value(scene, arguments).await?;
            scene.surroundings.scrubber.learn(value.as_bytes());
            Encrypted::open(scene, file, path)?.set(scene, &value)?
        }
        Destination::Document if arguments.secret => return Err(folder.no_sops(name, path).into()),
        Destination::Document => folder.assign(name, path, &value(scene, arguments).await?)?,
    };
    Ok(format!("set `{path}` in {file}"))
}

/// Puts a fresh key where there is none, and prints its public half; one that is there stays, so that who has the public
/// half goes on to trust the cluster.
fn generate(scene: &Scene<'_>, arguments: &Set, kind: Generated) -> Result<String, EnvError> {
    let Generated::SshKey = kind;
    let (name, path) = (&arguments.name.environment, &arguments.path);
    let folder = Folder::new(&scene.surroundings.project);
    let Destination::Sops { file, path: steps } = folder.destination(name, path)? else {
        return Err(folder.no_sops(name, path).into());
    };
    let encrypted = Encrypted::open(scene, file, steps)?;
    let (key, done) = if let Some(text) = encrypted.text()?.filter(|_| !arguments.replace) {
        let key = PrivateKey::parse(&text).map_err(|source| EnvError::Key {
            path: path.clone(),
            hint: source.hint(),
            source,
        })?;
        (key, format!("`{path}` in {} has a key already; --replace makes another", encrypted.file))
    } else {
        let key = PrivateKey::generate(&format!("{path}@{name}"));
        #[expect(clippy::disallowed_methods, reason = "the key is encrypted with the file")]
        let file = encrypted.set(scene, key.text().expose())?;
        (key, format!("set `{path}` in {file} to a new key; its public half is on stdout"))
    };
    Terminal::data(format!("{}\n", key.public()).as_bytes());
    Ok(done)
}

async fn value(scene: &Scene<'_>, arguments: &Set) -> Result<Zeroizing<String>, EnvError> {
    match &arguments.value {
        Some(reference) if arguments.secret && reference.starts_with("op://") => {
            from_onepassword(scene, reference).await
        }
        Some(value) => Ok(Zeroizing::new(value.clone())),
        None => {
            let mut text = Zeroizing::new(String::new());
            io::stdin().read_to_string(&mut text).map_err(EnvError::Stdin)?;
            if text.ends_with('\n') {
                text.pop();
            }
            // Nobody means to empty a value by a program that failed, or by a variable that is not set.
            if text.is_empty() { Err(EnvError::NothingGiven) } else { Ok(text) }
        }
    }
}

/// Reads the field that a reference names, by the `op` command.
async fn from_onepassword(scene: &Scene<'_>, text: &str) -> Result<Zeroizing<String>, EnvError> {
    let reference: Reference = text.parse()?;
    let process = &scene.surroundings.process;
    let token = process.get("OP_SERVICE_ACCOUNT_TOKEN").map(|token| Secret::new(token.to_owned()));
    let failed = |source| EnvError::Op { reference: text.to_owned(), source };
    let op = Op::new(process.clone(), token, None).map_err(failed)?;
    let values = op.read(&[reference], &Meter::default()).await.map_err(failed)?;
    #[expect(clippy::disallowed_methods, reason = "the value is encrypted with the file")]
    Ok(Zeroizing::new(values.first().map(|value| value.expose().clone()).unwrap_or_default()))
}

/// One value of an encrypted file; what the file's rules encrypt stays encrypted.
struct Encrypted {
    file: String,
    place: PathBuf,
    original: Original,
    opened: Opened,
    steps: Vec<String>,
}

impl Encrypted {
    fn open(scene: &Scene<'_>, file: String, steps: Vec<String>) -> Result<Self, EnvError> {
        let place = scene.surroundings.project.join(&file);
        let original = Original::read(&place).map_err(|error| EnvError::File(place.clone(), error))?;
        let identities = Identities::discover(&scene.surroundings.process, Passphrases::default());
        let opened = Document::parse(original.content(), Format::of_path(&place), file.as_str())
            .and_then(|document| document.open(&identities))
            .map_err(|source| failed(&steps, &file, source))?;
        Ok(Self { file, place, original, opened, steps })
    }

    fn path(&self) -> ValuePath {
        let step = |step: &String| step.parse().map_or_else(|_| Step::Key(step.as_str().into()), Step::Index);
        self.steps.iter().map(step).collect()
    }

    /// Returns the value, if there is one and it is not empty.
    fn text(&self) -> Result<Option<Secret<String>>, EnvError> {
        match self.opened.get(&self.path(), Format::Json) {
            Err(sops::Error::NoValue { .. }) => Ok(None),
            Err(source) => Err(failed(&self.steps, &self.file, source)),
            #[expect(clippy::disallowed_methods, reason = "the text stays hidden")]
            Ok(found) => {
                let text = String::from_utf8_lossy(found.expose()).into_owned();
                Ok((!text.is_empty()).then(|| Secret::new(text)))
            }
        }
    }

    fn set(self, scene: &Scene<'_>, value: &str) -> Result<String, EnvError> {
        let changed = self
            .opened
            .set(&self.path(), &Json::from(value), scene.surroundings.clock.now())
            .map_err(|source| failed(&self.steps, &self.file, source))?;
        self.original.replace(&changed).map_err(|error| EnvError::File(self.place, error))?;
        Ok(self.file)
    }
}

fn failed(steps: &[String], file: &str, source: sops::Error) -> EnvError {
    EnvError::Sops { path: steps.join("."), file: file.to_owned(), source: Box::new(source) }
}
