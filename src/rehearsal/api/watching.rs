//! Watching: the changes of a collection as lines of an answer that goes on.

use std::{borrow::Cow, collections::VecDeque, sync::Arc, time::Duration};

use bytes::Bytes;
use futures::stream;
use serde_json::{Value as Json, json};
use tokio::{sync::watch, time::Instant};

use super::{
    kind::Kind,
    read::selector,
    refusal::Refusal,
    reply::{Form, Reply},
    request::{Request, Target},
    rules,
    selector::Selector,
    server::Server,
    shape,
    storage::{Change, Storage},
    table,
};

/// The server sends a bookmark about this often.
const BOOKMARK: Duration = Duration::from_mins(1);
/// … and once more so long before the watch ends.
const LAST_BOOKMARK: Duration = Duration::from_secs(2);
/// How long a watch lives when the client does not say.
const LIFE: Duration = Duration::from_mins(30);

/// One watch.
struct Watch {
    server: Arc<Server>,
    kind: Arc<Kind>,
    namespace: Option<String>,
    name: Option<String>,
    selector: Selector,
    form: Form,
    bookmarks: bool,
    /// All changes up to this revision were told.
    told: u64,
    changed: watch::Receiver<u64>,
    /// Tells when all watches are cut.
    cut: watch::Receiver<u64>,
    lines: VecDeque<Bytes>,
    end: Instant,
    next_bookmark: Instant,
    over: bool,
    /// The first table has the columns.
    headed: bool,
}

impl Server {
    pub(super) fn watch(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Arc<Kind>,
    ) -> Result<Reply, Refusal> {
        let form = Form::accepted(request.header(http::header::ACCEPT))?;
        let selector = selector(request, kind)?;
        let life = request.query.number("timeoutSeconds")?.map_or(LIFE, Duration::from_secs);
        let from = request.query.get("resourceVersion").unwrap_or_default();
        let initial = request.query.truth("sendInitialEvents");
        let matching = request.query.get("resourceVersionMatch");
        if initial && matching != Some("NotOlderThan") {
            return Err(Refusal::options(
                "ListOptions",
                rules::forbidden(
                    "resourceVersionMatch",
                    "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                ),
            ));
        }
        if !initial && matching.is_some() {
            return Err(Refusal::options(
                "ListOptions",
                rules::forbidden(
                    "resourceVersionMatch",
                    "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
                ),
            ));
        }
        let from: u64 = match from {
            "" => 0,
            text => text.parse().map_err(|_| {
                let why = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
                Refusal::new(500, "", format!("resourceVersion: Invalid value: {text:?}: {why}"))
            })?,
        };
        let mut state = self.state();
        let changed = state.storage.changed(&kind.resource);
        let now = Instant::now();
        let mut watch = Watch {
            server: Arc::clone(self),
            kind: Arc::clone(kind),
            namespace: target.namespace.clone(),
            name: target.name.clone(),
            selector,
            form,
            bookmarks: request.query.truth("allowWatchBookmarks"),
            told: from,
            changed,
            cut: self.faults.cuts(),
            lines: VecDeque::new(),
            end: now + life,
            next_bookmark: now + BOOKMARK.min(life.saturating_sub(LAST_BOOKMARK)),
            over: false,
            headed: false,
        };
        if from == 0 || initial {
            watch.tell_all(&state.storage, initial);
        }
        drop(state);
        Ok(Reply::stream(stream::unfold(watch, Watch::next)))
    }
}

impl Watch {
    /// Begins with what is there.
    fn tell_all(&mut self, storage: &Storage, bookmark: bool) {
        let objects: Vec<Arc<Json>> = storage
            .list(&self.kind.resource, self.namespace.as_deref())
            .filter(|(_, object)| self.wants(object))
            .map(|(_, object)| Arc::clone(object))
            .collect();
        for object in objects {
            self.tell("ADDED", &object, None);
        }
        self.told = storage.revision();
        if bookmark && self.bookmarks {
            self.bookmark(true);
        }
    }

    async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some((line, self));
            }
            if self.over {
                return None;
            }
            self.changed.mark_unchanged();
            self.collect();
            if !self.lines.is_empty() || self.over {
                continue;
            }
            tokio::select! {
                changed = self.changed.changed() => self.over |= changed.is_err(),
                _ = self.cut.changed() => self.over = true,
                () = tokio::time::sleep_until(self.end) => self.over = true,
                () = tokio::time::sleep_until(self.next_bookmark), if self.bookmarks => self.bookmark(false),
            }
        }
    }

    /// Turns the changes since the last time into lines.
    fn collect(&mut self) {
        let changes = {
            let state = self.server.state();
            let changes = state.storage.changes_after(&self.kind.resource, self.told);
            let revision = state.storage.revision();
            changes.map(|changes| (changes, revision))
        };
        let Ok((changes, revision)) = changes else {
            let refusal = Refusal::expired(format!("too old resource version: {}", self.told));
            self.line(&json!({"type": "ERROR", "object": refusal.body()}));
            self.over = true;
            return;
        };
        for change in changes {
            self.tell_change(&change);
        }
        self.told = self.told.max(revision);
    }

    /// An object that begins or ceases to be selected comes and goes for this watch.
    fn tell_change(&mut self, change: &Change) {
        let before = change.before.as_ref().filter(|object| self.wants(object));
        let after = change.after.as_ref().filter(|object| self.wants(object));
        match (before, after) {
            (None, None) => {}
            (None, Some(object)) => self.tell("ADDED", object, None),
            (Some(_), Some(object)) => self.tell("MODIFIED", object, None),
            (Some(object), None) => self.tell("DELETED", object, Some(change.revision)),
        }
    }

    fn wants(&self, object: &Json) -> bool {
        let metadata = &object["metadata"];
        self.namespace.as_ref().is_none_or(|namespace| metadata["namespace"] == namespace.as_str())
            && self.name.as_ref().is_none_or(|name| metadata["name"] == name.as_str())
            && self.selector.matches(object)
    }

    fn tell(&mut self, kind: &str, object: &Arc<Json>, revision: Option<u64>) {
        let stamped;
        let object = match revision {
            // What is deleted is told with the revision of its end.
            Some(revision) => {
                let mut last = Json::clone(object);
                last["metadata"]["resourceVersion"] = revision.to_string().into();
                stamped = Arc::new(last);
                &stamped
            }
            None => object,
        };
        let shown = match self.form {
            Form::Whole => shape::versioned(&self.kind, object),
            Form::Metadata => Cow::Owned(shape::metadata(object)),
            Form::Table => {
                let headed = std::mem::replace(&mut self.headed, true);
                let metadata = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
                let now = self.server.now();
                Cow::Owned(table::of(&self.kind, std::slice::from_ref(object), metadata, !headed, now))
            }
        };
        self.line(&json!({"type": kind, "object": &*shown}));
    }

    fn bookmark(&mut self, initial: bool) {
        let mut metadata = json!({"resourceVersion": self.told.to_string()});
        if !initial {
            let (now, last) = (Instant::now(), self.end.checked_sub(LAST_BOOKMARK).unwrap_or(self.end));
            let next = now + BOOKMARK;
            self.next_bookmark = if now < last { next.min(last) } else { next };
        }
        if initial {
            metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
        }
        let (version, kind) = (self.kind.api_version(), &self.kind.kind);
        self.line(&json!({"type": "BOOKMARK", "object": {"kind": kind, "apiVersion": version, "metadata": metadata}}));
    }

    fn line(&mut self, json: &Json) {
        let mut line = serde_json::to_vec(json).unwrap_or_default();
        line.push(b'\n');
        self.lines.push_back(line.into());
    }
}
