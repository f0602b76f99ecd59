//! Validating webhooks, as their configurations ask for them.

use std::sync::{Arc, PoisonError, RwLock};

use futures::future::BoxFuture;
use serde_json::{Value as Json, json};

use super::{
    kind::Kind,
    refusal::Refusal,
    selector::Selector,
    server::{Server, State},
    storage::Key,
    write::Edit,
};

/// The service that a webhook is behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceReference {
    /// The service's namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its port.
    pub port: u16,
}

/// The way from the API server to a webhook.
pub trait WebhookCaller: Send + Sync {
    /// Posts an `AdmissionReview` and returns the answer; an error says what went wrong in the words of the network,
    /// as `dial tcp 10.96.0.7:443: connect: connection refused`.
    fn call<'a>(
        &'a self,
        service: &'a ServiceReference,
        path: &'a str,
        ca_bundle: &'a [u8],
        review: Json,
    ) -> BoxFuture<'a, Result<Json, String>>;
}

/// Whoever calls the webhooks; nobody until the network is there.
#[derive(Default)]
pub(super) struct Webhooks(RwLock<Option<Arc<dyn WebhookCaller>>>);

/// What a webhook is asked: may this be done to this object?
struct Question<'a> {
    edit: &'a Edit<'a>,
    operation: &'a str,
    old: Option<&'a Json>,
    new: Option<&'a Json>,
}

impl Webhooks {
    fn caller(&self) -> Option<Arc<dyn WebhookCaller>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Server {
    /// Gives the server its way to webhooks.
    pub(in crate::rehearsal) fn call_webhooks_by(&self, caller: Arc<dyn WebhookCaller>) {
        *self.webhooks.0.write().unwrap_or_else(PoisonError::into_inner) = Some(caller);
    }

    /// Asks the webhooks that want to be asked; returns their warnings.
    pub(super) async fn admit(
        &self,
        edit: &Edit<'_>,
        operation: &'static str,
        old: Option<&Json>,
        new: Option<&Json>,
    ) -> Result<Vec<String>, Refusal> {
        let question = Question { edit, operation, old, new };
        let webhooks = self.state().webhooks(&question);
        let mut warnings = Vec::new();
        for webhook in webhooks {
            warnings.extend(self.ask(&webhook, &question).await?);
        }
        Ok(warnings)
    }

    async fn ask(&self, webhook: &Json, question: &Question<'_>) -> Result<Vec<String>, Refusal> {
        let name = webhook["name"].as_str().unwrap_or_default();
        let answer = match self.send(webhook, question).await {
            Ok(answer) => answer,
            Err(_) if webhook["failurePolicy"] == "Ignore" => return Ok(Vec::new()),
            Err(why) => {
                return Err(Refusal::internal(format!(
                    "failed calling webhook {name:?}: failed to call webhook: {why}"
                )));
            }
        };
        let response = &answer["response"];
        if response["allowed"] != true {
            let status = &response["status"];
            let message = status["message"].as_str().or(status["reason"].as_str()).unwrap_or_default();
            let message = if message.is_empty() {
                format!("admission webhook {name:?} denied the request without explanation")
            } else {
                format!("admission webhook {name:?} denied the request: {message}")
            };
            let code = status["code"].as_u64().and_then(|code| u16::try_from(code).ok());
            let code = code.filter(|code| *code >= 400).unwrap_or(400);
            let reason = match status["reason"].as_str() {
                Some("Forbidden") => "Forbidden",
                Some("Invalid") => "Invalid",
                Some("NotFound") => "NotFound",
                Some("Conflict") => "Conflict",
                _ => "",
            };
            return Err(Refusal::new(code, reason, message));
        }
        let warnings = response["warnings"].as_array().into_iter().flatten();
        Ok(warnings.filter_map(Json::as_str).map(str::to_owned).collect())
    }

    async fn send(&self, webhook: &Json, question: &Question<'_>) -> Result<Json, String> {
        let config = &webhook["clientConfig"];
        let seconds = webhook["timeoutSeconds"].as_u64().unwrap_or(10);
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let service = &config["service"];
        let path = service["path"].as_str().unwrap_or("/");
        let reference = ServiceReference {
            namespace: text(&service["namespace"]),
            name: text(&service["name"]),
            port: service["port"].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap_or(443),
        };
        let url = match config["url"].as_str() {
            Some(url) => format!("{url}?timeout={seconds}s"),
            None => format!(
                "https://{}.{}.svc:{}{path}?timeout={seconds}s",
                reference.name, reference.namespace, reference.port
            ),
        };
        let failed = |why: &str| format!("Post {url:?}: {why}");
        let caller = self.webhooks.caller().filter(|_| config["url"].is_null());
        let Some(caller) = caller else {
            // On the server's own machine nobody listens.
            let local = config["url"].as_str().is_some_and(|url| url.starts_with("https://127.0.0.1:"));
            let why = if local { "connection refused" } else { "network is unreachable" };
            return Err(failed(&format!("dial tcp: connect: {why}")));
        };
        let bundle = config["caBundle"].as_str().unwrap_or_default();
        let bundle =
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, bundle).unwrap_or_default();
        let review = self.review_of(question);
        let uid = review["request"]["uid"].clone();
        let call = caller.call(&reference, path, &bundle, review);
        let limit = std::time::Duration::from_secs(seconds);
        let answer = match self.clock.within(limit, call).await {
            Some(answer) => answer.map_err(|why| failed(&why))?,
            None => return Err(failed("context deadline exceeded")),
        };
        if answer["response"]["uid"] != uid {
            return Err(format!("expected response.uid={uid}, got {}", answer["response"]["uid"]));
        }
        Ok(answer)
    }

    fn review_of(&self, question: &Question<'_>) -> Json {
        let Question { edit, operation, old, new } = *question;
        let kind = edit.kind;
        let uid = super::metadata::new_uid(&mut self.state().random);
        let gvk = json!({"group": kind.group, "version": kind.version, "kind": kind.kind});
        let gvr = json!({"group": kind.group, "version": kind.version, "resource": kind.plural()});
        let mut request = json!({
            "uid": uid, "kind": gvk, "resource": gvr, "requestKind": gvk, "requestResource": gvr,
            "name": edit.key.name, "operation": operation,
            "userInfo": edit.request.user.info(),
            "object": new, "oldObject": old, "dryRun": edit.request.dry_run(),
            "options": null,
        });
        if !edit.key.namespace.is_empty() {
            request["namespace"] = edit.key.namespace.clone().into();
        }
        if let Some(subresource) = edit.subresource {
            request["subResource"] = subresource.into();
            request["requestSubResource"] = subresource.into();
        }
        json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request})
    }
}

impl State {
    /// Returns the webhooks that want to be asked about this, in the order of their configurations' names.
    fn webhooks(&self, question: &Question<'_>) -> Vec<Json> {
        let Question { edit, operation, old, new } = *question;
        const GROUP: &str = "admissionregistration.k8s.io";
        // Configurations themselves are never asked about: a broken one could not be mended.
        if edit.kind.group == GROUP {
            return Vec::new();
        }
        let Some(kind) = self.registry.find(GROUP, "v1", "validatingwebhookconfigurations") else {
            return Vec::new();
        };
        let all = self.storage.list(&kind.resource, None);
        let webhooks =
            all.flat_map(|(_, configuration)| configuration["webhooks"].as_array().into_iter().flatten());
        let wanted = webhooks.filter(|webhook| {
            let rules = webhook["rules"].as_array().into_iter().flatten();
            rules.into_iter().any(|rule| matches(rule, edit, operation))
                && self.selects_namespace(&webhook["namespaceSelector"], edit, new.or(old))
                && selects_object(&webhook["objectSelector"], old, new)
        });
        wanted.cloned().collect()
    }

    fn selects_namespace(&self, selector: &Json, edit: &Edit<'_>, object: Option<&Json>) -> bool {
        let selector = Selector::of_json(selector);
        if selector.is_empty() {
            return true;
        }
        if edit.kind.qualified() == "namespaces" {
            return object.is_some_and(|namespace| selector.matches(namespace));
        }
        if edit.key.namespace.is_empty() {
            return true;
        }
        let namespaces = self.registry.find("", "v1", "namespaces");
        let namespace = namespaces
            .and_then(|kind| self.storage.get(&kind.resource, &Key::new("", edit.key.namespace.as_str())));
        namespace.is_some_and(|namespace| selector.matches(namespace))
    }
}

fn selects_object(selector: &Json, old: Option<&Json>, new: Option<&Json>) -> bool {
    let selector = Selector::of_json(selector);
    selector.is_empty() || [old, new].into_iter().flatten().any(|object| selector.matches(object))
}

fn matches(rule: &Json, edit: &Edit<'_>, operation: &str) -> bool {
    let kind: &Kind = edit.kind;
    let any = |key: &str, is: &dyn Fn(&str) -> bool| {
        rule[key].as_array().into_iter().flatten().filter_map(Json::as_str).any(|one| one == "*" || is(one))
    };
    let scope = match rule["scope"].as_str() {
        Some("Namespaced") => kind.namespaced,
        Some("Cluster") => !kind.namespaced,
        _ => true,
    };
    let resource = |rule: &str| match (rule.split_once('/'), edit.subresource) {
        (None, None) => rule == kind.plural(),
        (Some((resource, part)), Some(subresource)) => {
            (resource == "*" || resource == kind.plural()) && (part == "*" || part == subresource)
        }
        (Some((resource, part)), None) => part == "*" && (resource == "*" || resource == kind.plural()),
        (None, Some(_)) => false,
    };
    scope
        && any("operations", &|one| one == operation)
        && any("apiGroups", &|one| one == kind.group)
        && any("apiVersions", &|one| one == kind.version)
        && rule["resources"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .any(|one| (one == "*" && edit.subresource.is_none()) || resource(one))
}
