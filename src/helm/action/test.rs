//! `test`: the hooks with which a chart proves that its release works.

use std::time::Duration;

use super::{ActionError, Releases, read};
use crate::helm::hooks::{Event, Hook, places};
use crate::helm::record::Record;
use crate::helm::release::pod_logs;

/// Which tests.
#[derive(Clone, Debug, Default)]
pub struct TestFilter {
    /// Only tests of these names; all when empty.
    pub only: Vec<String>,
    /// No tests of these names.
    pub without: Vec<String>,
}

impl TestFilter {
    fn takes(&self, hook: &Hook) -> bool {
        (self.only.is_empty() || self.only.contains(&hook.name)) && !self.without.contains(&hook.name)
    }
}

/// What became of the tests.
pub struct Tested {
    /// The record, which says when each test ran and how that ended.
    pub record: Record,
    /// Each test container as `POD (CONTAINER)` and its log, when they were asked for.
    pub logs: Vec<(String, String)>,
    /// Why it failed, if it did.
    pub failure: Option<ActionError>,
}

/// Runs the tests and writes into the record how they ended.
pub async fn test(
    releases: &Releases<'_>,
    name: &str,
    filter: &TestFilter,
    timeout: Duration,
    with_logs: bool,
) -> Result<Tested, ActionError> {
    let storage = releases.storage();
    let mut stored = read(&storage, name, None).await?;
    let course = releases.course(timeout);
    let hooks = &mut stored.record.hooks;
    let wanted =
        places(hooks, Event::Test).into_iter().filter(|place| filter.takes(&hooks[*place])).collect();
    let ran = course.run_these(hooks, wanted).await;
    storage.update(&mut stored, releases.clock.now()).await?;
    let mut logs = Vec::new();
    if with_logs {
        for hook in stored.record.hooks.iter().filter(|hook| hook.events.contains(&Event::Test)) {
            if filter.takes(hook) {
                let found = pod_logs(course, hook).await.into_iter();
                logs.extend(found.map(|log| (format!("{} ({})", log.pod.name(), log.container), log.text)));
            }
        }
    }
    Ok(Tested { record: stored.record, logs, failure: ran.err().map(ActionError::from) })
}
