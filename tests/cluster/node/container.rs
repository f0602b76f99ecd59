//! One container of a pod: its process, its probes and its restarts.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{self, Pod, Probe};
use rustix::process::{Pid, Signal};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};

use super::environment::{Environment, Source, under};
use super::image::{self, Program};
use super::probe::{self, Schedule};
use super::state::{Ended, Now, State};
use super::{Context, Mode};
use crate::network::Place;

/// Longest time that a container gets to end when a probe or a deletion asks it to.
const GRACE: Duration = Duration::from_secs(10);

/// A container, run by [`Container::run`].
pub(crate) struct Container {
    pub(crate) context: Arc<Context>,
    pub(crate) pod: Arc<Pod>,
    pub(crate) spec: v1::Container,
    pub(crate) place: Arc<Place>,
    /// The pod's folder of volumes.
    pub(crate) volumes: PathBuf,
    /// Where its mounts are laid out.
    pub(crate) root: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) states: mpsc::UnboundedSender<(usize, State)>,
    pub(crate) index: usize,
    pub(crate) init: bool,
    pub(crate) stop: watch::Receiver<bool>,
}

impl Container {
    /// Runs the container until it has ended for good or is told to stop; returns its last exit code.
    pub(crate) async fn run(mut self) -> i32 {
        let mut state = State::creating();
        loop {
            let Some(mut running) = self.start(&mut state).await else { return 0 };
            let started = Timestamp::now();
            state.now = Now::Running { since: started };
            self.tell(&state);
            let code = self.watch_over(&mut running, &mut state).await;
            let ended = Ended { code, started, finished: Timestamp::now() };
            state.ready = false;
            state.now = Now::Ended(ended.clone());
            if *self.stop.borrow() || !self.restarts_after(code) {
                state.ready = self.init && code == 0;
                self.tell(&state);
                return code;
            }
            state.last = Some(ended);
            self.back_off(&mut state).await;
            state.restarts += 1;
        }
    }

    fn tell(&self, state: &State) {
        // Nobody listens any more when the pod is gone.
        let _ = self.states.send((self.index, state.clone()));
    }

    fn restarts_after(&self, code: i32) -> bool {
        match self.pod.spec.as_ref().and_then(|spec| spec.restart_policy.as_deref()) {
            Some("Never") => false,
            Some("OnFailure") => code != 0,
            _ => !self.init || code != 0,
        }
    }

    async fn back_off(&mut self, state: &mut State) {
        let pause = self.context.mode.back_off(state.restarts);
        if pause.is_zero() {
            return;
        }
        let (name, pod) = (&self.spec.name, self.pod.metadata.name.as_deref().unwrap_or_default());
        let message = format!("Back-off restarting failed container {name} in pod {pod}");
        self.context.events.warn(&self.pod, "BackOff", &message).await;
        state.now = Now::Waiting { reason: "CrashLoopBackOff", message };
        self.tell(state);
        self.pause(pause).await;
    }

    /// Sleeps, but not through an order to stop.
    async fn pause(&mut self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }

    /// Starts the container as soon as all that it refers to exists; `None` when told to stop before.
    async fn start(&mut self, state: &mut State) -> Option<Running> {
        let mut attempts = 0;
        loop {
            if *self.stop.borrow() {
                return None;
            }
            let mut changes = self.context.objects.changes();
            match self.try_start() {
                Ok(running) => return Some(running),
                Err((reason, message)) => {
                    self.context.events.warn(&self.pod, "Failed", &format!("Error: {message}")).await;
                    state.now = Now::Waiting { reason, message };
                    self.tell(state);
                }
            }
            let follows = self.context.mode.follows_changes();
            tokio::select! {
                _ = changes.changed(), if follows => {}
                () = tokio::time::sleep(self.context.mode.mount_retry(attempts)) => attempts += 1,
                _ = self.stop.wait_for(|stop| *stop) => return None,
            }
        }
    }

    /// The error is the reason and message of a waiting container.
    fn try_start(&self) -> Result<Running, (&'static str, String)> {
        let image = self.spec.image.clone().unwrap_or_default();
        let program = image::program(&image, &self.pod);
        if program == Program::Unavailable {
            return Err(("ImagePullBackOff", format!("Back-off pulling image \"{image}\": not found")));
        }
        self.lay_out().map_err(|error| ("CreateContainerError", error.to_string()))?;
        let source = Source {
            context: &self.context,
            pod: &self.pod,
            container: &self.spec,
            place: &self.place,
            root: &self.root,
        };
        let environment = source.resolve().map_err(|message| ("CreateContainerConfigError", message))?;
        self.spawn(program, environment).map_err(|error| ("RunContainerError", error.to_string()))
    }

    /// Lays the mounts out below the root: links to volumes, and copies where `subPath` asks for one that never changes.
    fn lay_out(&self) -> std::io::Result<()> {
        let _ = std::fs::remove_dir_all(&self.root);
        std::fs::create_dir_all(&self.root)?;
        let mut mounts: Vec<_> = self.spec.volume_mounts.iter().flatten().collect();
        mounts.sort_by_key(|mount| mount.mount_path.len());
        for mount in mounts {
            let target = under(&self.root, mount.mount_path.trim_end_matches('/'));
            std::fs::create_dir_all(target.parent().expect("below the root"))?;
            let volume = self.volumes.join(&mount.name);
            match mount.sub_path.as_deref().filter(|path| !path.is_empty()) {
                None => std::os::unix::fs::symlink(volume, target)?,
                Some(path) => bind_sub_path(&volume.join(path), &target)?,
            }
        }
        Ok(())
    }

    fn spawn(&self, program: Program, environment: Environment) -> std::io::Result<Running> {
        std::fs::create_dir_all(self.log.parent().expect("logs lie in a folder"))?;
        let _ = std::fs::rename(&self.log, self.log.with_extension("previous.log"));
        let log = std::fs::File::create(&self.log)?;
        match program {
            Program::Process { path, arguments } => {
                let child = Command::new("ip")
                    .args(["netns", "exec", &self.place.namespace])
                    .arg(path)
                    .args(arguments)
                    .args(environment.arguments)
                    .env_clear()
                    .envs(environment.variables)
                    .stdin(Stdio::null())
                    .stdout(log.try_clone()?)
                    .stderr(log)
                    .kill_on_drop(true)
                    .spawn()?;
                Ok(Running::Process(child))
            }
            Program::Pretended { exit_code, log: text, ready } => {
                std::fs::write(&self.log, text)?;
                let ends = self.init || !self.restarts_after(0);
                Ok(Running::Pretended { exit_code, ready, ends })
            }
            Program::Unavailable => unreachable!("refused before"),
        }
    }

    /// Runs the probes beside the container until it ends, by itself, by its liveness probe or by an order.
    async fn watch_over(&self, running: &mut Running, state: &mut State) -> i32 {
        let mut stop = self.stop.clone();
        let pretends = running.pretends();
        let unhealthy = tokio::select! {
            code = running.wait() => return code,
            () = self.probe(pretends, state) => true,
            _ = stop.wait_for(|stop| *stop) => false,
        };
        if unhealthy {
            let message = format!("Container {} failed liveness probe, will be restarted", self.spec.name);
            self.context.events.warn(&self.pod, "Killing", &message).await;
        }
        running.end(GRACE).await
    }

    /// Keeps `state.ready` up to date; returns only when the container must be killed.
    ///
    /// `pretends` says of a container without a process whether it ever becomes ready.
    async fn probe(&self, pretends: Option<bool>, state: &mut State) {
        if self.init {
            return std::future::pending().await;
        }
        if let (Some(startup), None) = (&self.spec.startup_probe, pretends)
            && !self.started(startup).await
        {
            return;
        }
        tokio::select! {
            () = self.stays_alive(pretends) => {}
            () = self.follow_readiness(pretends, state) => {}
        }
    }

    /// Waits for the startup probe; false when it failed too often.
    async fn started(&self, startup: &Probe) -> bool {
        let schedule = Schedule::new(startup, self.context.mode);
        let patience = schedule.period * schedule.failures;
        let begun = tokio::time::Instant::now();
        tokio::time::sleep(schedule.delay).await;
        while let Err(message) = self.check(startup).await {
            if begun.elapsed() > schedule.delay + patience {
                self.unhealthy("Startup", &message).await;
                return false;
            }
            tokio::time::sleep(schedule.pause(self.context.mode, false)).await;
        }
        true
    }

    /// Returns when the liveness probe failed too often; its delays hold on every node, as nobody waits for them.
    async fn stays_alive(&self, pretends: Option<bool>) {
        let (Some(liveness), None) = (&self.spec.liveness_probe, pretends) else {
            return std::future::pending().await;
        };
        let schedule = Schedule::new(liveness, Mode::KubeletLike);
        tokio::time::sleep(schedule.delay).await;
        let mut failures = 0;
        while failures < schedule.failures {
            match self.check(liveness).await {
                Ok(()) => failures = 0,
                Err(message) => {
                    failures += 1;
                    self.unhealthy("Liveness", &message).await;
                }
            }
            tokio::time::sleep(schedule.period).await;
        }
    }

    /// Never returns.
    async fn follow_readiness(&self, pretends: Option<bool>, state: &mut State) {
        let schedule =
            self.spec.readiness_probe.as_ref().map(|probe| (probe, Schedule::new(probe, self.context.mode)));
        let Some((readiness, schedule)) = schedule else {
            self.set_ready(pretends.unwrap_or(true), state);
            return std::future::pending().await;
        };
        tokio::time::sleep(schedule.delay).await;
        if let Some(ready) = pretends {
            self.set_ready(ready, state);
            return std::future::pending().await;
        }
        let (mut successes, mut failures) = (0, 0);
        loop {
            match self.check(readiness).await {
                Ok(()) => (successes, failures) = (successes + 1, 0),
                Err(message) => {
                    (successes, failures) = (0, failures + 1);
                    // A container that is just starting is no news at the fast node's pace.
                    if state.ready || self.context.mode == Mode::KubeletLike || failures % 40 == 39 {
                        self.unhealthy("Readiness", &message).await;
                    }
                }
            }
            if successes >= schedule.successes {
                self.set_ready(true, state);
            } else if failures >= schedule.failures {
                self.set_ready(false, state);
            }
            tokio::time::sleep(schedule.pause(self.context.mode, state.ready)).await;
        }
    }

    fn set_ready(&self, ready: bool, state: &mut State) {
        if state.ready != ready {
            state.ready = ready;
            self.tell(state);
        }
    }

    async fn check(&self, probe: &Probe) -> Result<(), String> {
        probe::check(&self.context.probes, probe, &self.spec, &self.place).await
    }

    async fn unhealthy(&self, probe: &str, message: &str) {
        self.context.events.warn(&self.pod, "Unhealthy", &format!("{probe} probe failed: {message}")).await;
    }
}

/// What stands for the container while it runs.
enum Running {
    Process(Child),
    Pretended { exit_code: i32, ready: bool, ends: bool },
}

impl Running {
    /// Of a container without a process: whether it becomes ready.
    fn pretends(&self) -> Option<bool> {
        match self {
            Self::Process(_) => None,
            Self::Pretended { ready, .. } => Some(*ready),
        }
    }

    async fn wait(&mut self) -> i32 {
        match self {
            Self::Process(child) => exit_code(child).await,
            Self::Pretended { exit_code, ends: true, .. } => *exit_code,
            Self::Pretended { ends: false, .. } => std::future::pending().await,
        }
    }

    /// Asks the process to end, and makes it after the grace period.
    async fn end(&mut self, grace: Duration) -> i32 {
        let Self::Process(child) = self else { return 0 };
        if let Some(pid) = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())) {
            let _ = rustix::process::kill_process(pid, Signal::TERM);
        }
        if let Ok(code) = tokio::time::timeout(grace, exit_code(child)).await {
            return code;
        }
        let _ = child.kill().await;
        137
    }
}

/// A process ended by a signal has 128 and the signal's number, as in a container.
async fn exit_code(child: &mut Child) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    match child.wait().await {
        Ok(status) => status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
        Err(_) => 128,
    }
}

/// A kubelet binds a `subPath` when the container starts: what its volume does later does not show.
fn bind_sub_path(source: &Path, target: &Path) -> std::io::Result<()> {
    if source.is_file() {
        return std::fs::copy(source, target).map(drop);
    }
    // A path that is not there becomes a folder of the volume.
    std::fs::create_dir_all(source)?;
    std::os::unix::fs::symlink(source, target)
}
