//! A run of the binary that goes on beside the test, and the moment to disturb it.

use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http::Request;
use rustix::process::{Pid, Signal};

use crate::cases::project::{Outcome, outcome_of};
use crate::cluster::runtime;
use crate::ground::Ground;

/// How often the API is asked whether the moment has come.
const LOOK: Duration = Duration::from_millis(3);
/// How long a run may take to get to a moment.
const PATIENCE: Duration = Duration::from_mins(2);

/// A running process.
pub(crate) struct Background {
    pid: Pid,
    output: JoinHandle<std::process::Output>,
}

/// Something that the API shows as soon as a run got so far.
pub(crate) struct Moment {
    pub(crate) what: &'static str,
    /// The API's path of one object.
    pub(crate) path: &'static str,
    /// What must be in the object.
    pub(crate) text: &'static str,
}

impl Background {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_raw(child.id().cast_signed()).expect("a child has a pid");
        Self { pid, output: std::thread::spawn(|| child.wait_with_output().unwrap()) }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.output.is_finished()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        assert!(self.is_running(), "the run is over");
        rustix::process::kill_process(self.pid, signal).unwrap();
    }

    /// Waits for the end; a killed run's code is -1.
    pub(crate) fn end(self) -> Outcome {
        outcome_of(&self.output.join().unwrap())
    }

    /// Sends the signal at the moment; fails where the run ends before it.
    pub(crate) fn signal_at(&self, cluster: &dyn Ground, moment: &Moment, signal: Signal) {
        let begun = Instant::now();
        while !runtime().block_on(moment.has_come(cluster)) {
            assert!(self.is_running() && begun.elapsed() < PATIENCE, "never seen: {}", moment.what);
            std::thread::sleep(LOOK);
        }
        self.signal(signal);
    }
}

impl Moment {
    async fn has_come(&self, cluster: &dyn Ground) -> bool {
        let request = Request::get(self.path).body(Vec::new()).unwrap();
        cluster.client().request_text(request).await.is_ok_and(|object| object.contains(self.text))
    }
}
