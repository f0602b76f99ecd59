//! Objects as the server tabulates them for people: what `kubectl get` prints.

use std::fmt;

use serde::Deserialize;
use serde_json::Value as Json;

use super::{ApiResource, Client, KubernetesError, client::Call};
use crate::resource::ObjectName;

const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const GAP: usize = 3;

/// Rows with the columns that kubectl shows without `-o wide`.
#[derive(Clone, Debug, Default)]
pub struct Table {
    headers: Vec<String>,
    rows: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    column_definitions: Vec<Column>,
    rows: Option<Vec<Row>>,
}

#[derive(Deserialize)]
struct Column {
    name: String,
    #[serde(default)]
    priority: i32,
}

#[derive(Deserialize)]
struct Row {
    cells: Vec<Json>,
}

impl From<Answer> for Table {
    fn from(answer: Answer) -> Self {
        let shown = |index: usize| answer.column_definitions.get(index).is_some_and(|it| it.priority == 0);
        let text = |cell: Json| match cell {
            Json::String(text) => text,
            Json::Null => "<none>".to_owned(),
            other => other.to_string(),
        };
        let rows = answer.rows.into_iter().flatten().map(|row| {
            let cells = row.cells.into_iter().enumerate().filter(|(index, _)| shown(*index));
            cells.map(|(_, cell)| text(cell)).collect()
        });
        Self {
            rows: rows.collect(),
            headers: (answer.column_definitions.iter())
                .filter(|column| column.priority == 0)
                .map(|column| column.name.to_uppercase())
                .collect(),
        }
    }
}

impl Table {
    /// Says whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds the rows of another of the same kind.
    pub fn extend(&mut self, other: Self) {
        self.headers = other.headers;
        self.rows.extend(other.rows);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || std::iter::once(&self.headers).chain(&self.rows);
        let width = |column: usize| {
            lines()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.headers.len()).map(width).collect();
        for row in lines() {
            for (index, (cell, width)) in row.iter().zip(&widths).enumerate() {
                let width = if index + 1 == row.len() { 0 } else { width + GAP };
                write!(formatter, "{cell:width$}")?;
            }
            writeln!(formatter)?;
        }
        Ok(())
    }
}

impl Client {
    /// Returns the object as a table of one row, if it is there.
    pub async fn table(
        &self,
        resource: &ApiResource,
        name: &ObjectName,
    ) -> Result<Option<Table>, KubernetesError> {
        let call = Call::get(format!("read {} {name}", resource.kind), resource.object(name));
        let call = Call { accept: TABLE, ..call };
        match self.json::<Answer>(call).await {
            Ok(answer) => Ok(Some(answer.into())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Returns the objects of a namespace that a label selector finds, as a table.
    pub async fn table_of(
        &self,
        resource: &ApiResource,
        namespace: &str,
        labels: &str,
    ) -> Result<Table, KubernetesError> {
        let call = Call::get(format!("list {}", resource.kind), resource.collection(Some(namespace)))
            .query("labelSelector", labels);
        let call = Call { accept: TABLE, ..call };
        Ok(self.json::<Answer>(call).await?.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_the_columns_of_priority_zero() {
        let answer: Answer = serde_json::from_value(serde_json::json!({
            "columnDefinitions": [{"name": "Name"}, {"name": "Data"}, {"name": "Wide", "priority": 1}],
            "rows": [{"cells": ["egg", 2, "x"]}, {"cells": ["longer", null, "y"]}],
        }))
        .unwrap();
        let text = Table::from(answer).to_string();
        assert_eq!(text, "NAME     DATA\negg      2\nlonger   <none>\n");
    }
}
