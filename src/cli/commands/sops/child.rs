//! Programs that we start, and the signals that reach us while they run.
//!
//! Without care, a signal ends us and leaves plain text behind. So signals are caught before there is any: they go to
//! the child, and when it is gone we clean up and end ourselves.

use std::{
    io,
    process::{Child, Command, ExitStatus},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli::commands) enum OnSignal {
    /// The child gets it, and we end as the child does.
    PassOn,
    /// The child is ended: it must not outlive the files that it works on.
    Stop,
}

/// Catches SIGINT, SIGTERM, SIGHUP and SIGQUIT from now on.
pub(in crate::cli::commands) struct Watch {
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    child: Mutex<Option<Pid>>,
    signalled: AtomicBool,
}

/// How long an editor may take to end before it is killed.
const PATIENCE: Duration = Duration::from_secs(2);

/// How often somebody who waits for the user looks for signals.
const LOOK: Duration = Duration::from_millis(50);

const CAUGHT: [(SignalKind, Signal); 4] = [
    (SignalKind::interrupt(), Signal::INT),
    (SignalKind::terminate(), Signal::TERM),
    (SignalKind::hangup(), Signal::HUP),
    (SignalKind::quit(), Signal::QUIT),
];

impl Watch {
    /// Starts to catch signals; when it returns, they are caught.
    pub(in crate::cli::commands) fn start(reaction: OnSignal, in_terminal: bool) -> io::Result<Self> {
        let state = Arc::new(State::default());
        let (ready, started) = mpsc::channel();
        let watched = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(watch(&watched, reaction, in_terminal, &ready)),
                // The receiver waits for exactly one message.
                Err(error) => drop(ready.send(Err(error))),
            }
        });
        started.recv().unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))?;
        Ok(Self { state })
    }

    /// Says whether a signal came.
    pub(super) fn is_signalled(&self) -> bool {
        self.state.signalled.load(Ordering::SeqCst)
    }

    /// Waits for the return key; a signal or the end of stdin is a no.
    pub(super) fn wait_for_return(&self) -> bool {
        let (answer, answered) = mpsc::channel();
        // Reading can't be stopped by a signal, so it is done aside.
        std::thread::spawn(move || {
            let read = io::stdin().read_line(&mut String::new());
            // Nobody listens any more after a signal.
            let _ = answer.send(read.is_ok_and(|length| length > 0));
        });
        loop {
            match answered.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(mpsc::RecvTimeoutError::Disconnected) => return false,
                Err(mpsc::RecvTimeoutError::Timeout) if self.is_signalled() => return false,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Starts a program and waits for its end.
    pub(in crate::cli::commands) fn run(&self, command: &mut Command) -> io::Result<ExitStatus> {
        self.run_with(command, |_| {})
    }

    /// Starts a program, does something with it while it runs, and waits for its end.
    pub(in crate::cli::commands) fn run_with(
        &self,
        command: &mut Command,
        started: impl FnOnce(&mut Child),
    ) -> io::Result<ExitStatus> {
        let mut child = {
            // A signal that comes in between finds the child, or keeps it from being started.
            let mut slot = self.state.child();
            if self.is_signalled() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let child = command.spawn()?;
            *slot = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            child
        };
        started(&mut child);
        let status = child.wait();
        *self.state.child() = None;
        status
    }
}

impl State {
    fn child(&self) -> MutexGuard<'_, Option<Pid>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, signal: Signal) {
        if let Some(child) = *self.child() {
            // A child that is gone needs no signal.
            let _ = kill_process(child, signal);
        }
    }
}

async fn watch(
    state: &Arc<State>,
    reaction: OnSignal,
    in_terminal: bool,
    ready: &mpsc::Sender<io::Result<()>>,
) {
    for (kind, number) in CAUGHT {
        let mut stream = match signal(kind) {
            Ok(stream) => stream,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let state = Arc::clone(state);
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                react(&state, reaction, number, in_terminal).await;
            }
        });
    }
    if ready.send(Ok(())).is_ok() {
        std::future::pending::<()>().await;
    }
}

async fn react(state: &State, reaction: OnSignal, number: Signal, in_terminal: bool) {
    state.signalled.store(true, Ordering::SeqCst);
    match reaction {
        // The terminal sends these to the child, too; twice means "at once" to some programs.
        OnSignal::PassOn if in_terminal && matches!(number, Signal::INT | Signal::QUIT) => {}
        OnSignal::PassOn => state.send(number),
        OnSignal::Stop => {
            state.send(Signal::TERM);
            tokio::time::sleep(PATIENCE).await;
            state.send(Signal::KILL);
        }
    }
}
