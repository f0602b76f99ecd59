//! The subresource `scale`, and the binding of pods to nodes.

use std::sync::Arc;

use http::{StatusCode, header};
use serde_json::{Value as Json, json};

use super::{
    kind::Kind,
    refusal::Refusal,
    reply::Reply,
    request::{Request, Target},
    rules,
    server::Server,
    write::Edit,
};
use crate::rehearsal::merge::{self, PatchKind};
use crate::rehearsal::schema::Schema;

/// Where a kind keeps what `scale` shows.
struct Paths {
    wanted: Vec<String>,
    is: Vec<String>,
    selector: Option<Vec<String>>,
}

impl Paths {
    fn of(kind: &Kind) -> Self {
        let split = |path: &str| path.trim_start_matches('.').split('.').map(str::to_owned).collect();
        match &kind.custom {
            Some(version) => {
                let scale = &version["subresources"]["scale"];
                let path = |key: &str| scale[key].as_str().map(split);
                Self {
                    wanted: path("specReplicasPath").unwrap_or_default(),
                    is: path("statusReplicasPath").unwrap_or_default(),
                    selector: path("labelSelectorPath"),
                }
            }
            None => Self { wanted: split("spec.replicas"), is: split("status.replicas"), selector: None },
        }
    }

    fn read<'a>(object: &'a Json, path: &[String]) -> Option<&'a Json> {
        path.iter().try_fold(object, |value, key| value.get(key))
    }

    fn scale(&self, object: &Json) -> Json {
        let metadata = &object["metadata"];
        let number = |path: &[String]| Self::read(object, path).and_then(Json::as_i64).unwrap_or(0);
        let selector = match &self.selector {
            Some(path) => Self::read(object, path).cloned(),
            None => object["spec"]["selector"].get("matchLabels").map(|labels| {
                let labels = labels.as_object().into_iter().flatten();
                let pairs: Vec<String> = labels
                    .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
                    .collect();
                pairs.join(",").into()
            }),
        };
        // No replicas are not written.
        let wanted = match number(&self.wanted) {
            0 => json!({}),
            wanted => json!({"replicas": wanted}),
        };
        let mut scale = json!({"kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"], "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"], "creationTimestamp": metadata["creationTimestamp"]},
            "spec": wanted, "status": {"replicas": number(&self.is)}});
        if let Some(selector) = selector {
            scale["status"]["selector"] = selector;
        }
        scale
    }

    fn write(&self, object: &mut Json, replicas: i64) {
        let mut place = object;
        for key in &self.wanted {
            place = &mut place[key.as_str()];
        }
        *place = replicas.into();
    }
}

impl Server {
    pub(super) async fn scale(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Kind,
        verb: &str,
    ) -> Result<Reply, Refusal> {
        let paths = Paths::of(kind);
        let mut edit = Edit::new(request, target, kind, Some("scale"))?;
        let name = edit.key.name.clone();
        if verb == "get" {
            let state = self.state();
            let object = state.storage.get(&kind.resource, &edit.key);
            let object = object.ok_or_else(|| Refusal::not_found(kind, &name))?;
            return Ok(Reply::json(StatusCode::OK, &paths.scale(object)));
        }
        let body = request.json()?.unwrap_or_default();
        let patch = match request.header(header::CONTENT_TYPE) {
            "application/json-patch+json" => PatchKind::Json,
            _ => PatchKind::Merge,
        };
        let written = self
            .change(&mut edit, |live| {
                let live = live.ok_or_else(|| Refusal::not_found(kind, &name))?;
                let scale = if verb == "update" {
                    body.clone()
                } else {
                    merge::patch(&paths.scale(live), &body, patch, &Schema::unknown())
                        .map_err(|error| Refusal::unfitting_patch(&error))?
                };
                let mut object = Json::clone(live);
                object["metadata"]["resourceVersion"] = match &scale["metadata"]["resourceVersion"] {
                    Json::Null if !kind.traits.conditional => Json::Null,
                    Json::Null => live["metadata"]["resourceVersion"].clone(),
                    version => version.clone(),
                };
                let replicas = scale["spec"]["replicas"].as_i64().unwrap_or(0);
                if replicas < 0 {
                    let why = "must be greater than or equal to 0";
                    let cause = rules::invalid("spec.replicas", &replicas.into(), why);
                    return Err(Refusal::unscaled(&name, cause));
                }
                paths.write(&mut object, replicas);
                Ok(object)
            })
            .await?;
        Ok(Reply::json(StatusCode::OK, &paths.scale(&written.object)))
    }

    /// Puts a pod on a node.
    pub(super) async fn bind(
        self: &Arc<Self>,
        request: &Request,
        target: &Target,
        kind: &Kind,
    ) -> Result<Reply, Refusal> {
        let binding = request.json()?.unwrap_or_default();
        let node = binding["target"]["name"].as_str().unwrap_or_default().to_owned();
        let mut edit = Edit::new(request, target, kind, None)?;
        let name = edit.key.name.clone();
        self.change(&mut edit, |live| {
            let mut pod = Json::clone(live.ok_or_else(|| Refusal::not_found(kind, &name))?);
            let bound = pod["spec"]["nodeName"].as_str().unwrap_or_default();
            if !bound.is_empty() {
                let why = format!("pod {name} is already assigned to node {bound:?}");
                return Err(Refusal::conflict(kind, &name, &why));
            }
            pod["spec"]["nodeName"] = node.clone().into();
            Ok(pod)
        })
        .await?;
        let success =
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201});
        Ok(Reply::json(StatusCode::CREATED, &success))
    }
}
