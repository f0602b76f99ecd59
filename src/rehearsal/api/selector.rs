//! Label and field selectors.

use serde_json::Value as Json;

use super::{
    kind::Kind,
    label_selector::{self, Requirement, Test},
    refusal::Refusal,
};

/// Which objects of a collection are meant.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

impl Selector {
    /// Reads both selectors as they stand in a query.
    pub(super) fn read(labels: Option<&str>, fields: Option<&str>, kind: &Kind) -> Result<Self, Refusal> {
        let labels =
            labels.map(label_selector::read).transpose().map_err(Refusal::bad_request)?.unwrap_or_default();
        let fields = fields
            .map(|text| fields_of(text).ok_or_else(|| unreadable(text)))
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

fn unreadable(text: &str) -> Refusal {
    Refusal::bad_request(format!("invalid selector: '{text}'; can't understand '{text}'"))
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
        Selector { labels: label_selector::read(selector).unwrap(), fields: Vec::new() }.matches(&object)
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
