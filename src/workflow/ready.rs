//! Everything that can be known before the first write: a stack is planned without its lock, for taking the lock is a
//! write, and the plan holds under the lock if the stack is still as it was.

use std::sync::Arc;

use futures::try_join;

use super::{Checked, Planned, Reads, Stage, Surroundings, WorkflowError};
use crate::engine::fetch;
use crate::state::Session;

impl Stage {
    /// Gets what the stack is made of and decides what would change; reads, and writes nothing.
    pub(super) async fn ready(
        &self,
        surroundings: &Surroundings,
        checked: &Checked<'_>,
    ) -> Result<Planned, WorkflowError> {
        let fetched = async {
            fetch(&checked.wanted, self.providers()).await.map_err(|errors| WorkflowError::Fetch {
                stack: checked.stack.to_owned(),
                source: Reads(errors),
            })
        };
        // The kinds are asked for beside the rest: everything that follows needs them.
        let discovered = async { Ok(self.client.discovery().await?) };
        let ((), (snapshot, fingerprints), _) =
            try_join!(fetched, self.look(surroundings, checked.stack), discovered)?;
        self.plan(checked, &snapshot, Arc::new(fingerprints)).await
    }

    /// Returns the plan that holds under the lock: the one that was made before, unless somebody else was at the stack
    /// in between.
    pub(super) async fn under_lock(
        &self,
        session: &mut Session,
        checked: &Checked<'_>,
        ready: Planned,
    ) -> Result<Planned, WorkflowError> {
        // Whoever changes anything writes it down first: what is remembered tells.
        if ready.made_from == *session.snapshot() {
            session.adopt(Arc::clone(&ready.fingerprints));
            return Ok(ready);
        }
        self.plan(checked, session.snapshot(), session.fingerprints()).await
    }
}
