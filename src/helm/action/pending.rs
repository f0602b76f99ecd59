//! Revisions that somebody began and did not end.
//!
//! Helm refuses all further work with "another operation is in progress", also when whoever began is dead. Here the
//! record tells who began; one whose holder is known to be dead, or of whom nothing was heard for long, is closed as
//! failed, and that is said.

use std::time::Duration;

use super::{ActionError, Releases};
use crate::helm::record::{Revision, Status, Stored};

/// After this long a change whose holder nobody can ask about is given up, or after three times its timeout.
const LONG: Duration = Duration::from_mins(15);

/// Closes the last revision when it is pending and its holder is dead.
pub(super) async fn recover(
    releases: &Releases<'_>,
    name: &str,
    history: &mut [Revision],
    timeout: Duration,
) -> Result<(), ActionError> {
    let Some(last) = history.last_mut().filter(|last| last.status.is_pending()) else { return Ok(()) };
    let storage = releases.storage();
    let Some(mut stored) = storage.read(name, last.version).await? else { return Ok(()) };
    let now = releases.clock.now();
    let Some(why) = dead(&stored, releases.holder, now, LONG.max(timeout * 3)) else {
        return Err(ActionError::Pending {
            revision: last.version,
            status: last.status,
            since: stored.record.info.last_deployed.unwrap_or_default(),
            holder: stored.holder.unwrap_or_else(|| "unknown".into()),
        });
    };
    let word = last.status.as_str();
    releases
        .progress
        .note(&format!("revision {} of {name} was {word}, and {why}: it is closed as failed", last.version));
    stored.record.set_status(Status::Failed, format!("{word} was interrupted: {why}"));
    storage.update(&mut stored, now).await?;
    last.status = Status::Failed;
    Ok(())
}

/// Returns why nobody goes on with it, if that is so.
fn dead(stored: &Stored, own: &str, now: jiff::Timestamp, long: Duration) -> Option<String> {
    if let Some(alive) = stored.holder.as_deref().and_then(|holder| lives(holder, own)) {
        return (!alive).then(|| "whoever began it ended before it was done".to_owned());
    }
    let began: jiff::Timestamp = stored.record.info.last_deployed.as_deref()?.parse().ok()?;
    let age = Duration::try_from(now.duration_since(began)).unwrap_or_default();
    (age > long).then(|| format!("nothing was heard of it for {} minutes", age.as_secs() / 60))
}

/// Says whether a process of this machine lives; `None` for one of another.
fn lives(holder: &str, own: &str) -> Option<bool> {
    let (place, process) = split(holder)?;
    (place == split(own)?.0).then(|| start_of(process.0).as_deref() == Some(process.1))
}

/// Splits `HOST/PID/START`.
fn split(holder: &str) -> Option<(&str, (&str, &str))> {
    let (rest, start) = holder.rsplit_once('/')?;
    let (place, pid) = rest.rsplit_once('/')?;
    Some((place, (pid, start)))
}

/// Returns when a process of this machine began, in the system's ticks.
fn start_of(pid: &str) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may have blanks in it; the time is the 20th field behind it.
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Returns this process as `HOST/PID/START`; the host with what tells one of its containers from another.
pub fn holder() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    let pid = std::process::id().to_string();
    let start = start_of(&pid).unwrap_or_default();
    let host = read("/proc/sys/kernel/hostname");
    let boot = read("/proc/sys/kernel/random/boot_id");
    format!("{host}/{boot}/{}/{pid}/{start}", namespace.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_place_its_number_and_when_it_began() {
        let own = holder();
        assert_eq!(lives(&own, &own), Some(true));
        let (rest, _) = own.rsplit_once('/').unwrap();
        assert_eq!(
            lives(&format!("{rest}/1"), &own),
            Some(false),
            "the number was given to another one since"
        );
        assert_eq!(lives("elsewhere/1/1", &own), None);
    }
}
