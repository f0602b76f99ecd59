//! External Secrets Operator as every stack of stores installs it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Context, Release};
use crate::resource::{ObjectName, Options, Urn, Value};

/// The release's name, which is the chart's and the image's, too.
const OPERATOR: &str = "external-secrets";

/// External Secrets Operator, as a stack's configuration chooses it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Operator {
    /// Another chart version than the pinned one.
    #[serde(default)]
    pub chart: ChartChoice,
    /// How many objects of a kind it looks after at once; one more than there are stores when absent.
    pub concurrent: Option<u32>,
    /// How much it logs.
    pub log_level: Option<LogLevel>,
    /// Values of the chart `external-secrets`, over ours.
    #[serde(default)]
    pub values: Option<serde_json::Map<String, serde_json::Value>>,
}

/// How much the operator logs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Everything.
    Debug,
    /// What it does.
    Info,
    /// What is odd.
    Warn,
    /// What failed.
    Error,
}

/// Which version of a chart is used.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChartChoice {
    /// The chart's version; it must be in `bootstrap/charts.lock`.
    pub version: Option<String>,
}

impl Operator {
    /// The label `app.kubernetes.io/name` of the operator's own pods.
    pub const NAME: &str = OPERATOR;

    /// Says whether the version that is installed is older than `major.minor`; not where it is unknown.
    pub fn is_before(&self, context: &Context<'_>, major: u64, minor: u64) -> bool {
        context
            .chart_version(OPERATOR, self.chart.version.as_deref())
            .is_some_and(|version| is_before(&version, (major, minor)))
    }

    /// Registers the operator for so many stores, its webhook's certificate first. A probe each second finds the pods
    /// ready when they are, not twenty seconds later, and each store is looked at while another waits.
    pub fn install(&self, context: &mut Context<'_>, namespace: &str, stores: usize) -> Urn {
        context.webhook_certificate(OPERATOR, namespace);
        let probe = serde_json::json!({ "initialDelaySeconds": 1, "periodSeconds": 1 });
        let mut values = serde_json::json!({
            "installCRDs": true,
            "concurrent": self.concurrent.map_or(stores + 1, |concurrent| concurrent as usize),
            "webhook": { "readinessProbe": probe },
            "certController": { "readinessProbe": probe },
        });
        if let Some(level) = self.log_level {
            values["log"] = serde_json::json!({ "level": level });
        }
        overlay(&mut values, self.values.as_ref());
        let mut release = Release::new(OPERATOR, namespace, OPERATOR);
        release.version.clone_from(&self.chart.version);
        release.values = Value::from(&values);
        // Stores wait for the webhook, the proof for the deployments: nothing has to wait for all of the release.
        release.wait = false;
        context.release(release, Options::default())
    }

    /// Returns the operator's deployments in `namespace`.
    pub fn deployments(namespace: &str) -> [ObjectName; 3] {
        ["external-secrets", "external-secrets-webhook", "external-secrets-cert-controller"]
            .map(|name| ObjectName::namespaced(namespace, name))
    }
}

/// Lays a user's values over a program's, map by map.
pub fn overlay(ours: &mut serde_json::Value, theirs: Option<&serde_json::Map<String, serde_json::Value>>) {
    for (key, value) in theirs.into_iter().flatten() {
        match (&mut ours[key.as_str()], value) {
            (below @ serde_json::Value::Object(_), serde_json::Value::Object(entries)) => {
                overlay(below, Some(entries));
            }
            (place, value) => *place = value.clone(),
        }
    }
}

fn is_before(version: &str, wanted: (u64, u64)) -> bool {
    let mut numbers = version.trim_start_matches('v').split('.').map_while(|part| part.parse::<u64>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(is_before("0.20.4", (2, 5)) && is_before("v2.4.9", (2, 5)));
        assert!(!is_before("2.10.0", (2, 5)) && !is_before("2.5.0", (2, 5)));
    }

    #[test]
    fn a_users_values_are_laid_over_ours_map_by_map() {
        let mut ours = serde_json::json!({"a": {"b": 1, "c": 2}, "d": [1]});
        let theirs = serde_json::json!({"a": {"c": 3}, "d": [2], "e": null});
        overlay(&mut ours, theirs.as_object());
        assert_eq!(ours, serde_json::json!({"a": {"b": 1, "c": 3}, "d": [2], "e": null}));
    }
}
