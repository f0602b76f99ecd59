//! What is to go wrong between clients and the API server.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

/// The faults of a cluster; cheap to clone, all clones are the same faults.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    active: Mutex<Vec<Active>>,
    /// Counts how often all watches were cut.
    cuts: watch::Sender<u64>,
    /// Counts how often everything went well again.
    ends: watch::Sender<u64>,
}

#[derive(Debug)]
struct Active {
    fault: Fault,
    left: Option<u32>,
}

/// One thing that goes wrong, and with which requests.
///
/// ```
/// # use eggtooth::rehearsal::{Effect, Fault};
/// let fault = Fault::new(Effect::Conflict).verb("update").resource("leases").times(2);
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    effect: Effect,
    verb: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    times: Option<u32>,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It is answered 429, come back in so many seconds.
    TooManyRequests(u64),
    /// It is answered 500.
    InternalError,
    /// It is answered 503, as while the server starts.
    Unavailable,
    /// It is answered 409, as if somebody else had been faster.
    Conflict,
    /// It is answered 403, as if a permission were missing.
    Forbidden,
    /// It takes longer by this.
    Delay(Duration),
    /// Nothing is done, and no answer comes. The connection is cut when the faults are [cleared](Faults::clear), or by
    /// whoever waits no longer.
    Hang,
    /// The connection ends before anything is done.
    Drop,
    /// It is done, and the connection ends before the answer.
    LoseAnswer,
}

impl Fault {
    /// Begins with an effect on every request, every time.
    pub fn new(effect: Effect) -> Self {
        Self { effect, verb: None, resource: None, namespace: None, name: None, times: None }
    }

    /// Only requests of this verb: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`.
    #[must_use]
    pub fn verb(mut self, verb: impl Into<String>) -> Self {
        self.verb = Some(verb.into());
        self
    }

    /// Only requests for this resource, as `secrets` or `deployments`.
    #[must_use]
    pub fn resource(mut self, plural: impl Into<String>) -> Self {
        self.resource = Some(plural.into());
        self
    }

    /// Only requests in this namespace.
    #[must_use]
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// Only requests for the object of this name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only so many times, then no more.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn meets(&self, request: &Asked<'_>) -> bool {
        let meets = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        meets(&self.verb, request.verb)
            && meets(&self.resource, request.resource)
            && meets(&self.namespace, request.namespace)
            && meets(&self.name, request.name)
    }
}

/// What a request is about.
pub(super) struct Asked<'a> {
    pub(super) verb: &'a str,
    pub(super) resource: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
}

impl Default for Faults {
    fn default() -> Self {
        let (cuts, ends) = (watch::Sender::new(0), watch::Sender::new(0));
        Self(Arc::new(Inner { active: Mutex::default(), cuts, ends }))
    }
}

impl Faults {
    /// Lets something go wrong from now on.
    pub fn add(&self, fault: Fault) {
        let left = fault.times;
        self.active().push(Active { fault, left });
    }

    /// Lets everything go well again; connections whose requests hang are cut.
    pub fn clear(&self) {
        self.active().clear();
        self.0.ends.send_modify(|ends| *ends += 1);
    }

    /// Ends all watches that are open, as a restart of the server does.
    pub fn cut_watches(&self) {
        self.0.cuts.send_modify(|cuts| *cuts += 1);
    }

    pub(super) fn cuts(&self) -> watch::Receiver<u64> {
        self.0.cuts.subscribe()
    }

    /// Waits until everything goes well again.
    pub(super) fn over(&self) -> impl Future<Output = ()> + use<> {
        let mut ends = self.0.ends.subscribe();
        async move {
            // Faults that nobody holds any more are over as well.
            let _ = ends.changed().await;
        }
    }

    /// Takes the first fault that meets a request.
    pub(super) fn strike(&self, request: &Asked<'_>) -> Option<Effect> {
        let mut active = self.active();
        let found = active.iter_mut().find(|one| one.left != Some(0) && one.fault.meets(request))?;
        found.left = found.left.map(|left| left - 1);
        let effect = found.fault.effect;
        active.retain(|one| one.left != Some(0));
        Some(effect)
    }

    fn active(&self) -> MutexGuard<'_, Vec<Active>> {
        self.0.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_what_it_names_and_as_often_as_it_says() {
        let faults = Faults::default();
        faults.add(Fault::new(Effect::Conflict).verb("update").resource("leases").times(2));
        let ask = |verb, resource| faults.strike(&Asked { verb, resource, namespace: "a", name: "b" });
        assert_eq!((ask("get", "leases"), ask("update", "secrets")), (None, None));
        assert_eq!(ask("update", "leases"), Some(Effect::Conflict));
        assert_eq!(ask("update", "leases"), Some(Effect::Conflict));
        assert_eq!(ask("update", "leases"), None);
    }
}
