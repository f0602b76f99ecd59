//! One container of a pod: its image, its process, its probes and its restarts.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use futures::future::BoxFuture;
use serde_json::Value as Json;
use tokio::sync::{mpsc, watch};

use crate::rehearsal::cache::{Kind, Regarding, Severity, name, namespace, uid};
use crate::rehearsal::programs::{Exit, Mounts, PodReference, Process, Termination};

use super::environment::{Environment, Source};
use super::image::{self, Runs};
use super::state::{Ended, Now, State};
use super::{Kubelet, downward};

/// A container that ran for so long starts with short pauses again.
const FORGIVEN: Duration = Duration::from_mins(10);

/// A container, run by [`Container::run`].
pub(super) struct Container {
    pub(super) node: Kubelet,
    pub(super) pod: Arc<Json>,
    pub(super) spec: Json,
    pub(super) init: bool,
    pub(super) address: Ipv4Addr,
    pub(super) mounts: Mounts,
    pub(super) states: mpsc::UnboundedSender<(usize, State)>,
    pub(super) index: usize,
    pub(super) stop: watch::Receiver<bool>,
}

/// What runs in a container.
struct Running {
    process: BoxFuture<'static, Exit>,
    /// Of a container without a process: whether it ever becomes ready.
    pretends: Option<bool>,
    terminate: watch::Sender<bool>,
    termination: Termination,
}

impl Container {
    /// Runs until the container has ended for good or is told to stop; returns its last exit code, if it ever ran.
    pub(super) async fn run(mut self) -> Option<i32> {
        let mut state = State::new(if self.init { "PodInitializing" } else { "ContainerCreating" });
        let mut crashes = 0;
        let mut code = None;
        loop {
            let Some(mut running) = self.start(&mut state).await else { return code };
            let begun = tokio::time::Instant::now();
            let started = self.node.clock.now();
            state.now = Now::Running { since: started };
            state.started = self.spec["startupProbe"].is_null();
            self.tell(&state);
            let exit = self.watch_over(&mut running, &mut state).await;
            drop(running);
            let ended = Ended { code: exit.0, started, finished: self.node.clock.now() };
            code = Some(exit.0);
            (state.ready, state.started) = (false, false);
            state.now = Now::Ended(ended.clone());
            if *self.stop.borrow() || !self.restarts_after(exit) {
                state.ready = self.init && exit == Exit::SUCCESS;
                self.tell(&state);
                return code;
            }
            state.last = Some(ended);
            if begun.elapsed() >= FORGIVEN {
                crashes = 0;
            }
            self.back_off(&mut state, crashes).await;
            crashes += 1;
            state.restarts += 1;
        }
    }

    pub(super) fn tell(&self, state: &State) {
        // Nobody listens any more when the pod is gone.
        let _ = self.states.send((self.index, state.clone()));
    }

    pub(super) async fn event(&self, severity: Severity, reason: &str, message: &str) {
        let about = Regarding { kind: Kind::Pod, object: &self.pod };
        self.node.recorder.tell(about, severity, reason, message).await;
    }

    pub(super) fn text(&self, key: &str) -> &str {
        self.spec[key].as_str().unwrap_or_default()
    }

    /// Returns what faults know the container by: its pod's name and its image.
    pub(super) fn title(&self) -> String {
        format!("{} {}", name(&self.pod), self.text("image"))
    }

    fn restarts_after(&self, exit: Exit) -> bool {
        match self.pod["spec"]["restartPolicy"].as_str() {
            Some("Never") => false,
            Some("OnFailure") => exit != Exit::SUCCESS,
            _ => !self.init || exit != Exit::SUCCESS,
        }
    }

    async fn back_off(&mut self, state: &mut State, crashes: u32) {
        let pause = self.node.timing.pause(crashes);
        if pause.is_zero() {
            return;
        }
        let (container, pod) = (self.text("name"), name(&self.pod));
        let place = format!("{pod}_{}({})", namespace(&self.pod), uid(&self.pod));
        let event = format!("Back-off restarting failed container {container} in pod {place}");
        self.event(Severity::Warning, "BackOff", &event).await;
        let message =
            format!("back-off {} restarting failed container={container} pod={place}", duration(pause));
        state.now = Now::Waiting { reason: "CrashLoopBackOff", message };
        self.tell(state);
        self.pause(pause).await;
    }

    /// Sleeps, but not through an order to stop; true when there was one.
    async fn pause(&mut self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => false,
            _ = self.stop.wait_for(|stop| *stop) => true,
        }
    }

    /// Starts the process as soon as its image and all that it refers to exist; nothing when told to stop before.
    async fn start(&mut self, state: &mut State) -> Option<Running> {
        if !self.pull(state).await {
            return None;
        }
        loop {
            if *self.stop.borrow() {
                return None;
            }
            let source = Source {
                cache: &self.node.cache,
                pod: &self.pod,
                container: &self.spec,
                address: self.address,
            };
            match source.resolve() {
                Ok(environment) => {
                    let container = self.text("name").to_owned();
                    self.event(Severity::Normal, "Created", &format!("Container created: {container}")).await;
                    if self.pause(self.node.timing.start).await {
                        return None;
                    }
                    self.event(Severity::Normal, "Started", &format!("Container started: {container}")).await;
                    return Some(self.spawn(environment));
                }
                Err(message) => {
                    self.event(Severity::Warning, "Failed", &format!("Error: {message}")).await;
                    state.now = Now::Waiting { reason: "CreateContainerConfigError", message };
                    self.tell(state);
                }
            }
            if self.pause(self.node.timing.back_off).await {
                return None;
            }
        }
    }

    /// Returns when the node has the image; false when told to stop before.
    async fn pull(&mut self, state: &mut State) -> bool {
        let image = self.text("image").to_owned();
        if self.node.has(&image) && self.spec["imagePullPolicy"] != "Always" {
            let message = format!("Container image \"{image}\" already present on machine");
            self.event(Severity::Normal, "Pulled", &message).await;
            return true;
        }
        let mut tries = 0;
        loop {
            self.event(Severity::Normal, "Pulling", &format!("Pulling image \"{image}\"")).await;
            if self.pause(self.node.timing.pull).await {
                return false;
            }
            if !image::is_missing(&image) {
                self.event(Severity::Normal, "Pulled", &format!("Successfully pulled image \"{image}\""))
                    .await;
                self.node.keep(&image);
                return true;
            }
            let why = format!(
                "failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": not found"
            );
            let message = format!("Failed to pull image \"{image}\": {why}");
            self.event(Severity::Warning, "Failed", &message).await;
            self.event(Severity::Warning, "Failed", "Error: ErrImagePull").await;
            state.now = Now::Waiting { reason: "ErrImagePull", message: why.clone() };
            self.tell(state);
            // A kubelet says so at its next look at the pod.
            if self.pause(self.node.timing.start).await {
                return false;
            }
            let back_off = format!("Back-off pulling image \"{image}\"");
            self.event(Severity::Normal, "BackOff", &back_off).await;
            self.event(Severity::Warning, "Failed", "Error: ImagePullBackOff").await;
            let message = format!("{back_off}: ErrImagePull: {why}");
            state.now = Now::Waiting { reason: "ImagePullBackOff", message };
            self.tell(state);
            tries += 1;
            if self.pause(self.node.timing.pause(tries)).await {
                return false;
            }
        }
    }

    fn spawn(&self, environment: Environment) -> Running {
        let image = self.text("image").to_owned();
        let Environment { arguments, variables } = environment;
        let log = self.node.logs.start(namespace(&self.pod), name(&self.pod), self.text("name"));
        let (terminate, signal) = watch::channel(false);
        let termination = Termination::new(signal);
        let container = self.title();
        let delay = self.node.faults.delay(&container);
        let runs = image::runs(&self.node.programs, &image, &arguments, &self.pod);
        let (process, pretends): (BoxFuture<'static, Exit>, _) = if self.node.faults.crashes(&container) {
            let crash = async move {
                tokio::time::sleep(delay).await;
                log.line("the rehearsal lets this container crash");
                Exit::FAILURE
            };
            (Box::pin(crash), None)
        } else {
            match runs {
                Runs::Pretended(pretended) => {
                    let ready = pretended.ready;
                    let ends = self.init || !self.restarts_after(Exit::SUCCESS);
                    (Box::pin(pretended.run(log, ends, delay)), Some(ready))
                }
                Runs::Program(program) => {
                    let process = Process {
                        client: self.client(),
                        network: self.node.network.within(namespace(&self.pod)),
                        pod: self.reference(),
                        container: self.text("name").to_owned(),
                        image,
                        arguments,
                        environment: variables,
                        mounts: self.mounts.clone(),
                        clock: self.node.clock.clone(),
                        log,
                        termination: termination.clone(),
                    };
                    let late = async move {
                        tokio::time::sleep(delay).await;
                        program.run(process).await
                    };
                    (Box::pin(late), None)
                }
            }
        };
        Running { process, pretends, terminate, termination }
    }

    /// Returns a client with the rights of the pod's account.
    fn client(&self) -> kube::Client {
        self.node.cluster.pod_client(namespace(&self.pod), downward::account(&self.pod))
    }

    fn reference(&self) -> PodReference {
        let labels = self.pod["metadata"]["labels"].as_object().into_iter().flatten();
        let labels = labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()));
        PodReference {
            namespace: namespace(&self.pod).to_owned(),
            name: name(&self.pod).to_owned(),
            uid: uid(&self.pod).to_owned(),
            labels: labels.collect(),
            service_account: downward::account(&self.pod).to_owned(),
            address: self.address,
        }
    }

    /// Runs the probes beside the process until it ends, by itself, by its liveness probe or by an order.
    async fn watch_over(&self, running: &mut Running, state: &mut State) -> Exit {
        let mut stop = self.stop.clone();
        let pretends = running.pretends;
        let unhealthy = tokio::select! {
            exit = &mut running.process => return exit,
            () = self.probe(pretends, state) => true,
            _ = stop.wait_for(|stop| *stop) => false,
        };
        let container = self.text("name");
        let message = if unhealthy {
            format!("Container {container} failed liveness probe, will be restarted")
        } else {
            format!("Stopping container {container}")
        };
        self.event(Severity::Normal, "Killing", &message).await;
        let grace = self.pod["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
        running.end(Duration::from_secs(grace)).await
    }
}

impl Running {
    /// Asks the process to end, and makes it after the grace period.
    async fn end(&mut self, grace: Duration) -> Exit {
        if self.pretends.is_some() {
            return Exit::SUCCESS;
        }
        if !self.termination.is_handled() {
            return Exit::TERMINATED;
        }
        self.terminate.send_replace(true);
        tokio::time::timeout(grace, &mut self.process).await.unwrap_or(Exit::KILLED)
    }
}

/// A time as Go prints it: `10s`, `2m40s`.
fn duration(time: Duration) -> String {
    match (time.as_secs() / 60, time.as_secs() % 60) {
        (0, _) if time.subsec_millis() > 0 => format!("{}s", time.as_secs_f64()),
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}
