//! What a cluster can do, as templates see it in `.Capabilities`.

use std::fmt;
use std::rc::Rc;

use crate::gotemplate::{CollectionType, Element, Function, GoString, List, Object, Value};

mod api_versions;

/// The Helm whose output ours equals.
const HELM_VERSION: &str = "v4.3.1";

/// What a cluster can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The version of Kubernetes.
    pub kube_version: KubeVersion,
    /// The API versions (`apps/v1`), and in a live cluster also their kinds (`apps/v1/Deployment`).
    pub api_versions: Vec<String>,
}

/// What Helm 4.3.1 takes for granted without a cluster.
impl Default for Capabilities {
    fn default() -> Self {
        Self {
            kube_version: KubeVersion {
                version: "v1.37.0".into(),
                normalized: "v1.37.0".into(),
                major: "1".into(),
                minor: "37".into(),
            },
            api_versions: api_versions::DEFAULT.iter().map(|&version| version.to_owned()).collect(),
        }
    }
}

/// A version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// All of it, as `v1.33.4-gke.1245000`.
    pub version: String,
    /// The numbers, as `v1.33.4`.
    normalized: String,
    /// The first number.
    pub major: String,
    /// The second number.
    pub minor: String,
}

/// A text that is no version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid kube version '{0}'")]
pub struct KubeVersionError(String);

impl KubeVersion {
    /// Reads a version; what follows the numbers is kept, but does not count.
    pub fn parse(text: &str) -> Result<Self, KubeVersionError> {
        let error = || KubeVersionError(text.to_owned());
        let bare = text.trim().trim_start_matches('v');
        let end = bare.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(bare.len());
        let numbers: Vec<u64> = bare[..end]
            .trim_end_matches('.')
            .split('.')
            .map(|number| number.parse().map_err(|_| error()))
            .collect::<Result<_, _>>()?;
        let [major, minor, ..] = numbers[..] else { return Err(error()) };
        let normalized: Vec<String> = numbers.iter().map(u64::to_string).collect();
        Ok(Self {
            version: if text.starts_with('v') { text.to_owned() } else { format!("v{text}") },
            normalized: format!("v{}", normalized.join(".")),
            major: major.to_string(),
            minor: minor.to_string(),
        })
    }
}

/// The numbers only: what constraints are checked against.
impl fmt::Display for KubeVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.normalized)
    }
}

impl Capabilities {
    /// Returns what templates see.
    pub(super) fn to_value(&self) -> Value {
        let versions = self.api_versions.iter().map(|version| Value::from(version.as_str())).collect();
        Value::object(Seen {
            kube_version: Value::object(self.kube_version.clone()),
            api_versions: Value::List(List::typed(&VERSION_SET, versions)),
            helm_version: Value::object(BuildInfo),
        })
    }
}

struct Seen {
    kube_version: Value,
    api_versions: Value,
    helm_version: Value,
}

impl Object for Seen {
    fn type_name(&self) -> &'static str {
        "*common.Capabilities"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("KubeVersion", self.kube_version.clone()),
            ("APIVersions", self.api_versions.clone()),
            ("HelmVersion", self.helm_version.clone()),
        ]
    }
}

impl Object for KubeVersion {
    fn type_name(&self) -> &'static str {
        "common.KubeVersion"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", Value::from(self.version.as_str())),
            ("Major", Value::from(self.major.as_str())),
            ("Minor", Value::from(self.minor.as_str())),
        ]
    }

    fn method(self: Rc<Self>, name: &[u8]) -> Option<Function> {
        match name {
            b"GitVersion" => Some(Function::new(move || self.version.clone())),
            b"String" => Some(Function::new(move || self.normalized.clone())),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        Some(self.normalized.clone())
    }
}

struct BuildInfo;

impl Object for BuildInfo {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", Value::from(HELM_VERSION)),
            ("GitCommit", Value::from("")),
            ("GitTreeState", Value::from("")),
            ("GoVersion", Value::from("go1.27.2")),
            ("KubeClientVersion", Value::from("v1.37")),
        ]
    }
}

static VERSION_SET: CollectionType =
    CollectionType { name: "common.VersionSet", element: Element::String, method: version_set_method };

fn version_set_method(receiver: &Value, name: &[u8]) -> Option<Function> {
    let versions = receiver.as_list()?.clone();
    (name == b"Has").then(|| {
        Function::new(move |version: GoString| {
            versions.iter().any(|known| known.as_string() == Some(&version))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kube_version_is_read_as_kubernetes_reads_it() {
        let version = KubeVersion::parse("1.33.4-gke.1245000").unwrap();
        assert_eq!(version.version, "v1.33.4-gke.1245000");
        assert_eq!((version.to_string(), version.minor.as_str()), ("v1.33.4".into(), "33"));
        assert_eq!(KubeVersion::parse("v1.30").unwrap().to_string(), "v1.30");
        assert!(KubeVersion::parse("1").is_err());
        assert!(KubeVersion::parse("one").is_err());
    }
}
