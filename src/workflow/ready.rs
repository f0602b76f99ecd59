//! Everything that can be known before the first write: a stack is planned without its lock, for taking the lock is a
//! write, and the plan holds under the lock if the stack is still as it was.

use std::{collections::BTreeSet, sync::Arc};

use futures::{join, try_join};

use super::{Checked, Planned, Reads, Stage, Surroundings, WorkflowError};
use crate::engine::{Graph, accesses, defined, fetch, kinds_of, planned_accesses};
use crate::kubernetes::Permission;
use crate::resource::Access;
use crate::state::{Fingerprints, Session, Snapshot};
use crate::verify::Proof;

/// What a stack remembers, read without its lock.
type Remembered = (Snapshot, Arc<Fingerprints>);

/// What a plan will be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// It is executed.
    Bring,
    /// It is executed, and then all that is kept of the stack is deleted.
    End,
}

impl Stage {
    /// Gets what the stack is made of and decides what would change; reads, and writes nothing.
    pub(super) async fn ready(
        &self,
        surroundings: &Surroundings,
        checked: &Checked<'_>,
    ) -> Result<Planned, WorkflowError> {
        let ((), (snapshot, fingerprints)) =
            try_join!(self.fetch(checked), self.remembered(surroundings, checked))?;
        self.plan(checked, &snapshot, fingerprints).await
    }

    /// As [`ready`](Self::ready), and makes sure that the cluster allows all that the plan needs.
    pub(super) async fn allowed(
        &self,
        surroundings: &Surroundings,
        checked: &Checked<'_>,
        intent: Intent,
    ) -> Result<Planned, WorkflowError> {
        let (fetched, remembered, everything) =
            join!(self.fetch(checked), self.remembered(surroundings, checked), self.client.may_everything());
        fetched?;
        if everything? {
            let (snapshot, fingerprints) = remembered?;
            return self.plan(checked, &snapshot, fingerprints).await;
        }
        self.allowed_in_part(surroundings, checked, intent, remembered).await
    }

    /// Asks for each right by itself: first whether all may be read that a plan is made from, then for what it needs.
    async fn allowed_in_part(
        &self,
        surroundings: &Surroundings,
        checked: &Checked<'_>,
        intent: Intent,
        remembered: Result<Remembered, WorkflowError>,
    ) -> Result<Planned, WorkflowError> {
        let backend = self.backend(surroundings, checked.stack)?;
        let mut own: BTreeSet<Access> = backend.accesses(intent == Intent::End).await.into_iter().collect();
        if intent == Intent::Bring {
            own.extend(checked.proofs.iter().flat_map(Proof::accesses));
        }
        let (known, fingerprints) = match remembered {
            Ok((snapshot, fingerprints)) => (snapshot, Ok(fingerprints)),
            // What may not be read is told with all the rest that is missing.
            Err(WorkflowError::State(error)) if error.is_refused() => (Snapshot::default(), Err(error)),
            Err(error) => return Err(error),
        };
        let stand_in = || self.fingerprints(&known);
        let graph = self
            .graph(checked, &known, &fingerprints.as_ref().map_or_else(|_| stand_in(), Arc::clone))
            .await?;
        let mut whatever = accesses(&graph, &known, self.providers());
        whatever.extend(own.iter().cloned());
        let reading = whatever.iter().filter(|access| access.is_reading()).cloned().collect();
        if !self.missing(&graph, &reading).await?.is_empty() {
            self.demand(checked.stack, &graph, &whatever).await?;
        }
        let planned = self.plan_graph(checked, graph, &known, fingerprints?).await?;
        let mut needed = planned_accesses(&planned.graph, &planned.observed, &planned.plan, self.providers());
        needed.extend(own);
        self.demand(checked.stack, &planned.graph, &needed).await?;
        Ok(planned)
    }

    async fn missing(
        &self,
        graph: &Graph,
        wanted: &BTreeSet<Access>,
    ) -> Result<BTreeSet<Permission>, WorkflowError> {
        let kinds = defined(graph, self.providers(), &kinds_of(wanted));
        Ok(self.client.missing_permissions(wanted, &kinds).await?)
    }

    /// Refuses to go on unless the cluster allows all of it.
    async fn demand(
        &self,
        stack: &str,
        graph: &Graph,
        wanted: &BTreeSet<Access>,
    ) -> Result<(), WorkflowError> {
        let missing = self.missing(graph, wanted).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let user = self.client.username().await.unwrap_or_else(|_| "you".to_owned());
        Err(WorkflowError::Forbidden { stack: stack.to_owned(), user, missing })
    }

    async fn fetch(&self, checked: &Checked<'_>) -> Result<(), WorkflowError> {
        let failed = |errors| WorkflowError::Fetch { stack: checked.stack.to_owned(), source: Reads(errors) };
        fetch(&checked.wanted, self.providers()).await.map_err(failed)
    }

    async fn remembered(
        &self,
        surroundings: &Surroundings,
        checked: &Checked<'_>,
    ) -> Result<Remembered, WorkflowError> {
        // The kinds are asked for beside: everything that follows needs them.
        let discovered = async { Ok(self.client.discovery().await?) };
        try_join!(self.look(surroundings, checked.stack), discovered).map(|(remembered, _)| remembered)
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
