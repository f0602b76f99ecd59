//! The body of a request, JSON, YAML or protobuf, as an object of the kind that the path names.

use http::header;
use serde_json::{Value as Json, json};

use super::{
    kind::Kind,
    refusal::Refusal,
    request::{Request, Target},
    shape,
};
use crate::rehearsal::schema::read_protobuf;
use crate::yaml::{Flavour, read_json};

/// A body may be this large, as with the real server.
const LARGEST: usize = 3 * 1024 * 1024;

impl Request {
    /// Reads the body; nothing when there is none.
    pub(super) fn json(&self) -> Result<Option<Json>, Refusal> {
        if self.body.is_empty() {
            return Ok(None);
        }
        if self.body.len() > LARGEST {
            let message = "Request entity too large: limit is 3145728";
            return Err(Refusal::new(413, "RequestEntityTooLarge", message));
        }
        let content_type = self.header(header::CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
        match content_type {
            "" | "application/json" | "application/yaml" => {}
            "application/vnd.kubernetes.protobuf" => {
                let object = read_protobuf(&self.body);
                return object.map(Some).map_err(|error| Refusal::bad_request(error.to_string()));
            }
            kind if kind.ends_with("+json") || kind.ends_with("+yaml") => {}
            _ => {
                let accepted =
                    ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
                return Err(Refusal::unsupported_media(&accepted));
            }
        }
        // JSON first, also for YAML: clients send the one under the name of the other.
        let error = match serde_json::from_slice(&self.body) {
            Ok(json) => return Ok(Some(json)),
            Err(error) => error,
        };
        let text = content_type.ends_with("yaml").then(|| std::str::from_utf8(&self.body).ok()).flatten();
        match text.map(|text| read_json(text, Flavour::GoYamlV2)) {
            Some(Ok(json)) => Ok(Some(json)),
            Some(Err(error)) => Err(Refusal::bad_request(format!("error decoding YAML: {error}"))),
            None => Err(Refusal::bad_request(format!(
                "the object provided is unrecognized: couldn't get version/kind; json parse error: {error}"
            ))),
        }
    }

    /// Reads the body as an object that belongs where the path says, in the version that is kept.
    pub(super) fn object(&self, target: &Target, kind: &Kind) -> Result<Json, Refusal> {
        let Some(object) = self.json()? else {
            return Err(Refusal::bad_request("the body of the request is empty"));
        };
        if let Some(problem) = kind.schema.misfit(&object).filter(|_| object.is_object()) {
            return Err(Refusal::unreadable(kind, &problem));
        }
        settled(object, target, kind)
    }
}

/// Checks that an object is what and where the path says.
pub(super) fn settled(mut object: Json, target: &Target, kind: &Kind) -> Result<Json, Refusal> {
    if !object.is_object() {
        return Err(Refusal::bad_request("json: cannot unmarshal the body into an object"));
    }
    let (version, is) = (kind.api_version(), &kind.kind);
    let said = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
    match (said("apiVersion"), said("kind")) {
        (_, said) if said.is_empty() && kind.custom.is_some() => {
            let text = object.to_string();
            let shown = match text.char_indices().nth(30) {
                Some((end, _)) => format!("{} ...", &text[..end]),
                None => text.clone(),
            };
            return Err(Refusal::bad_request(format!(
                "the object provided is unrecognized (must be of type {is}): Object 'Kind' is missing in '{text}' ({shown})"
            )));
        }
        (said, _) if !said.is_empty() && said != version => {
            return Err(Refusal::bad_request(match kind.custom {
                Some(_) => format!(
                    "the API version in the data ({said}) does not match the expected API version ({version})"
                ),
                None => format!(
                    "{is} in version {said:?} cannot be handled as a {is}: no kind {is:?} is registered for version {said:?} in scheme \"pkg/runtime/scheme.go:111\""
                ),
            }));
        }
        (_, said) if !said.is_empty() && said != *is => {
            let version = &kind.version;
            let group = kind.group.split('.').next().filter(|group| !group.is_empty()).unwrap_or("core");
            return Err(Refusal::bad_request(format!(
                "{said} in version {version:?} cannot be handled as a {is}: converting ({version}.{said}) to ({group}.{is}): unknown conversion"
            )));
        }
        _ => {}
    }
    object["apiVersion"] = version.into();
    object["kind"] = is.clone().into();
    if object["metadata"].is_null() {
        object["metadata"] = json!({});
    }
    let Some(metadata) = object["metadata"].as_object_mut() else {
        return Err(Refusal::bad_request("json: cannot unmarshal metadata into an object"));
    };
    match (metadata.get("namespace").and_then(Json::as_str).unwrap_or_default(), &target.namespace) {
        (said, Some(namespace)) if !said.is_empty() && said != namespace => {
            let message =
                "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Refusal::bad_request(message));
        }
        (_, Some(namespace)) => {
            metadata.insert("namespace".into(), namespace.clone().into());
        }
        (_, None) => {
            metadata.remove("namespace");
        }
    }
    let said = metadata.get("name").and_then(Json::as_str).unwrap_or_default();
    match &target.name {
        Some(name) if said.is_empty() => {
            metadata.insert("name".into(), name.clone().into());
        }
        Some(name) if said != name => {
            return Err(Refusal::bad_request(format!(
                "the name of the object ({said}) does not match the name on the URL ({name})"
            )));
        }
        _ => {}
    }
    shape::stored(kind, &mut object);
    Ok(object)
}
