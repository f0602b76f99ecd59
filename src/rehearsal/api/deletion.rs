//! Deleting: at once, or as far as finalizers and the node let it.

use std::sync::Arc;

use http::{StatusCode, header};
use serde_json::{Value as Json, json};

use super::{
    kind::Kind,
    metadata,
    read::selector,
    refusal::Refusal,
    reply::{Form, Reply},
    request::{Request, Target},
    rules,
    server::{Server, State},
    shape,
    storage::Key,
    write::Edit,
};

/// What happens to what an object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Propagation {
    /// It is deleted after the object.
    Background,
    /// It is deleted first.
    Foreground,
    /// It stays.
    Orphan,
}

/// How an object is to be deleted.
#[derive(Clone, Debug, Default)]
pub(super) struct Deletion {
    pub(super) propagation: Option<Propagation>,
    pub(super) grace: Option<i64>,
    pub(super) uid: Option<String>,
    pub(super) resource_version: Option<String>,
    pub(super) dry_run: bool,
}

/// The finalizers that keep an object until what it owns is gone, or let go.
pub(super) const FOREGROUND: &str = "foregroundDeletion";
pub(super) const ORPHAN: &str = "orphan";

/// What became of a deletion.
pub(super) enum Deleted {
    /// It is gone; it was last so.
    Gone(Arc<Json>),
    /// It waits for its finalizers or its node.
    Ending(Arc<Json>),
}

impl Deletion {
    fn read(request: &Request) -> Result<Self, Refusal> {
        let body = request.json()?.unwrap_or_default();
        // An eviction wraps the options.
        let options = if body["kind"] == "Eviction" { &body["deleteOptions"] } else { &body };
        let text = |key: &str| options[key].as_str().or_else(|| request.query.get(key)).map(str::to_owned);
        let orphan = options["orphanDependents"].as_bool().or_else(|| {
            request.query.get("orphanDependents").map(|_| request.query.truth("orphanDependents"))
        });
        if let (Some(policy), Some(_)) = (text("propagationPolicy"), orphan) {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            let cause = rules::invalid("propagationPolicy", &policy.into(), why);
            return Err(Refusal::options("DeleteOptions", cause));
        }
        let propagation = match (text("propagationPolicy").as_deref(), orphan) {
            (Some("Background"), _) | (None, Some(false)) => Some(Propagation::Background),
            (Some("Foreground"), _) => Some(Propagation::Foreground),
            (Some("Orphan"), _) | (None, Some(true)) => Some(Propagation::Orphan),
            (Some(other), _) => {
                let supported = ["\"Foreground\"", "\"Background\"", "\"Orphan\"", "\"nil\""];
                let cause = rules::unsupported("propagationPolicy", &other.into(), &supported);
                return Err(Refusal::options("DeleteOptions", cause));
            }
            (None, None) => None,
        };
        let grace = options["gracePeriodSeconds"].as_i64();
        let grace = grace.or_else(|| request.query.get("gracePeriodSeconds")?.parse().ok());
        let precondition = |key: &str| options["preconditions"][key].as_str().map(str::to_owned);
        Ok(Self {
            propagation,
            grace,
            uid: precondition("uid"),
            resource_version: precondition("resourceVersion"),
            dry_run: request.dry_run() || options["dryRun"].as_array().is_some_and(|all| !all.is_empty()),
        })
    }

    fn expect(&self, kind: &Kind, object: &Json) -> Result<(), Refusal> {
        let name = metadata::name(object);
        let uid = metadata::uid(object);
        if let Some(wanted) = self.uid.as_deref().filter(|wanted| *wanted != uid) {
            let why = format!(
                "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
            );
            return Err(Refusal::unmet(kind, name, &why));
        }
        let version = object["metadata"]["resourceVersion"].as_str().unwrap_or_default();
        if let Some(wanted) = self.resource_version.as_deref().filter(|wanted| *wanted != version) {
            let why = format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
            );
            return Err(Refusal::unmet(kind, name, &why));
        }
        Ok(())
    }
}

impl Server {
    pub(super) async fn delete(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Kind,
    ) -> Result<Reply, Refusal> {
        let form = Form::accepted(request.header(header::ACCEPT))?;
        let deletion = Deletion::read(request)?;
        let edit = Edit::new(request, target, kind, None)?;
        let key = edit.key.clone();
        let live = self.state().storage.get(&kind.resource, &key).cloned();
        let live = live.ok_or_else(|| Refusal::not_found(kind, &key.name))?;
        deletion.expect(kind, &live)?;
        let warnings = self.admit(&edit, "DELETE", Some(&live), None).await?;
        let deleted = self.delete_object(kind, &key, &deletion)?;
        let reply = match deleted {
            Deleted::Ending(object) => self.object(StatusCode::OK, kind, form, &object),
            // What a node stops, and some other kinds, are answered with what they were.
            Deleted::Gone(object) if kind.traits.graceful || rules::shows_deleted(kind) => {
                self.object(StatusCode::OK, kind, form, &object)
            }
            Deleted::Gone(object) => {
                let mut details =
                    json!({"name": key.name, "kind": kind.plural(), "uid": metadata::uid(&object)});
                if !kind.group.is_empty() {
                    details["group"] = kind.group.clone().into();
                }
                Reply::json(
                    StatusCode::OK,
                    &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
                )
            }
        };
        let mut warnings = warnings;
        if kind.kind == "Job" && deletion.propagation.is_none() {
            warnings.push("child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning".into());
        }
        Ok(reply.warn(warnings))
    }

    pub(super) async fn delete_collection(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Kind,
    ) -> Result<Reply, Refusal> {
        let deletion = Deletion::read(request)?;
        let selector = selector(request, kind)?;
        let keys = self.state().select(kind, target.namespace.as_deref(), &selector);
        let mut items = Vec::new();
        for key in keys {
            let edit = Edit { key: key.clone(), ..Edit::new(request, target, kind, None)? };
            let Some(live) = self.state().storage.get(&kind.resource, &key).cloned() else { continue };
            self.admit(&edit, "DELETE", Some(&live), None).await?;
            match self.delete_object(kind, &key, &deletion) {
                Ok(Deleted::Gone(object) | Deleted::Ending(object)) => {
                    items.push(shape::list_item(kind, &object));
                }
                Err(refusal) if refusal.code == 404 => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let revision = self.state().storage.revision().to_string();
        let body = json!({"kind": kind.list_kind, "apiVersion": kind.api_version(),
            "metadata": {"resourceVersion": revision}, "items": items});
        Ok(Reply::json(StatusCode::OK, &body))
    }

    /// Deletes an object, or marks it as ending.
    pub(super) fn delete_object(
        &self,
        kind: &Kind,
        key: &Key,
        deletion: &Deletion,
    ) -> Result<Deleted, Refusal> {
        let now = self.now();
        let mut state = self.state();
        let live = state.storage.get(&kind.resource, key).cloned();
        let live = live.ok_or_else(|| Refusal::not_found(kind, &key.name))?;
        deletion.expect(kind, &live)?;
        let mut object = Json::clone(&live);
        let grace = grace(kind, &live, deletion);
        if !metadata::is_ending(&live) {
            metadata::set_finalizers(&mut object, &finalizers(kind, &live, deletion.propagation));
            rules::end(kind, &mut object, now);
            metadata::end(kind, &mut object, now, grace);
        } else if live["metadata"]["deletionGracePeriodSeconds"].as_i64().is_some_and(|left| grace < left) {
            object["metadata"]["deletionGracePeriodSeconds"] = grace.into();
        }
        let waits =
            metadata::finalizers(&object).next().is_some() || rules::holds(kind, &object) || grace > 0;
        if deletion.dry_run {
            return Ok(if waits { Deleted::Ending(Arc::new(object)) } else { Deleted::Gone(live) });
        }
        if waits {
            if object == *live {
                return Ok(Deleted::Ending(live));
            }
            return Ok(Deleted::Ending(state.keep(kind, object)));
        }
        state.let_go(kind, key);
        Ok(Deleted::Gone(live))
    }
}

/// Returns how many seconds the node has to stop the object.
fn grace(kind: &Kind, live: &Json, deletion: &Deletion) -> i64 {
    if !kind.traits.graceful {
        return 0;
    }
    let scheduled = live["spec"]["nodeName"].as_str().is_some_and(|node| !node.is_empty());
    let over = matches!(live["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
    if !scheduled || over {
        return 0;
    }
    let own = live["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap_or(30);
    let left = live["metadata"]["deletionGracePeriodSeconds"].as_i64();
    let wanted = deletion.grace.unwrap_or(own).max(0);
    left.map_or(wanted, |left| wanted.min(left))
}

/// Returns the object's finalizers with what the propagation asks for.
fn finalizers(kind: &Kind, live: &Json, propagation: Option<Propagation>) -> Vec<String> {
    let mut finalizers: Vec<String> = metadata::finalizers(live).map(str::to_owned).collect();
    let asked = propagation.or_else(|| {
        if finalizers.iter().any(|one| one == FOREGROUND) {
            Some(Propagation::Foreground)
        } else if finalizers.iter().any(|one| one == ORPHAN) || kind.traits.orphans {
            Some(Propagation::Orphan)
        } else {
            None
        }
    });
    finalizers.retain(|one| one != FOREGROUND && one != ORPHAN);
    match asked {
        Some(Propagation::Foreground) => finalizers.push(FOREGROUND.to_owned()),
        Some(Propagation::Orphan) => finalizers.push(ORPHAN.to_owned()),
        Some(Propagation::Background) | None => {}
    }
    finalizers
}

impl State {
    /// Takes a finalizer off an object.
    pub(super) fn release(&mut self, kind: &Kind, key: &Key, finalizer: &str) {
        let Some(live) = self.storage.get(&kind.resource, key) else { return };
        let left: Vec<String> =
            metadata::finalizers(live).filter(|one| *one != finalizer).map(str::to_owned).collect();
        let mut object = Json::clone(live);
        metadata::set_finalizers(&mut object, &left);
        if object != **live {
            self.keep(kind, object);
        }
    }
}
