//! Patches, and server-side apply, which is a patch of its own kind.

use std::sync::Arc;

use http::{StatusCode, header};
use serde_json::{Value as Json, json};

use super::{
    body::settled,
    kind::Kind,
    metadata,
    refusal::Refusal,
    reply::{Form, Reply},
    request::{Request, Target},
    rules,
    server::Server,
    write::{Edit, Written},
};
use crate::rehearsal::merge::{self, PatchKind};

enum Patch {
    Apply,
    Change(PatchKind),
}

impl Server {
    pub(super) async fn patch(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Kind,
        subresource: Option<&str>,
    ) -> Result<Reply, Refusal> {
        let form = Form::accepted(request.header(header::ACCEPT))?;
        let patch = match request.header(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim() {
            "application/apply-patch+yaml" | "application/apply-patch+json" => Patch::Apply,
            "application/json-patch+json" => Patch::Change(PatchKind::Json),
            "application/merge-patch+json" => Patch::Change(PatchKind::Merge),
            "application/strategic-merge-patch+json" if kind.custom.is_none() => {
                Patch::Change(PatchKind::Strategic)
            }
            _ => return Err(unsupported(kind)),
        };
        let body = request.json()?.ok_or_else(|| Refusal::bad_request("the body of the request is empty"))?;
        let mut edit = Edit::new(request, target, kind, subresource)?;
        let written = match patch {
            Patch::Apply => self.apply(&mut edit, target, body).await?,
            Patch::Change(patch) => self.patch_object(&mut edit, patch, &body).await?,
        };
        let code = if written.created { StatusCode::CREATED } else { StatusCode::OK };
        Ok(self.object(code, kind, form, &written.object).warn(written.warnings))
    }

    async fn patch_object(
        &self,
        edit: &mut Edit<'_>,
        patch: PatchKind,
        body: &Json,
    ) -> Result<Written, Refusal> {
        let (kind, name) = (edit.kind, edit.key.name.clone());
        let mut unknown = Vec::new();
        // What the patch adds is checked once, against what is there when it is first tried.
        let live = self.state().storage.get(&kind.resource, &edit.key).cloned();
        if let Some(live) = live {
            let mut patched = patched(&live, patch, body, kind)?;
            if let Some(problem) = kind.schema.misfit(&patched) {
                return Err(Refusal::misfit(&patched, &problem));
            }
            unknown = edit.prune(&mut patched)?;
        }
        let mut written = self
            .change(edit, |live| {
                let live = live.ok_or_else(|| Refusal::not_found(kind, &name))?;
                let mut patched = patched(live, patch, body, kind)?;
                kind.schema.prune(&mut patched);
                Ok(patched)
            })
            .await?;
        written.warnings.extend(unknown);
        Ok(written)
    }

    async fn apply(&self, edit: &mut Edit<'_>, target: &Target, body: Json) -> Result<Written, Refusal> {
        let kind = edit.kind;
        if edit.request.query.get("fieldManager").is_none() {
            let cause = rules::required("fieldManager", "is required for apply patch");
            return Err(Refusal::options("PatchOptions", cause));
        }
        if body["apiVersion"].is_null() && body["kind"].is_null() {
            return Err(Refusal::bad_request("invalid object type: /, Kind="));
        }
        let placed = !body["metadata"]["namespace"].is_null();
        let mut wanted = settled(body, target, kind)?;
        // It is applied as it was sent; where it belongs says the path.
        if !placed && let Some(metadata) = wanted["metadata"].as_object_mut() {
            metadata.remove("namespace");
        }
        if wanted["metadata"].get("managedFields").is_some_and(|fields| !fields.is_null()) {
            return Err(Refusal::bad_request("metadata.managedFields must be nil"));
        }
        let force = edit.request.query.truth("force");
        let version = kind.api_version();
        let subresource = edit.subresource;
        edit.applied = true;
        let key = edit.key.clone();
        let (manager, now) = (edit.request.field_manager().to_owned(), self.now());
        self.change(edit, |live| {
            if live.is_none() && subresource.is_some() {
                return Err(Refusal::not_found(kind, &key.name));
            }
            let writer = merge::Writer {
                manager: &manager,
                operation: merge::Operation::Apply,
                api_version: &version,
                subresource: subresource.unwrap_or_default(),
                now,
            };
            expect_uid(live, &wanted, kind)?;
            let mut applied = merge::apply(live.map(|live| &**live), &wanted, &writer, &kind.schema, force)
                .map_err(|error| Refusal::unapplied(&error))?;
            if kind.namespaced {
                applied["metadata"]["namespace"] = key.namespace.clone().into();
            }
            Ok(applied)
        })
        .await
    }
}

/// An apply that names a uid does not create.
fn expect_uid(live: Option<&Arc<Json>>, wanted: &Json, kind: &Kind) -> Result<(), Refusal> {
    let uid = metadata::uid(wanted);
    match live {
        None if !uid.is_empty() => {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            Err(Refusal::conflict(kind, metadata::name(wanted), &why))
        }
        _ => Ok(()),
    }
}

fn patched(live: &Json, patch: PatchKind, body: &Json, kind: &Kind) -> Result<Json, Refusal> {
    let mut patched =
        merge::patch(live, body, patch, &kind.schema).map_err(|error| Refusal::unfitting_patch(&error))?;
    if patched["metadata"].is_null() {
        patched["metadata"] = json!({});
    }
    // A patch that says nothing of the version is for whatever version is there.
    let says = match patch {
        PatchKind::Json => patched["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"],
        PatchKind::Merge | PatchKind::Strategic => !body["metadata"]["resourceVersion"].is_null(),
    };
    if !says && !kind.traits.conditional {
        patched["metadata"]["resourceVersion"] = Json::Null;
    }
    if patched["metadata"]["name"] != live["metadata"]["name"] {
        return Err(Refusal::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            metadata::name(&patched),
            metadata::name(live)
        )));
    }
    Ok(patched)
}

fn unsupported(kind: &Kind) -> Refusal {
    if kind.custom.is_none() {
        return Refusal::unsupported_patch();
    }
    Refusal::unsupported_media(&[
        "application/json-patch+json",
        "application/merge-patch+json",
        "application/apply-patch+yaml",
    ])
}
