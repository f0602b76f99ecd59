//! Label selectors, matched as apimachinery matches them.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// A selector that cannot be matched; the text is apimachinery's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSelector {
    #[error("{0:?} is not a valid label selector operator")]
    Operator(String),
    #[error("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")]
    NoValues,
    #[error("values: Invalid value: values set must be empty for exists and does not exist")]
    Values,
}

/// Tells whether the labels are selected. An empty selector selects everything.
pub(crate) fn matches(
    selector: &LabelSelector,
    labels: &BTreeMap<String, String>,
) -> Result<bool, InvalidSelector> {
    let mut selected =
        selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    for expression in selector.match_expressions.iter().flatten() {
        let values = expression.values.as_deref().unwrap_or_default();
        let found = labels.get(&expression.key);
        let listed = found.is_some_and(|found| values.contains(found));
        selected &= match expression.operator.as_str() {
            "In" | "NotIn" if values.is_empty() => return Err(InvalidSelector::NoValues),
            "Exists" | "DoesNotExist" if !values.is_empty() => return Err(InvalidSelector::Values),
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => found.is_some(),
            "DoesNotExist" => found.is_none(),
            other => return Err(InvalidSelector::Operator(other.to_owned())),
        };
    }
    Ok(selected)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn selects(selector: serde_json::Value, labels: &[(&str, &str)]) -> Result<bool, InvalidSelector> {
        let labels = labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        matches(&serde_json::from_value(selector).unwrap(), &labels)
    }

    #[test]
    fn every_requirement_must_hold() {
        let selector = json!({ "matchLabels": { "a": "1" }, "matchExpressions": [
            { "key": "b", "operator": "In", "values": ["x", "y"] }, { "key": "c", "operator": "DoesNotExist" } ] });
        assert_eq!(selects(selector.clone(), &[("a", "1"), ("b", "y")]), Ok(true));
        assert_eq!(selects(selector.clone(), &[("a", "1"), ("b", "z")]), Ok(false));
        assert_eq!(selects(selector, &[("a", "1"), ("b", "y"), ("c", "")]), Ok(false));
    }

    #[test]
    fn not_in_selects_also_what_lacks_the_label() {
        let selector = json!({ "matchExpressions": [{ "key": "a", "operator": "NotIn", "values": ["1"] }] });
        assert_eq!(selects(selector.clone(), &[]), Ok(true));
        assert_eq!(selects(selector, &[("a", "1")]), Ok(false));
    }

    #[test]
    fn an_operator_that_nobody_knows_is_an_error() {
        let selector = json!({ "matchExpressions": [{ "key": "a", "operator": "Near" }] });
        let error = selects(selector, &[]).unwrap_err();
        assert_eq!(error.to_string(), "\"Near\" is not a valid label selector operator");
    }
}
