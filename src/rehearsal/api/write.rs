//! The way of every write: what is wanted is completed, checked, admitted, and kept if nobody was faster.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value as Json, json};

use super::{
    chore::Chore,
    duplicate_keys,
    kind::Kind,
    metadata,
    refusal::Refusal,
    reply::{Form, Reply},
    request::{Request, Target},
    rules,
    server::{Server, State},
    storage::Key,
};
use crate::rehearsal::merge::{self, Operation, Writer};

/// What is done about fields that the kind does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    Ignore,
    Warn,
    Refuse,
}

/// A write before it is made.
pub(super) struct Edit<'a> {
    pub(super) request: &'a Request,
    pub(super) kind: &'a Kind,
    pub(super) key: Key,
    pub(super) subresource: Option<&'a str>,
    /// Applied server-side: the merge has noted the managers already.
    pub(super) applied: bool,
    pub(super) unknown: Unknown,
}

/// What became of a write.
pub(super) struct Written {
    pub(super) object: Arc<Json>,
    pub(super) created: bool,
    pub(super) warnings: Vec<String>,
}

/// A write is tried again this often when somebody was faster, unless it said what it changes.
const TRIES: usize = 16;

impl<'a> Edit<'a> {
    pub(super) fn new(
        request: &'a Request,
        target: &Target,
        kind: &'a Kind,
        subresource: Option<&'a str>,
    ) -> Result<Self, Refusal> {
        let unknown = match request.query.get("fieldValidation") {
            None | Some("Warn") => Unknown::Warn,
            Some("Strict") => Unknown::Refuse,
            Some("Ignore") => Unknown::Ignore,
            Some(other) => {
                let allowed = ["\"\"", "\"Ignore\"", "\"Strict\"", "\"Warn\""];
                let cause = rules::unsupported("fieldValidation", &other.into(), &allowed);
                return Err(Refusal::options(options_of(request), cause));
            }
        };
        match request.query.get("dryRun") {
            None | Some("All") => {}
            Some(other) => {
                let cause = rules::unsupported("dryRun", &json!([other]), &["\"All\""]);
                return Err(Refusal::options(options_of(request), cause));
            }
        }
        let key =
            Key::new(target.namespace.clone().unwrap_or_default(), target.name.clone().unwrap_or_default());
        Ok(Self { request, kind, key, subresource, applied: false, unknown })
    }

    pub(super) fn writer<'b>(&'b self, api_version: &'b str, server: &Server) -> Writer<'b> {
        Writer {
            manager: self.request.field_manager(),
            operation: if self.applied { Operation::Apply } else { Operation::Update },
            api_version,
            subresource: self.subresource.unwrap_or_default(),
            now: server.now(),
        }
    }

    /// Takes out what the kind does not have, and says what is to be said about it.
    pub(super) fn prune(&self, object: &mut Json) -> Result<Vec<String>, Refusal> {
        let unknown = self.kind.schema.prune(object);
        if self.unknown == Unknown::Ignore {
            return Ok(Vec::new());
        }
        let twice = match self.request.method {
            http::Method::PATCH => Vec::new(),
            _ => duplicate_keys::find(&self.request.body),
        };
        let twice = twice.iter().map(|path| format!("duplicate field {path:?}"));
        let told: Vec<String> =
            twice.chain(unknown.iter().map(|path| format!("unknown field {path:?}"))).collect();
        if self.unknown == Unknown::Refuse && !told.is_empty() {
            let problem = format!("strict decoding error: {}", told.join(", "));
            return Err(Refusal::unreadable(self.kind, &problem));
        }
        Ok(told)
    }
}

/// Returns the kind of the options that a request's parameters are.
fn options_of(request: &Request) -> &'static str {
    match request.method.as_str() {
        "PUT" => "UpdateOptions",
        "PATCH" => "PatchOptions",
        "DELETE" => "DeleteOptions",
        _ => "CreateOptions",
    }
}

impl Server {
    pub(super) async fn create(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Kind,
    ) -> Result<Reply, Refusal> {
        let form = Form::accepted(request.header(http::header::ACCEPT))?;
        let object = request.object(target, kind)?;
        let mut edit = Edit::new(request, target, kind, None)?;
        let written = self.create_object(&mut edit, object).await?;
        Ok(self.object(StatusCode::CREATED, kind, form, &written.object).warn(written.warnings))
    }

    /// Creates an object, under a name of our own making where only its beginning is given.
    pub(super) async fn create_object(
        &self,
        edit: &mut Edit<'_>,
        mut object: Json,
    ) -> Result<Written, Refusal> {
        let kind = edit.kind;
        let base = object["metadata"]["generateName"].as_str().unwrap_or_default().to_owned();
        let given = metadata::name(&object).to_owned();
        if given.is_empty() && base.is_empty() {
            return Err(Refusal::invalid(
                kind,
                "",
                &[rules::required("metadata.name", "name or generateName is required")],
            ));
        }
        if object["metadata"]["resourceVersion"].as_str().is_some_and(|version| !version.is_empty()) {
            let message = "resourceVersion should not be set on objects to be created";
            return Err(Refusal::new(500, "", message));
        }
        let mut warnings = edit.prune(&mut object)?;
        {
            let mut state = self.state();
            state.expect_namespace(kind, &edit.key.namespace, if given.is_empty() { "" } else { &given })?;
            if given.is_empty() {
                object["metadata"]["name"] = metadata::generated_name(&base, &mut state.random).into();
            }
            metadata::begin(kind, &mut object, self.now(), &mut state.random);
            kind.schema.default(&mut object);
            rules::default(kind, &mut object);
        }
        metadata::name(&object).clone_into(&mut edit.key.name);
        if !edit.applied {
            let version = kind.api_version();
            merge::track(None, &mut object, &edit.writer(&version, self), &kind.schema);
        }
        rules::complete(kind, None, &mut object, &self.state());
        check(edit, None, &object)?;
        warnings.extend(rules::warnings(kind, &object));
        warnings.extend(self.admit(edit, "CREATE", None, Some(&object)).await?);
        let mut state = self.state();
        if state.storage.get(&kind.resource, &edit.key).is_some() {
            return Err(Refusal::already_exists(kind, &edit.key.name));
        }
        if edit.request.dry_run() {
            return Ok(Written { object: Arc::new(object), created: true, warnings });
        }
        state.expect_namespace(kind, &edit.key.namespace, &edit.key.name)?;
        let object = state.keep(kind, object);
        Ok(Written { object, created: true, warnings })
    }

    pub(super) async fn update(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Kind,
        subresource: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let form = Form::accepted(request.header(http::header::ACCEPT))?;
        let mut object = request.object(target, kind)?;
        let mut edit = Edit::new(request, target, kind, subresource)?;
        let mut warnings = edit.prune(&mut object)?;
        let wanted = object.clone();
        let written = self
            .change(&mut edit, move |live| match live {
                Some(_) => Ok(wanted.clone()),
                None if kind.traits.upsert && subresource.is_none() => Ok(wanted.clone()),
                None => Err(Refusal::not_found(kind, metadata::name(&wanted))),
            })
            .await?;
        warnings.extend(written.warnings);
        let code = if written.created { StatusCode::CREATED } else { StatusCode::OK };
        Ok(self.object(code, kind, form, &written.object).warn(warnings))
    }

    /// Changes what is there into what `make` makes of it.
    pub(super) async fn change(
        &self,
        edit: &mut Edit<'_>,
        make: impl Fn(Option<&Arc<Json>>) -> Result<Json, Refusal> + Send,
    ) -> Result<Written, Refusal> {
        let kind = edit.kind;
        for _ in 0..TRIES {
            let live = self.state().storage.get(&kind.resource, &edit.key).cloned();
            let mut object = make(live.as_ref())?;
            let Some(live) = live else {
                return self.create_object(edit, object).await;
            };
            let insists = expect_version(kind, &live, &object)?;
            self.complete_update(edit, &live, &mut object)?;
            if object == *live {
                return Ok(Written { object: live, created: false, warnings: Vec::new() });
            }
            check(edit, Some(&live), &object)?;
            let mut warnings = rules::warnings(kind, &object);
            warnings.extend(self.admit(edit, "UPDATE", Some(&live), Some(&object)).await?);
            if edit.request.dry_run() {
                return Ok(Written { object: Arc::new(object), created: false, warnings });
            }
            let mut state = self.state();
            match state.storage.get(&kind.resource, &edit.key) {
                Some(now) if Arc::ptr_eq(now, &live) => {
                    let object = state.keep(kind, object);
                    return Ok(Written { object, created: false, warnings });
                }
                Some(_) if insists => return Err(Refusal::stale(kind, &edit.key.name)),
                _ => {}
            }
        }
        Err(Refusal::stale(kind, &edit.key.name))
    }

    /// Completes an update: what it may not change stays, the rest is defaulted and noted.
    fn complete_update(&self, edit: &Edit<'_>, live: &Arc<Json>, object: &mut Json) -> Result<(), Refusal> {
        let kind = edit.kind;
        let uid = metadata::uid(object);
        if !uid.is_empty() && uid != metadata::uid(live) {
            let (had, has) = (uid, metadata::uid(live));
            let place = format!("/registry/{}/{}/{}", kind.plural(), edit.key.namespace, edit.key.name);
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: {place}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {had}, UID in object meta: {has}"
            );
            return Err(Refusal::conflict(kind, &edit.key.name, &why));
        }
        let causes = rules::check_update(live, object);
        if !causes.is_empty() {
            return Err(Refusal::invalid(kind, &edit.key.name, &causes));
        }
        kind.schema.default(object);
        rules::default(kind, object);
        if !edit.applied {
            let version = kind.api_version();
            merge::track(Some(live), object, &edit.writer(&version, self), &kind.schema);
        }
        separate(edit, live, object);
        metadata::carry_over(live, object);
        rules::complete(kind, Some(live), object, &self.state());
        metadata::count_generation(kind, live, object);
        Ok(())
    }
}

fn check(edit: &Edit<'_>, live: Option<&Json>, object: &Json) -> Result<(), Refusal> {
    let kind = edit.kind;
    let mut causes = rules::check(kind, live, object);
    causes.extend(live.into_iter().flat_map(|live| metadata::late_finalizers(live, object)));
    causes.extend(kind.schema.validate(live, object));
    if causes.is_empty() { Ok(()) } else { Err(Refusal::invalid(kind, metadata::name(object), &causes)) }
}

/// Says whether the update insists on the version that it changes; refuses it if that is not the current one.
fn expect_version(kind: &Kind, live: &Json, object: &Json) -> Result<bool, Refusal> {
    match object["metadata"]["resourceVersion"].as_str().unwrap_or_default() {
        "" if kind.traits.conditional => Err(Refusal::unconditional(kind, metadata::name(live))),
        "" | "0" => Ok(false),
        version if live["metadata"]["resourceVersion"] == version => Ok(true),
        _ => Err(Refusal::stale(kind, metadata::name(live))),
    }
}

/// The status and the rest are written by different doors: what came through the wrong one stays as it was.
fn separate(edit: &Edit<'_>, live: &Json, object: &mut Json) {
    let part = match edit.subresource {
        Some("finalize") => {
            let finalizers = object["spec"]["finalizers"].take();
            let managed = object["metadata"]["managedFields"].take();
            *object = live.clone();
            object["spec"]["finalizers"] = finalizers;
            object["metadata"]["managedFields"] = managed;
            return;
        }
        // What it wrote was put into the whole object.
        Some("scale") => return,
        Some(_) => object["status"].take(),
        None if edit.kind.traits.status => {
            match live.get("status") {
                Some(status) => object["status"] = status.clone(),
                None => {
                    object.as_object_mut().map(|fields| fields.remove("status"));
                }
            }
            return;
        }
        None => return,
    };
    let managed = object["metadata"]["managedFields"].take();
    *object = live.clone();
    object["status"] = part;
    object["metadata"]["managedFields"] = managed;
}

impl State {
    /// Refuses what would be in a namespace that is not there or is going away.
    fn expect_namespace(&self, kind: &Kind, namespace: &str, name: &str) -> Result<(), Refusal> {
        if !kind.namespaced {
            return Ok(());
        }
        let Some(namespaces) = self.registry.find("", "v1", "namespaces") else { return Ok(()) };
        match self.storage.get(&namespaces.resource, &Key::new("", namespace)) {
            None => Err(Refusal::not_found(namespaces, namespace)),
            Some(found) if metadata::is_ending(found) => Err(Refusal::terminating(kind, name, namespace)),
            Some(_) => Ok(()),
        }
    }

    /// Keeps an object, or lets go of one that only waited for its last finalizer.
    pub(super) fn keep(&mut self, kind: &Kind, object: Json) -> Arc<Json> {
        let waits = metadata::finalizers(&object).next().is_some() || rules::holds(kind, &object);
        let graceful =
            object["metadata"]["deletionGracePeriodSeconds"].as_i64().is_some_and(|grace| grace > 0);
        if metadata::is_ending(&object) && !waits && !graceful {
            self.let_go(kind, &Key::of(&object));
            return Arc::new(object);
        }
        let object = self.storage.put(&kind.resource, object);
        self.leave(Chore::Changed { resource: Arc::clone(&kind.resource), key: Key::of(&object) });
        object
    }

    /// Removes an object; what it owned is looked after later.
    pub(super) fn let_go(&mut self, kind: &Kind, key: &Key) -> Option<Arc<Json>> {
        let last = self.storage.remove(&kind.resource, key)?;
        self.leave(Chore::Gone {
            resource: Arc::clone(&kind.resource),
            key: key.clone(),
            last: Arc::clone(&last),
        });
        Some(last)
    }
}
