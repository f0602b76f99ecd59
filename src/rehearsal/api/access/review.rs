//! Reviews: questions about users and permissions that are answered and not kept.

use http::StatusCode;
use serde_json::{Map, Value as Json, json};

use crate::rehearsal::api::{
    kind::Kind,
    refusal::Refusal,
    reply::Reply,
    request::{Request, Target},
    rules,
    server::Server,
};

use super::{
    User,
    act::{Act, On},
};

/// Answers a review.
pub(in crate::rehearsal::api) fn answer(
    server: &Server,
    request: &Request,
    target: &Target,
    kind: &Kind,
) -> Result<Reply, Refusal> {
    let mut review = request.object(target, kind)?;
    review["status"] = match kind.kind.as_str() {
        "SelfSubjectReview" => {
            review["metadata"]["creationTimestamp"] = server.now().to_string().into();
            json!({"userInfo": request.user.info()})
        }
        "TokenReview" => token(server, &review["spec"]),
        "SelfSubjectRulesReview" => {
            let namespace = review["spec"]["namespace"].as_str().unwrap_or_default();
            rules_of(server, &request.user, namespace)
        }
        _ => {
            check(kind, &review["spec"])?;
            let asked = asked(kind, &review["spec"]);
            permission(server, asked.as_ref().unwrap_or(&request.user), &review["spec"])
        }
    };
    Ok(Reply::json(StatusCode::CREATED, &review))
}

fn token(server: &Server, spec: &Json) -> Json {
    let audiences: Vec<&str> =
        spec["audiences"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    match server.token_user(spec["token"].as_str().unwrap_or_default(), &audiences) {
        Some(user) => json!({"authenticated": true, "user": user.info(), "audiences": audiences}),
        None => json!({"user": {}, "error": "invalid bearer token"}),
    }
}

/// A review asks about a resource or about a path.
fn check(kind: &Kind, spec: &Json) -> Result<(), Refusal> {
    if spec["resourceAttributes"].is_null() != spec["nonResourceAttributes"].is_null() {
        return Ok(());
    }
    let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
    let cause = rules::invalid("spec.resourceAttributes", &spec["resourceAttributes"], why);
    Err(Refusal::invalid_in(&kind.group, cause))
}

/// Returns the user that a review asks about; nothing for whoever asks.
fn asked(kind: &Kind, spec: &Json) -> Option<User> {
    if kind.kind.starts_with("Self") {
        return None;
    }
    let groups = spec["groups"].as_array().into_iter().flatten();
    let groups = groups.filter_map(|group| Some(group.as_str()?.to_owned())).collect();
    Some(User {
        name: spec["user"].as_str().unwrap_or_default().to_owned(),
        uid: String::new(),
        // Only the groups that are named count.
        groups,
        credential: None,
    })
}

fn permission(server: &Server, user: &User, spec: &Json) -> Json {
    fn text<'a>(of: &'a Json, key: &str) -> &'a str {
        of[key].as_str().unwrap_or_default()
    }
    let resource = &spec["resourceAttributes"];
    let (verb, on) = if resource.is_null() {
        let path = &spec["nonResourceAttributes"];
        (text(path, "verb"), On::Path(text(path, "path")))
    } else {
        let on = On::Resource {
            group: text(resource, "group"),
            plural: text(resource, "resource"),
            subresource: text(resource, "subresource"),
            namespace: text(resource, "namespace"),
            name: text(resource, "name"),
        };
        (text(resource, "verb"), on)
    };
    let (allowed, reason) = match server.state().permits(&Act { user, verb, on }) {
        Ok(reason) => (true, reason),
        Err(reason) => (false, reason),
    };
    let mut status = json!({"allowed": allowed});
    if !reason.is_empty() {
        status["reason"] = reason.into();
    }
    status
}

fn rules_of(server: &Server, user: &User, namespace: &str) -> Json {
    let state = server.state();
    let bound = state.bound(user, namespace);
    let part = |rule: &Json, keys: &[&str]| -> Json {
        let kept = keys.iter().filter_map(|key| Some(((*key).to_owned(), rule.get(*key)?.clone())));
        kept.collect::<Map<String, Json>>().into()
    };
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    for rule in bound.iter().flat_map(super::rules::Bound::rules) {
        if rule["resources"].is_array() {
            resources.push(part(rule, &["verbs", "apiGroups", "resources", "resourceNames"]));
        }
        if rule["nonResourceURLs"].is_array() {
            paths.push(part(rule, &["verbs", "nonResourceURLs"]));
        }
    }
    json!({"resourceRules": resources, "nonResourceRules": paths, "incomplete": false})
}
