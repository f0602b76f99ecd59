//! Server-side apply.

use serde_json::Value as Json;

use super::{
    combine::combine,
    compare::Comparison,
    conflict::{Conflict, Conflicts},
    fields::{fields_of, with_named_fields},
    last_applied,
    managed::{Managed, Operation, Writer, unowned},
    remove::remove,
    track::{forget, own_changes},
};
use crate::kubernetes::{FieldSet, Step};
use crate::rehearsal::schema::{Place, Schema};

/// Why a configuration was not applied.
#[derive(Debug, thiserror::Error)]
pub(in crate::rehearsal) enum ApplyError {
    /// Other managers own fields that it would change.
    #[error("{0}")]
    Conflicts(Conflicts),
    /// It does not fit the kind's fields; the server calls this an internal error.
    #[error("{0}")]
    Unfit(String),
}

/// The manager that gets all fields of an object that nobody managed before it is applied first.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// Returns the live object with the configuration applied, its managers written and defaults added.
///
/// An apply of kubectl's takes over what kubectl wrote before without server-side apply, as the annotation tells.
pub(in crate::rehearsal) fn apply(
    live: Option<&Json>,
    wanted: &Json,
    writer: &Writer<'_>,
    schema: &Schema,
    force: bool,
) -> Result<Json, ApplyError> {
    if let Some(problem) = schema.unfit(wanted) {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let (name, namespace) = (text(&wanted["metadata"]["name"]), text(&wanted["metadata"]["namespace"]));
        let (version, kind) = (text(&wanted["apiVersion"]), text(&wanted["kind"]));
        let version = if version.contains('/') { version } else { format!("/{version}") };
        return Err(ApplyError::Unfit(format!(
            "failed to create typed patch object ({namespace}/{name}; {version}, Kind={kind}): {problem}"
        )));
    }
    let of_kubectl = writer.manager == "kubectl";
    let application = Application { live, wanted, writer, schema };
    let mut applied = match application.merge(force) {
        Err(ApplyError::Conflicts(conflicts)) if of_kubectl => {
            let before = live.and_then(|live| last_applied::owned(live, schema));
            let Some(before) = before else { return Err(ApplyError::Conflicts(conflicts)) };
            let left = conflicts.without(&before);
            if !left.0.is_empty() {
                return Err(ApplyError::Conflicts(left));
            }
            application.merge(true)?
        }
        other => other?,
    };
    if of_kubectl {
        last_applied::renew(&mut applied, wanted);
    }
    Ok(applied)
}

/// A configuration on its way into an object.
struct Application<'a> {
    live: Option<&'a Json>,
    wanted: &'a Json,
    writer: &'a Writer<'a>,
    schema: &'a Schema,
}

impl Application<'_> {
    fn merge(&self, force: bool) -> Result<Json, ApplyError> {
        let &Self { live, wanted, writer, schema } = self;
        let mut managed = live.and_then(Managed::read).unwrap_or_default();
        let mut old = live.cloned().unwrap_or_else(|| schema.blank());
        forget(&mut old);
        if managed.is_empty() && live.is_some() {
            let before = Writer { manager: BEFORE_FIRST_APPLY, operation: Operation::Update, ..*writer };
            own_changes(&mut managed, &schema.blank(), &old, &before, schema);
            managed.cap();
        }
        let last = managed.of(writer).map(|entry| entry.fields.clone()).unwrap_or_default();
        let reset = schema.reset(writer.subresource);
        let merged = combine(&old, wanted, schema.root());
        managed.assign(writer, fields_of(wanted, schema.root()).without(&reset));
        let mut new = without_abandoned(merged, &last, &managed, schema.root());
        let comparison = Comparison::of(&old, &new, schema.root()).without(&reset);
        if !force {
            let conflicts = conflicts(&managed, &comparison, writer);
            if !conflicts.is_empty() {
                return Err(ApplyError::Conflicts(Conflicts(conflicts)));
            }
        }
        for entry in managed.others_mut(writer) {
            entry.yield_to(&comparison);
        }
        let own = managed.of(writer).map(|entry| entry.fields.difference(&unowned())).unwrap_or_default();
        managed.assign(writer, own);
        if new != old {
            managed.stamp(writer);
            schema.default(&mut new);
        }
        managed.drop_empty();
        managed.write(&mut new);
        Ok(new)
    }
}

fn conflicts(managed: &Managed, comparison: &Comparison, writer: &Writer<'_>) -> Vec<Conflict> {
    let written = comparison.written();
    let mut found: Vec<Conflict> = managed
        .others(writer)
        .flat_map(|entry| {
            let paths = entry.fields.intersection(&written).paths();
            paths.into_iter().map(|path| Conflict {
                owner: entry.shown(),
                field: path.iter().map(Step::shown).collect(),
                path,
            })
        })
        .collect();
    found.sort_by(|left, right| left.owner.cmp(&right.owner));
    found
}

/// Takes out what the writer applied last time and now no longer does, unless somebody else owns it.
fn without_abandoned(merged: Json, last: &FieldSet, managed: &Managed, root: Place<'_>) -> Json {
    if last.is_empty() {
        return merged;
    }
    let last = with_named_fields(last, root);
    let named = |value: &Json| with_named_fields(&fields_of(value, root), root);
    let all = named(&merged);
    let owned = with_named_fields(&managed.all(), root);
    // What goes with a list's element or a map, but somebody owns, comes back …
    let kept = named(&remove(&merged, &last, root)).union(owned);
    let kept = named(&remove(&merged, &all.difference(&kept), root));
    // … and so does what the writer never owned.
    remove(&merged, &all.difference(&kept).intersection(&last), root)
}
