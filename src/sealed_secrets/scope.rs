//! Where a sealed value can be opened.

use std::{fmt, str::FromStr};

const NAMESPACE_WIDE: &str = "sealedsecrets.bitnami.com/namespace-wide";
const CLUSTER_WIDE: &str = "sealedsecrets.bitnami.com/cluster-wide";

/// Where a sealed value can be opened. Whoever moves it elsewhere has nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// As the Secret of its name and namespace.
    #[default]
    Strict,
    /// As any Secret of its namespace.
    NamespaceWide,
    /// As any Secret.
    ClusterWide,
}

impl Scope {
    /// All scopes, from the narrowest.
    pub const ALL: [Self; 3] = [Self::Strict, Self::NamespaceWide, Self::ClusterWide];

    /// Returns the label that a value is encrypted with.
    pub fn label(self, namespace: &str, name: &str) -> String {
        match self {
            Self::Strict => format!("{namespace}/{name}"),
            Self::NamespaceWide => namespace.to_owned(),
            Self::ClusterWide => String::new(),
        }
    }

    /// Returns the annotation that tells the controller, whose value is `true`; the strict scope has none.
    pub fn annotation(self) -> Option<&'static str> {
        match self {
            Self::Strict => None,
            Self::NamespaceWide => Some(NAMESPACE_WIDE),
            Self::ClusterWide => Some(CLUSTER_WIDE),
        }
    }

    /// Returns the scope that annotations say; the wider counts.
    pub fn of_annotations(annotations: &serde_json::Map<String, serde_json::Value>) -> Self {
        let has = |name: &str| annotations.get(name).is_some_and(|value| value == "true");
        let annotated = |scope: &Self| scope.annotation().is_some_and(has);
        Self::ALL.into_iter().rev().find(annotated).unwrap_or_default()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Strict => "strict",
            Self::NamespaceWide => "namespace-wide",
            Self::ClusterWide => "cluster-wide",
        })
    }
}

impl FromStr for Scope {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|scope| scope.to_string() == text);
        found.ok_or("must be one of: strict, namespace-wide, cluster-wide")
    }
}
