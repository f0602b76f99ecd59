//! The provider's contract: one type of resource, read in a batch, decided purely, applied one by one.

use std::{any::Any, collections::BTreeSet, error::Error, sync::Arc};

use futures::future::BoxFuture;

use super::{Access, Brings, Change, GroupKind, Kind, Kinds, Need, Options, Urn, Value};
use crate::diagnostic::Diagnostic;

/// A resource's inputs: a map.
pub type Inputs = Value;

/// What a stack remembers of a resource. It holds no secret: a secret input is a keyed fingerprint.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Record {
    /// The resource's name.
    pub urn: Urn,
    /// The inputs of the last successful apply, each secret as `{"$hmac": …}`.
    pub inputs: serde_json::Value,
    /// What the provider said it became.
    pub outputs: serde_json::Value,
    /// What it depended on; deletion goes the other way round.
    pub dependencies: Vec<Urn>,
    /// The object's uid, without which it is never deleted.
    pub uid: Option<String>,
    /// Whether we made it, or found it there.
    pub created: bool,
    /// Whether deletion is refused.
    #[serde(default)]
    pub protect: bool,
    /// Whether deletion leaves it in the cluster.
    #[serde(default)]
    pub retain_on_delete: bool,
}

/// What is there now, as the provider read it.
#[derive(Clone, Default)]
pub struct Live {
    /// Whether it is there.
    pub exists: bool,
    /// The object's uid.
    pub uid: Option<String>,
    /// What the provider's own `diff` and `apply` need of it.
    pub data: Option<Arc<dyn Any + Send + Sync>>,
}

impl Live {
    /// Returns what the provider kept, if it is of this type.
    pub fn data<T: 'static>(&self) -> Option<&T> {
        self.data.as_ref()?.downcast_ref()
    }
}

/// A resource to read: wanted by the program, remembered by the snapshot, or both.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// Its name.
    pub urn: &'a Urn,
    /// What the program wants; `None` when it is to go.
    pub inputs: Option<&'a Inputs>,
    /// What the snapshot remembers.
    pub record: Option<&'a Record>,
    /// The program's options; `None` when it is to go.
    pub options: Option<&'a Options>,
}

/// A resource to make or change. The inputs are resolved: nothing in them is unknown.
pub struct Apply<'a> {
    /// Its name.
    pub urn: &'a Urn,
    /// What the program wants.
    pub inputs: &'a Inputs,
    /// How to treat it.
    pub options: &'a Options,
    /// What the snapshot remembers.
    pub record: Option<&'a Record>,
    /// What was there when the plan was made.
    pub live: &'a Live,
    /// What was planned.
    pub change: &'a Change,
    /// Where to tell what is going on.
    pub progress: &'a dyn Progress,
}

/// A resource to delete.
pub struct Delete<'a> {
    /// What the snapshot remembers.
    pub record: &'a Record,
    /// What was there when the plan was made.
    pub live: &'a Live,
    /// Where to tell what is going on.
    pub progress: &'a dyn Progress,
}

/// What became of an apply.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Properties for other resources and for the user; secrets marked.
    pub outputs: Value,
    /// The object's uid.
    pub uid: Option<String>,
    /// Whether this apply made it.
    pub created: bool,
}

/// Where a provider or a gate tells what it does and waits for, for one resource.
pub trait Progress: Send + Sync {
    /// It waits for `what`, which is not there yet because of `why`. Said again only when either changes.
    fn waiting(&self, what: &str, why: &str);

    /// It did something worth a line.
    fn note(&self, message: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn waiting(&self, _: &str, _: &str) {}

    fn note(&self, _: &str) {}
}

/// One type of resource.
pub trait Provider: Send + Sync {
    /// Checks inputs without looking at the cluster; all problems at once.
    fn check(&self, urn: &Urn, inputs: &Inputs) -> Vec<Diagnostic>;

    /// Returns what must be there first.
    fn needs(&self, inputs: &Inputs) -> Vec<Need>;

    /// Returns what is there afterwards.
    fn brings(&self, inputs: &Inputs) -> Vec<Brings>;

    /// Gets what comes from elsewhere (a chart), verifies it and keeps it. Called before the lock is taken: it writes
    /// nothing to the cluster. Does nothing for most.
    fn fetch<'a>(&'a self, wanted: &'a [Known<'a>]) -> BoxFuture<'a, Result<(), ProviderError>> {
        let _ = wanted;
        Box::pin(async { Ok(()) })
    }

    /// Finds out what [`needs`](Self::needs) and [`brings`](Self::brings) must know (a rendered chart) from what was
    /// [fetched](Self::fetch) and what is there, anew each time; writes nothing. Does nothing for most.
    fn prepare<'a>(&'a self, all: &'a [Known<'a>]) -> BoxFuture<'a, Result<(), ProviderError>> {
        let _ = all;
        Box::pin(async { Ok(()) })
    }

    /// Reads the live ones, in the order of `all`, in as few round trips as there are kinds.
    fn read<'a>(&'a self, all: &'a [Known<'a>]) -> BoxFuture<'a, Result<Vec<Live>, ProviderError>>;

    /// Decides what would change; pure. Without wanted inputs it is a deletion.
    fn diff(&self, known: Known<'_>, live: &Live) -> Change;

    /// Returns the properties of what is there, as [`apply`](Self::apply) would return them; pure. Without it, the
    /// recorded properties stand for those of a resource that is not applied, and a secret one is not known.
    fn outputs(&self, known: Known<'_>, live: &Live) -> Option<Value> {
        let _ = (known, live);
        None
    }

    /// Returns the definitions that it brings of these kinds: by them objects of the same program are checked.
    fn defines(&self, inputs: &Inputs, kinds: &BTreeSet<GroupKind>) -> Vec<Arc<dyn Kind>> {
        let _ = (inputs, kinds);
        Vec::new()
    }

    /// Checks what it is made of against the definitions of its kinds, before anything is written; all problems at
    /// once. A kind that is not among `kinds` is the server's to check.
    fn conform(&self, inputs: &Inputs, kinds: &Kinds) -> Vec<Diagnostic> {
        let _ = (inputs, kinds);
        Vec::new()
    }

    /// Returns what the cluster must allow, so that what was planned can be done. Without a plan it is what it takes
    /// to look at it and, whatever will be found, to bring it about or to take it away.
    fn accesses(&self, known: Known<'_>, planned: Option<(&Live, &Change)>) -> Vec<Access> {
        let _ = (known, planned);
        Vec::new()
    }

    /// Makes or changes it, and waits until it is there.
    fn apply<'a>(&'a self, apply: Apply<'a>) -> BoxFuture<'a, Result<Applied, ProviderError>>;

    /// Deletes it, and waits until it is gone.
    fn delete<'a>(&'a self, delete: Delete<'a>) -> BoxFuture<'a, Result<(), ProviderError>>;
}

/// Why a provider failed; the cause is the source.
#[derive(Debug, thiserror::Error)]
#[error("{act}")]
pub struct ProviderError {
    /// What was tried, as "apply Secret onepassword/op-credentials".
    pub act: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether everything was applied and only waiting failed: exit code 6 instead of 1.
    pub applied: bool,
    /// Why it failed.
    #[source]
    pub source: Box<dyn Error + Send + Sync>,
}

impl ProviderError {
    /// Returns the failure of `act` by `source`.
    pub fn new(act: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { act: act.into(), hint: None, applied: false, source: source.into() }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Marks that all was applied and only waiting failed.
    #[must_use]
    pub fn applied(mut self) -> Self {
        self.applied = true;
        self
    }
}
