//! One command a file: arguments into a verb, its result into words and an exit code.

mod change;
mod completion;
mod destroy;
mod environment;
mod failure;
mod helm;
mod outputs;
mod preview;
mod refresh;
mod rehearse;
mod seal;
mod sops;
mod up;
mod verify;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use super::{
    args::{Arguments, Command, Env, Global},
    display::{JsonLines, Lines},
    exit::Exit,
    log,
    terminal::Terminal,
};
use crate::clock::Clock;
use crate::engine::Canceller;
use crate::event::{Events, Listener};
use crate::helm::repository::AtHand;
use crate::kubernetes::Target;
use crate::scrubber::Scrubber;
use crate::stack::Stack;
use crate::workflow::{Loaded, Secrets, Surroundings, WorkflowError, load};

/// How long is waited where no flag says otherwise.
const TIMEOUT: Duration = Duration::from_mins(5);

/// Runs a command to its exit code.
pub(super) fn run(stacks: &[Stack], arguments: Arguments) -> Exit {
    let variables: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let scrubber = Scrubber::default();
    log::start(variables.get("RUST_LOG").map(String::as_str), &scrubber);
    let no_color = variables.get("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = variables.get("TERM").is_some_and(|term| term == "dumb");
    let terminal = Terminal::new(arguments.global.color, no_color, dumb, scrubber);
    match arguments.command {
        Command::Completion { shell } => completion::run(shell),
        Command::Helm(command) => helm::run(*command, arguments.global, variables, terminal),
        Command::Seal(command) => seal::run(&command, arguments.global, variables, &terminal),
        Command::Sops(command) => sops::run(&command, arguments.global.json, &variables, &terminal),
        command => with_runtime(runtime(&command), || async {
            let scene = Scene::new(stacks, arguments.global, variables, terminal);
            let exit = scene.run(command).await;
            scene.lines.iter().for_each(|lines| lines.finish());
            exit
        }),
    }
}

/// The commands that reach out wait a lot and compute little: two threads do. The time of a rehearsal stands still
/// while it works, which takes a runtime of one.
fn runtime(command: &Command) -> tokio::runtime::Builder {
    if let Command::Rehearse(_) = command {
        return tokio::runtime::Builder::new_current_thread();
    }
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2);
    builder
}

fn with_runtime<F: Future<Output = Exit>>(
    mut builder: tokio::runtime::Builder,
    work: impl FnOnce() -> F,
) -> Exit {
    match builder.enable_all().build() {
        Ok(runtime) => runtime.block_on(work()),
        Err(_) => Exit::Failed,
    }
}

/// What every command of an environment works with.
struct Scene<'a> {
    stacks: &'a [Stack],
    surroundings: Surroundings,
    terminal: Terminal,
    json: bool,
    lines: Option<Arc<Lines>>,
    canceller: Arc<Canceller>,
}

impl<'a> Scene<'a> {
    fn new(
        stacks: &'a [Stack],
        global: Global,
        variables: BTreeMap<String, String>,
        terminal: Terminal,
    ) -> Self {
        let scrubber = terminal.scrubber.clone();
        let lines =
            (!global.json).then(|| Arc::new(Lines::new(terminal.style, scrubber.clone(), terminal.moves())));
        let listener: Arc<dyn Listener> = match &lines {
            Some(lines) => Arc::clone(lines) as _,
            None => Arc::new(JsonLines::new(scrubber.clone())),
        };
        let (canceller, cancel) = Canceller::new();
        let surroundings = Surroundings {
            project: global.project,
            process: variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            charts: global.charts,
            cache: cache(&variables),
            at_hand: AtHand::default(),
            target: Target {
                kubeconfig: global.kubeconfig,
                context: global.context,
                environment: variables,
                ..Target::default()
            },
            cluster: None,
            allow_exec: global.allow_exec,
            clock: Clock::system(),
            events: Events::to(listener),
            scrubber,
            cancel,
            timeout: TIMEOUT,
        };
        Self { stacks, surroundings, terminal, json: global.json, lines, canceller: Arc::new(canceller) }
    }

    async fn run(&self, command: Command) -> Exit {
        // A command that is run gets the signals itself.
        if !matches!(command, Command::Env(Env::Run(_))) {
            self.stop_on_interrupt();
        }
        match command {
            Command::Preview(arguments) => preview::run(self, &arguments).await,
            Command::Refresh(arguments) => refresh::run(self, &arguments).await,
            Command::Up(arguments) => up::run(self, &arguments).await,
            Command::Destroy(arguments) => destroy::run(self, &arguments).await,
            Command::Rehearse(arguments) => rehearse::run(self, &arguments).await,
            Command::Outputs(name) => outputs::run(self, &name.environment).await,
            Command::Verify(arguments) => verify::run(self, &arguments).await,
            Command::Unlock(name) => outputs::unlock(self, &name.environment).await,
            Command::Env(command) => environment::run(self, &command).await,
            Command::Helm(_) | Command::Seal(_) | Command::Sops(_) | Command::Completion { .. } => {
                Exit::Usage
            }
        }
    }

    /// The first interrupt lets running steps end; the second ends the process.
    fn stop_on_interrupt(&self) {
        let canceller = Arc::clone(&self.canceller);
        let terminal = self.terminal.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                canceller.cancel();
                terminal.say("stopping: running steps come to their end (once more to end at once)");
            }
            if tokio::signal::ctrl_c().await.is_ok() {
                std::process::exit(130);
            }
        });
    }

    /// Evaluates an environment and tells what is odd in it.
    async fn load(&self, environment: &str, secrets: Secrets) -> Result<Loaded, Exit> {
        let loaded = load(&self.surroundings, self.stacks, environment, secrets)
            .await
            .map_err(|error| self.failed(&error))?;
        for warning in &loaded.warnings {
            self.quietly(|| self.terminal.say(&warning.to_string()));
        }
        Ok(loaded)
    }

    /// Tells why a verb failed and returns its exit code.
    fn failed(&self, error: &WorkflowError) -> Exit {
        self.lines.iter().for_each(|lines| lines.finish());
        failure::report(error, &self.terminal)
    }

    /// Does something with the terminal while no line moves.
    fn quietly<T>(&self, act: impl FnOnce() -> T) -> T {
        match &self.lines {
            Some(lines) => lines.quietly(act),
            None => act(),
        }
    }

    fn with_timeout(&self, seconds: u64) -> Surroundings {
        Surroundings { timeout: Duration::from_secs(seconds), ..self.surroundings.clone() }
    }
}

/// The user's cache folder for ours.
fn cache(variables: &BTreeMap<String, String>) -> PathBuf {
    let home = || Some(PathBuf::from(variables.get("HOME")?).join(".cache"));
    let base = variables.get("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    base.unwrap_or_else(std::env::temp_dir).join("eggtooth")
}
