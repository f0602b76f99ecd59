//! `env run`.

use std::{
    io::{self, IsTerminal as _, Read, Write},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread::JoinHandle,
};

use super::error::EnvError;
use super::shown::opened;
use crate::cli::{
    args::Run,
    commands::{
        Scene,
        sops::{OnSignal, PrivateFolder, Watch},
    },
    exit::Exit,
};
use crate::environment::Evaluation;
use crate::resource::Value;
use crate::scrubber::{Scrubber, Stream};
use crate::secret::Secret;

pub(super) async fn run(scene: &Scene<'_>, arguments: &Run) -> Exit {
    let evaluation = match opened(scene, &arguments.name.environment, arguments.timings).await {
        Ok(evaluation) => evaluation,
        Err(exit) => return exit,
    };
    scene.lines.iter().for_each(|lines| lines.finish());
    match start(scene, arguments, &evaluation) {
        // As in shells, a command that a signal ended counts as 128 and the signal's number.
        Ok(status) => Exit::Child(code(status)),
        Err(error) => error.report(scene),
    }
}

fn code(status: ExitStatus) -> u8 {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(255)
}

/// Runs the command with variables and files; when it has ended the files are gone.
fn start(scene: &Scene<'_>, arguments: &Run, evaluation: &Evaluation) -> Result<ExitStatus, EnvError> {
    let failed = |act: &str| {
        let act = act.to_owned();
        move |source| EnvError::Child { act, source }
    };
    // Signals are caught before there is anything to clean up.
    let watch = Watch::start(OnSignal::PassOn, io::stdin().is_terminal()).map_err(failed("catch signals"))?;
    let process = &scene.surroundings.process;
    let folder = PrivateFolder::new(process)?;
    let mut variables = variables(evaluation)?;
    for (index, (name, value)) in evaluation.files().iter().enumerate() {
        // A file's name says nothing of what is in it.
        let content = text(name, value)?;
        #[expect(clippy::disallowed_methods, reason = "the user wants the command to have the file")]
        let path = folder.write(Path::new(&format!("file-{index}")), content.expose().as_bytes())?;
        let path = path.to_string_lossy().into_owned();
        variables.push((variable_name(name)?, Secret::new(path)));
    }
    let [program, rest @ ..] = arguments.command.as_slice() else {
        return Err(EnvError::Child {
            act: "run the command".to_owned(),
            source: io::ErrorKind::NotFound.into(),
        });
    };
    let mut command = Command::new(program);
    command.args(rest);
    process.apply(&mut command, &[]);
    #[expect(clippy::disallowed_methods, reason = "the user wants the command to have the values")]
    command.envs(variables.iter().map(|(name, value)| (name, value.expose())));
    let run = failed(&format!("run `{}`", program.to_string_lossy()));
    if arguments.interactive {
        return watch.run(&mut command).map_err(run);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut readers = Vec::new();
    let status = watch.run_with(&mut command, |child| readers = filter(child, &scene.surroundings.scrubber));
    // What was written is passed on to its end, also by children of the child.
    for reader in readers {
        let _ = reader.join();
    }
    status.map_err(run)
}

fn variables(evaluation: &Evaluation) -> Result<Vec<(String, Secret<String>)>, EnvError> {
    let variables = evaluation.environment_variables().iter();
    variables.map(|(name, value)| Ok((variable_name(name)?, text(name, value)?))).collect()
}

fn variable_name(name: &str) -> Result<String, EnvError> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(EnvError::VariableName(name.to_owned()));
    }
    Ok(name.to_owned())
}

fn text(name: &str, value: &Value) -> Result<Secret<String>, EnvError> {
    match value {
        #[expect(clippy::disallowed_methods, reason = "the text moves into another hiding place")]
        Value::Secret(hidden) => text(name, hidden.expose()),
        Value::String(text) if !text.contains('\0') => Ok(Secret::new(text.to_string())),
        _ => Err(EnvError::Unknown(name.to_owned())),
    }
}

/// Passes the child's output on, without secrets.
fn filter(child: &mut Child, scrubber: &Scrubber) -> Vec<JoinHandle<()>> {
    let mut readers = Vec::new();
    if let Some(output) = child.stdout.take() {
        let stream = scrubber.stream();
        readers.push(std::thread::spawn(move || pass_on(output, &mut io::stdout(), stream)));
    }
    if let Some(output) = child.stderr.take() {
        let stream = scrubber.stream();
        readers.push(std::thread::spawn(move || pass_on(output, &mut io::stderr(), stream)));
    }
    readers
}

fn pass_on(mut from: impl Read, to: &mut impl Write, mut stream: Stream) {
    let mut piece = [0; 8192];
    loop {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => {
                // A reader that went away is no reason to stop the child.
                let _ = to.write_all(&stream.push(&piece[..length])).and_then(|()| to.flush());
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    let _ = to.write_all(&stream.finish()).and_then(|()| to.flush());
}
