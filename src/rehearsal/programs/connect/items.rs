//! Items and files of a vault, as the API shows and changes them.

use bytes::Bytes;
use http::Response;
use serde_json::{Value as Json, json};

use super::server::{error, json as answer, respond};
use super::vaults::identifier;

/// 1Password's ids have 26 lower-case letters and digits.
pub(super) fn is_identifier(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

/// Returns a vault without its items.
pub(super) fn summary(vault: &Json) -> Json {
    let mut vault = vault.clone();
    let items = vault["items"].as_array().map_or(0, Vec::len);
    vault["items"] = items.into();
    vault
}

/// Returns summaries of the items: without fields.
pub(super) fn list(vault: &Json, title: Option<&str>) -> Json {
    let items = vault["items"].as_array().into_iter().flatten();
    items
        .filter(|item| title.is_none_or(|title| item["title"] == title))
        .map(|item| {
            json!({ "id": item["id"], "title": item["title"], "category": item["category"],
                "tags": item["tags"], "version": item["version"], "vault": { "id": vault["id"] } })
        })
        .collect()
}

/// Answers with an item, its files, or a file's content.
pub(super) fn get(vault: &Json, id: &str, rest: &[&str]) -> Response<Bytes> {
    if !is_identifier(id) {
        return error(400, "Invalid Item UUID");
    }
    let items = vault["items"].as_array().into_iter().flatten();
    let Some(item) = items.into_iter().find(|item| item["id"] == id) else {
        return error(404, &format!("item {id} not found"));
    };
    let vault_id = vault["id"].as_str().unwrap_or_default();
    let file = |id: &str| item["files"].as_array().into_iter().flatten().find(|file| file["id"] == id);
    let missing = |id: &str| error(404, &format!("file {id} not found"));
    match rest {
        [] => answer(200, &whole(item, vault_id)),
        ["files"] => answer(200, &whole(item, vault_id)["files"]),
        ["files", id] => file(id).map_or_else(|| missing(id), |file| answer(200, file)),
        ["files", id, "content"] => file(id).map_or_else(
            || missing(id),
            |file| {
                let content = file["content"].as_str().unwrap_or_default().to_owned();
                respond(200, "application/octet-stream", Bytes::from(content))
            },
        ),
        _ => error(404, "not found"),
    }
}

/// An item in full: what its files hold is asked for by itself.
fn whole(item: &Json, vault: &str) -> Json {
    let mut item = item.clone();
    item["vault"] = json!({ "id": vault });
    let path = format!("/v1/vaults/{vault}/items/{}/files", item["id"].as_str().unwrap_or_default());
    let files = item.get_mut("files").and_then(Json::as_array_mut);
    for file in files.into_iter().flatten() {
        let content = format!("{path}/{}/content", file["id"].as_str().unwrap_or_default());
        file["content_path"] = content.into();
        if let Some(file) = file.as_object_mut() {
            file.remove("content");
        }
    }
    item
}

/// Creates an item, or replaces the one with this id.
pub(super) fn put(vault: &mut Json, id: Option<&str>, item: Option<Json>) -> Response<Bytes> {
    let Some(mut item) = item.filter(Json::is_object) else { return error(400, "Invalid request body") };
    let vault_id = vault["id"].clone();
    let Some(items) = vault["items"].as_array_mut() else { return error(500, "Something went wrong") };
    item["vault"] = json!({ "id": vault_id });
    if let Some(id) = id {
        let Some(existing) = items.iter_mut().find(|item| item["id"] == id) else {
            return error(404, &format!("item {id} not found"));
        };
        item["version"] = (existing["version"].as_u64().unwrap_or(0) + 1).into();
        item["id"] = id.into();
        *existing = item.clone();
    } else {
        let mut serial = items.len();
        let mut id = identifier(&format!("created/{vault_id}/{serial}"));
        while items.iter().any(|item| item["id"] == *id) {
            serial += 1;
            id = identifier(&format!("created/{vault_id}/{serial}"));
        }
        item["id"] = id.into();
        items.push(item.clone());
    }
    answer(200, &item)
}

/// Deletes the item with this id.
pub(super) fn delete(vault: &mut Json, id: &str) -> Response<Bytes> {
    let Some(items) = vault["items"].as_array_mut() else { return error(500, "Something went wrong") };
    let before = items.len();
    items.retain(|item| item["id"] != id);
    if items.len() == before {
        return error(404, &format!("item {id} not found"));
    }
    respond(204, "text/plain", Bytes::new())
}
