//! Who holds a lock, told so that a person can find the run and a run can find out whether it is still alive.

use std::{fmt, fs};

use jiff::Timestamp;
use rand::{RngCore as _, rngs::OsRng};

use crate::keys::ProcessEnvironment;

/// The run that holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// A random name of the run.
    pub id: String,
    /// Who started it.
    pub who: String,
    /// The host's name.
    pub host: String,
    /// When it began.
    pub since: Timestamp,
    /// The page of the CI run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The process, where the system tells enough to recognise it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub process: Option<Process>,
}

/// A process that no other is mistaken for: numbers are used again, and containers count for themselves.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// When it was started, in the kernel's ticks since boot.
    pub started: u64,
    /// Which boot of which machine.
    pub boot: String,
    /// In which namespace the number counts.
    pub pid_namespace: String,
}

/// What is known of a holder's life from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// It runs on this machine.
    Alive,
    /// It ran on this machine and does not any more.
    Dead,
    /// It runs elsewhere, if it does.
    Unknown,
}

impl Holder {
    /// Returns this very process as a holder; user, host and run page are taken from `environment`.
    pub fn here(environment: &ProcessEnvironment, now: Timestamp) -> Self {
        let mut id = [0; 8];
        OsRng.fill_bytes(&mut id);
        let first = |names: &[&str]| names.iter().find_map(|name| environment.get(name)).map(str::to_owned);
        let unknown = || "unknown".to_owned();
        Self {
            id: hex::encode(id),
            who: first(&["GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME"]).unwrap_or_else(unknown),
            host: read("/proc/sys/kernel/hostname").or_else(|| first(&["HOSTNAME"])).unwrap_or_else(unknown),
            since: now,
            run: run_page(environment),
            process: Process::current(),
        }
    }

    /// Says what is known of the holder's life from here.
    pub(super) fn life(&self) -> Life {
        let (Some(process), Some(here)) = (&self.process, Process::current()) else { return Life::Unknown };
        if (&process.boot, &process.pid_namespace) != (&here.boot, &here.pid_namespace) {
            return Life::Unknown;
        }
        match started(process.pid) {
            Some(started) if started == process.started => Life::Alive,
            Some(_) | None => Life::Dead,
        }
    }
}

/// `alice on box (process 12) since 2026-11-22T10:00:00Z, https://ci.example/run/7`
impl fmt::Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} on {}", self.who, self.host)?;
        if let Some(process) = &self.process {
            write!(formatter, " (process {})", process.pid)?;
        }
        write!(formatter, " since {:.0}", self.since)?;
        match &self.run {
            Some(run) => write!(formatter, ", {run}"),
            None => Ok(()),
        }
    }
}

impl Process {
    fn current() -> Option<Self> {
        let pid = std::process::id();
        let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
        Some(Self {
            pid,
            started: started(pid)?,
            boot: read("/proc/sys/kernel/random/boot_id")?,
            pid_namespace: namespace.to_string_lossy().into_owned(),
        })
    }
}

/// Returns when a process was started; nothing if there is none, or only its shell waits to be reaped.
fn started(pid: u32) -> Option<u64> {
    let stat = read(&format!("/proc/{pid}/stat"))?;
    // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") { None } else { fields.nth(18)?.parse().ok() }
}

fn read(path: &str) -> Option<String> {
    Some(fs::read_to_string(path).ok()?.trim().to_owned())
}

fn run_page(environment: &ProcessEnvironment) -> Option<String> {
    let github = || {
        let part = |name| environment.get(name);
        let (server, repository) = (part("GITHUB_SERVER_URL")?, part("GITHUB_REPOSITORY")?);
        Some(format!("{server}/{repository}/actions/runs/{}", part("GITHUB_RUN_ID")?))
    };
    let named = ["CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL"];
    github().or_else(|| named.iter().find_map(|name| environment.get(name)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Holder {
        Holder::here(
            &[("USER", "alice"), ("CI_JOB_URL", "https://ci/7")].into_iter().collect(),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn this_process_is_alive_and_another_with_its_number_is_not_it() {
        let mut holder = here();
        assert_eq!(holder.life(), Life::Alive);
        holder.process.as_mut().unwrap().started += 1;
        assert_eq!(holder.life(), Life::Dead);
        holder.process.as_mut().unwrap().boot = "another machine".into();
        assert_eq!(holder.life(), Life::Unknown);
    }

    #[test]
    fn a_process_that_ended_is_dead_before_it_is_reaped() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let mut holder = here();
        let process = holder.process.as_mut().unwrap();
        process.pid = child.id();
        process.started = started(child.id()).unwrap_or_default();
        while std::fs::read_to_string(format!("/proc/{}/stat", child.id()))
            .is_ok_and(|stat| !stat.contains(") Z "))
        {
            std::thread::yield_now();
        }
        assert_eq!(holder.life(), Life::Dead);
        child.wait().unwrap();
    }

    #[test]
    fn a_holder_says_who_where_since_when_and_which_run() {
        let holder = Holder { host: "box".into(), process: None, ..here() };
        assert_eq!(holder.to_string(), "alice on box since 1970-01-01T00:00:00Z, https://ci/7");
        let text = serde_json::to_string(&here()).unwrap();
        assert_eq!(serde_json::from_str::<Holder>(&text).unwrap().who, "alice");
    }
}
