//! Objects as rows of a table, as `kubectl get` asks for them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{
    age::age,
    columns::{self, Column},
    json_path,
    kind::Kind,
    shape,
};

/// Returns the objects as a table; only the first of a watch has the columns.
pub(super) fn of(kind: &Kind, objects: &[Arc<Json>], list: Json, headed: bool, now: Timestamp) -> Json {
    let (columns, cells): (Vec<Json>, Cells) = if let Some(version) = &kind.custom {
        let columns = custom_columns(version);
        let shown = columns.iter().map(definition_of_custom).collect();
        (
            shown,
            Box::new(move |object, now| {
                columns.iter().map(|column| custom_cell(column, object, now)).collect()
            }),
        )
    } else {
        let columns = columns::of(&kind.kind);
        let shown = columns.iter().map(definition).collect();
        (
            shown,
            Box::new(move |object, now| columns.iter().map(|column| (column.cell)(object, now)).collect()),
        )
    };
    let rows: Vec<Json> = objects
        .iter()
        .map(|object| json!({"cells": cells(object, now), "object": shape::metadata(object)}))
        .collect();
    let columns = if headed { columns } else { Vec::new() };
    json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": list, "columnDefinitions": columns, "rows": rows})
}

type Cells = Box<dyn Fn(&Json, Timestamp) -> Vec<Json>>;

fn definition(column: &Column) -> Json {
    let format = if column.name == "Name" { "name" } else { "" };
    json!({"name": column.name, "type": column.kind, "format": format, "description": "", "priority": column.priority})
}

/// Returns the columns of a custom kind: the name, then what the definition wants to show, or the age.
fn custom_columns(version: &Json) -> Vec<Json> {
    let mut columns =
        vec![json!({"name": "Name", "type": "string", "format": "name", "jsonPath": ".metadata.name"})];
    match version["additionalPrinterColumns"].as_array() {
        Some(more) if !more.is_empty() => columns.extend(more.iter().cloned()),
        _ => columns.push(json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"})),
    }
    columns
}

fn definition_of_custom(column: &Json) -> Json {
    let text = |key: &str| column[key].as_str().unwrap_or_default();
    let description = match text("description") {
        "" => format!("Custom resource definition column (in JSONPath format): {}", text("jsonPath")),
        written => written.to_owned(),
    };
    json!({"name": text("name"), "type": text("type"), "format": text("format"),
        "description": description, "priority": column["priority"].as_i64().unwrap_or_default()})
}

fn custom_cell(column: &Json, object: &Json, now: Timestamp) -> Json {
    let found = json_path::first(object, column["jsonPath"].as_str().unwrap_or_default());
    match (column["type"].as_str(), found) {
        (_, None) => Json::Null,
        (Some("date"), Some(value)) => age(value, now).into(),
        (Some("string"), Some(value)) if !value.is_string() => value.to_string().into(),
        (_, Some(value)) => value.clone(),
    }
}
