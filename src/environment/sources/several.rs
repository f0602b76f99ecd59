//! The failures of one call that asks for several things.

/// What could not be had, by the names that the document gives the values; each cause once.
#[derive(Debug, thiserror::Error)]
#[error("{}", each(.0))]
pub(super) struct Several(Vec<(String, String)>);

fn each(failures: &[(String, String)]) -> String {
    let mut lines: Vec<(Vec<&str>, &str)> = Vec::new();
    for (name, message) in failures {
        match lines.iter_mut().find(|(_, known)| known == message) {
            Some((names, _)) => names.push(name),
            None => lines.push((vec![name], message)),
        }
    }
    let lines = lines.into_iter().map(|(names, message)| format!("`{}`: {message}", names.join("`, `")));
    lines.collect::<Vec<_>>().join("; ")
}

/// Returns all values, or all failures.
pub(super) fn all<T, E: std::error::Error>(
    answers: impl IntoIterator<Item = (String, Result<T, E>)>,
) -> Result<Vec<(String, T)>, Several> {
    let (mut values, mut failures) = (Vec::new(), Vec::new());
    for (name, answer) in answers {
        match answer {
            Ok(value) => values.push((name, value)),
            Err(error) => failures.push((name, with_causes(&error))),
        }
    }
    if failures.is_empty() { Ok(values) } else { Err(Several(failures)) }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
