//! Child processes with a log, ended by their pid.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::wait;

/// A running process; it ends with the value.
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with an environment of nothing but what it sets, so that no proxy or key of the caller gets in.
    pub(crate) fn start(name: &str, command: &mut Command, log: &Path) -> Self {
        let output = File::options().create(true).append(true).open(log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .spawn()
            .unwrap_or_else(|error| panic!("start {name}: {error}"));
        Self { name: name.to_owned(), child, log: log.to_owned() }
    }

    /// Fails with the log's tail when the process has ended by itself.
    pub(crate) fn expect_running(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("{} ended: {status}\n{}", self.name, tail(&self.log, 30));
        }
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Runs `act` while the process cannot take a step.
    pub(crate) fn paused<T>(&self, act: impl FnOnce() -> T) -> T {
        self.signal(Signal::STOP);
        let stat = format!("/proc/{}/stat", self.child.id());
        wait::until(&format!("{} to stop", self.name), Duration::from_secs(5), || {
            let state = std::fs::read_to_string(&stat).unwrap_or_default();
            if state.contains(") T") { Ok(()) } else { Err(state) }
        })
        .unwrap();
        let result = act();
        self.signal(Signal::CONT);
        result
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a child has a pid");
        let _ = rustix::process::kill_process(pid, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing here has data to save: killing is what a test of crashes does all the time.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The last lines of a log, for the message of a failure.
pub(crate) fn tail(log: &Path, lines: usize) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    format!("--- {}\n{}\n", log.display(), all[all.len().saturating_sub(lines)..].join("\n"))
}
