//! From a review to its answer.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::rehearsal::programs::external_secrets::resource::{ExternalSecret, Kind, Object, Store};

use super::{Findings, external_secret, store};

#[derive(Deserialize)]
struct Review {
    request: ReviewRequest,
}

#[derive(Deserialize)]
struct ReviewRequest {
    uid: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    object: Value,
}

/// Answers one of the three paths.
pub(super) fn answer(request: &Request<Bytes>) -> Response<Bytes> {
    let kind = match request.uri().path() {
        "/validate-external-secrets-io-v1-secretstore" => Kind::SecretStore,
        "/validate-external-secrets-io-v1-clustersecretstore" => Kind::ClusterSecretStore,
        "/validate-external-secrets-io-v1-externalsecret" => Kind::ExternalSecret,
        _ => return respond(StatusCode::NOT_FOUND, "text/plain", "404 page not found\n".into()),
    };
    let review: Review = match serde_json::from_slice(request.body()) {
        Ok(review) => review,
        Err(error) => {
            let text = format!("unable to decode the request: {error}");
            return reply("", &json!({ "allowed": false, "status": { "code": 400, "message": text } }));
        }
    };
    let request = review.request;
    // Deletions are reviewed too, and never refused.
    let found = match request.operation.as_str() {
        "DELETE" => Ok(Findings::default()),
        _ => validate(kind, request.object),
    };
    let response = match found {
        Err(error) => {
            json!({ "allowed": false, "status": { "metadata": {}, "code": 400, "message": error.to_string() } })
        }
        Ok(Findings { errors, warnings }) => {
            let mut response = if errors.is_empty() {
                json!({ "allowed": true, "status": { "metadata": {}, "code": 200 } })
            } else {
                let message = errors.join("\n");
                json!({ "allowed": false,
                    "status": { "metadata": {}, "message": message, "reason": "Forbidden", "code": 403 } })
            };
            if !warnings.is_empty() {
                response["warnings"] = json!(warnings);
            }
            response
        }
    };
    reply(&request.uid, &response)
}

fn validate(kind: Kind, object: Value) -> Result<Findings, serde_json::Error> {
    if kind == Kind::ExternalSecret {
        let object: Object<ExternalSecret> = serde_json::from_value(object)?;
        return Ok(external_secret::validate(&object.spec));
    }
    let object: Object<Store> = serde_json::from_value(object)?;
    Ok(store::validate(kind, &object))
}

fn reply(uid: &str, response: &Value) -> Response<Bytes> {
    let mut response = response.clone();
    response["uid"] = json!(uid);
    let review =
        json!({ "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": response });
    respond(StatusCode::OK, "application/json", review.to_string().into())
}

fn respond(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let content_type = header::HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(path: &str, operation: &str, object: &Value) -> Value {
        let review = json!({ "request": { "uid": "u", "operation": operation, "object": object } });
        let request =
            Request::post(format!("https://webhook{path}")).body(Bytes::from(review.to_string())).unwrap();
        serde_json::from_slice(answer(&request).body()).unwrap()
    }

    #[test]
    fn a_refusal_carries_every_error_and_a_deletion_is_never_refused() {
        let path = "/validate-external-secrets-io-v1-externalsecret";
        let object = json!({ "metadata": { "name": "e" }, "spec": {} });
        let refused = ask(path, "CREATE", &object);
        assert_eq!(refused["response"]["allowed"], false);
        assert_eq!(refused["response"]["uid"], "u");
        assert_eq!(refused["response"]["status"]["code"], 403);
        assert_eq!(refused["response"]["status"]["message"], "either data or dataFrom should be specified");
        assert_eq!(ask(path, "DELETE", &Value::Null)["response"]["allowed"], true);
    }

    #[test]
    fn a_store_is_validated_as_the_kind_of_the_path() {
        let token = json!({ "name": "t", "key": "k" });
        let provider = json!({ "onepassword": { "connectHost": "http://x", "vaults": { "v": 1 },
            "auth": { "secretRef": { "connectTokenSecretRef": token } } } });
        let object = json!({ "metadata": { "name": "s" }, "spec": { "provider": provider } });
        let cluster = ask("/validate-external-secrets-io-v1-clustersecretstore", "CREATE", &object);
        assert_eq!(cluster["response"]["allowed"], false);
        let namespaced = ask("/validate-external-secrets-io-v1-secretstore", "UPDATE", &object);
        assert_eq!(namespaced["response"]["allowed"], true);
    }
}
