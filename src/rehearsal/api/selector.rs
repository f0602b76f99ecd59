//! Label and field selectors.

use serde_json::Value as Json;

use super::{kind::Kind, refusal::Refusal};

/// Which objects of a collection are meant.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
    Above(i64),
    Below(i64),
}

impl Selector {
    /// Reads both selectors as they stand in a query.
    pub(super) fn read(labels: Option<&str>, fields: Option<&str>, kind: &Kind) -> Result<Self, Refusal> {
        let labels = labels
            .map(|text| labels_of(text).ok_or_else(|| unreadable("labels", text)))
            .transpose()?
            .unwrap_or_default();
        let fields = fields
            .map(|text| fields_of(text).ok_or_else(|| unreadable("fields", text)))
            .transpose()?
            .unwrap_or_default();
        if let Some((field, ..)) = fields.iter().find(|(field, ..)| !selectable(kind, field)) {
            return Err(Refusal::bad_request(match (&kind.custom, more_fields(&kind.kind)) {
                (None, []) => format!(
                    "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                ),
                _ => format!("field label not supported: {field}"),
            }));
        }
        Ok(Self { labels, fields })
    }

    /// Reads `matchLabels` and `matchExpressions`; what is absent selects everything.
    pub(super) fn of_json(selector: &Json) -> Self {
        let mut labels = Vec::new();
        for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
            let value = value.as_str().unwrap_or_default().to_owned();
            labels.push(Requirement { key: key.clone(), test: Test::In(vec![value]) });
        }
        for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
            let values = expression["values"].as_array().into_iter().flatten();
            let values = values.filter_map(Json::as_str).map(str::to_owned).collect();
            let test = match expression["operator"].as_str() {
                Some("In") => Test::In(values),
                Some("NotIn") => Test::NotIn(values),
                Some("DoesNotExist") => Test::Absent,
                _ => Test::Exists,
            };
            labels.push(Requirement { key: expression["key"].as_str().unwrap_or_default().to_owned(), test });
        }
        Self { labels, fields: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub(super) fn matches(&self, object: &Json) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.iter().all(|requirement| requirement.matches(labels))
            && self.fields.iter().all(|(field, equal, value)| (text_at(object, field) == *value) == *equal)
    }
}

impl Requirement {
    fn matches(&self, labels: &Json) -> bool {
        let value = labels.get(&self.key).and_then(Json::as_str);
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            Test::In(values) => value.is_some_and(|value| values.iter().any(|one| one == value)),
            Test::NotIn(values) => !value.is_some_and(|value| values.iter().any(|one| one == value)),
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Above(limit) => number().is_some_and(|number| number > *limit),
            Test::Below(limit) => number().is_some_and(|number| number < *limit),
        }
    }
}

fn unreadable(what: &str, text: &str) -> Refusal {
    Refusal::bad_request(format!("unable to parse requirement: found {text:?} in the selector of {what}"))
}

fn labels_of(text: &str) -> Option<Vec<Requirement>> {
    let mut requirements = Vec::new();
    for term in split_outside_of_parentheses(text) {
        let term = term.trim();
        if term.is_empty() {
            continue;
        }
        requirements.push(requirement(term)?);
    }
    Some(requirements)
}

fn requirement(term: &str) -> Option<Requirement> {
    let made = |key: &str, test| {
        let key = key.trim();
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        (!key.is_empty() && key.chars().all(name)).then(|| Requirement { key: key.to_owned(), test })
    };
    if let Some((head, values)) = term.strip_suffix(')').and_then(|term| term.split_once('(')) {
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let (key, word) = head.trim().rsplit_once(char::is_whitespace)?;
        return match word {
            "in" => made(key, Test::In(values)),
            "notin" => made(key, Test::NotIn(values)),
            _ => None,
        };
    }
    let one = |value: &str| vec![value.trim().to_owned()];
    if let Some((key, value)) = term.split_once("!=") {
        return made(key, Test::NotIn(one(value)));
    }
    if let Some((key, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        return made(key, Test::In(one(value)));
    }
    if let Some((key, value)) = term.split_once('>') {
        return made(key, Test::Above(value.trim().parse().ok()?));
    }
    if let Some((key, value)) = term.split_once('<') {
        return made(key, Test::Below(value.trim().parse().ok()?));
    }
    match term.strip_prefix('!') {
        Some(key) => made(key, Test::Absent),
        None => made(term, Test::Exists),
    }
}

fn split_outside_of_parentheses(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut terms) = (0, 0, Vec::new());
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                terms.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

fn fields_of(text: &str) -> Option<Vec<(String, bool, String)>> {
    text.split(',')
        .filter(|term| !term.is_empty())
        .map(|term| {
            let (field, equal, value) = match term.split_once("!=") {
                Some((field, value)) => (field, false, value),
                None => term
                    .split_once("==")
                    .or_else(|| term.split_once('='))
                    .map(|(field, value)| (field, true, value))?,
            };
            Some((field.trim().to_owned(), equal, value.trim().to_owned()))
        })
        .collect()
}

/// Every kind selects by name and namespace; some by more.
fn selectable(kind: &Kind, field: &str) -> bool {
    if field == "metadata.name" || (field == "metadata.namespace" && kind.namespaced) {
        return true;
    }
    if let Some(version) = &kind.custom {
        let fields = version["selectableFields"].as_array();
        return fields
            .into_iter()
            .flatten()
            .any(|one| one["jsonPath"].as_str().is_some_and(|path| path.trim_start_matches('.') == field));
    }
    more_fields(&kind.kind).contains(&field)
}

fn more_fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "Pod" => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        "Event" => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "regarding.kind",
            "regarding.namespace",
            "regarding.name",
            "regarding.uid",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        "Secret" => &["type"],
        "Namespace" => &["status.phase"],
        "Node" => &["spec.unschedulable"],
        "ReplicaSet" | "ReplicationController" => &["status.replicas"],
        "Job" => &["status.successful"],
        "CertificateSigningRequest" => &["spec.signerName"],
        "Service" => &["spec.clusterIP", "spec.type"],
        _ => &[],
    }
}

fn text_at(object: &Json, path: &str) -> String {
    // Events have two shapes, and one is kept.
    let path = path.replacen("regarding.", "involvedObject.", 1);
    let value = path.split('.').try_fold(object, |value, key| value.get(key));
    match value {
        Some(Json::String(text)) => text.clone(),
        None | Some(Json::Null) => String::new(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn matches(selector: &str) -> bool {
        let object = json!({"metadata": {"labels": {"app": "web", "tier": "3"}}});
        Selector { labels: labels_of(selector).unwrap(), fields: Vec::new() }.matches(&object)
    }

    #[test]
    fn label_selectors_mean_what_kubectl_writes() {
        for yes in [
            "app=web",
            "app==web",
            "app!=db",
            "app in (db, web)",
            "app notin (db)",
            "app",
            "!gone",
            "tier>2",
            "app=web,tier=3",
            "gone!=x",
            "",
        ] {
            assert!(matches(yes), "{yes}");
        }
        for no in [
            "app=db",
            "app!=web",
            "app in (db)",
            "app notin (web,db)",
            "gone",
            "!app",
            "tier<3",
            "app=web,tier=4",
        ] {
            assert!(!matches(no), "{no}");
        }
        assert!(labels_of("a b c").is_none() && labels_of("x within (y)").is_none());
    }

    #[test]
    fn field_selectors_read_paths() {
        let object = json!({"metadata": {"name": "a"}, "involvedObject": {"name": "b"}});
        let matches =
            |text: &str| Selector { labels: Vec::new(), fields: fields_of(text).unwrap() }.matches(&object);
        assert!(matches("metadata.name=a") && matches("metadata.name!=b,regarding.name=b"));
        assert!(!matches("metadata.name=b") && matches("spec.nodeName="));
    }
}
