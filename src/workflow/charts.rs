//! The project's charts: what `bootstrap/charts.lock` pins, and where they are fetched from.

use std::path::Path;

use super::{Problems, Surroundings, WorkflowError};
use crate::diagnostic::{Diagnostic, Diagnostics, Position, Span};
use crate::helm::{
    ChartsLock,
    repository::{Charts, Settings},
};
use crate::yaml::{Flavour, parse, to_json};

/// The file, by its path in the project.
pub const FILE: &str = "bootstrap/charts.lock";

/// Reads `bootstrap/charts.lock`; a project without one pins nothing.
pub fn lock(project: &Path) -> Result<ChartsLock, WorkflowError> {
    let text = match std::fs::read_to_string(project.join(FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(ChartsLock::default()),
        Err(error) => return Err(wrong(Diagnostic::error(error.to_string()))),
    };
    let documents = parse(&text).map_err(|error| wrong(Diagnostic::error(error.to_string())))?;
    let Some(root) = documents.into_iter().next().and_then(|document| document.root) else {
        return Ok(ChartsLock::default());
    };
    let json =
        to_json(&root, Flavour::GoYamlV3).map_err(|error| wrong(Diagnostic::error(error.to_string())))?;
    serde_json::from_value(json).map_err(|error| {
        let start = Span::new(Position::START, Position::START);
        wrong(
            Diagnostic::error(error.to_string())
                .at(FILE, start)
                .hint("make it anew: name, repository, version and digest of each chart"),
        )
    })
}

fn wrong(diagnostic: Diagnostic) -> WorkflowError {
    WorkflowError::ChartsLock {
        file: FILE.to_owned(),
        diagnostics: Problems(Diagnostics::from_iter([diagnostic])),
    }
}

/// Returns where this run takes charts from.
pub fn source(surroundings: &Surroundings) -> Charts {
    Charts {
        folder: surroundings.charts.clone(),
        cache: surroundings.cache.clone(),
        settings: Settings::of(&surroundings.target.environment),
        at_hand: surroundings.at_hand.clone(),
    }
}
