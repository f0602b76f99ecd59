//! What containers print, kept for `kubectl logs`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A container: namespace, pod and name.
type Key = (String, String, String);

/// The logs of all containers; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Logs(Arc<Mutex<BTreeMap<Key, Runs>>>);

#[derive(Debug, Default)]
struct Runs {
    current: Log,
    previous: Option<Log>,
}

/// What one run of a container printed; cheap to clone.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<String>>);

impl Logs {
    /// Returns the log of a container that starts now; the one so far becomes the previous one.
    pub fn start(&self, namespace: &str, pod: &str, container: &str) -> Log {
        let mut logs = lock(&self.0);
        let runs = logs.entry(key(namespace, pod, container));
        let fresh = Log::default();
        match runs {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Runs { current: fresh.clone(), previous: None });
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let old = std::mem::replace(&mut entry.get_mut().current, fresh.clone());
                entry.get_mut().previous = Some(old);
            }
        }
        fresh
    }

    /// Returns what a container printed, now or in the run before; nothing if it never ran.
    pub fn read(&self, namespace: &str, pod: &str, container: &str, previous: bool) -> Option<String> {
        let logs = lock(&self.0);
        let runs = logs.get(&key(namespace, pod, container))?;
        let log = if previous { runs.previous.as_ref()? } else { &runs.current };
        Some(log.text())
    }

    /// Forgets a pod that is gone.
    pub fn forget(&self, namespace: &str, pod: &str) {
        lock(&self.0).retain(|(of_namespace, of_pod, _), _| of_namespace != namespace || of_pod != pod);
    }
}

impl Log {
    /// Adds a line.
    pub fn line(&self, line: &str) {
        let mut text = lock(&self.0);
        text.push_str(line);
        text.push('\n');
    }

    /// Returns all lines.
    pub fn text(&self) -> String {
        lock(&self.0).clone()
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Programs print what they like; a log may hold what must not be shown.
        formatter.write_str("Log")
    }
}

fn key(namespace: &str, pod: &str, container: &str) -> Key {
    (namespace.to_owned(), pod.to_owned(), container.to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_keeps_the_log_of_the_run_before() {
        let logs = Logs::default();
        logs.start("ns", "pod", "main").line("first");
        logs.start("ns", "pod", "main").line("second");
        assert_eq!(logs.read("ns", "pod", "main", false).unwrap(), "second\n");
        assert_eq!(logs.read("ns", "pod", "main", true).unwrap(), "first\n");
        logs.forget("ns", "pod");
        assert_eq!(logs.read("ns", "pod", "main", false), None);
    }
}
