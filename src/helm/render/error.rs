//! What can go wrong while rendering, in Helm's words.

use std::fmt::Write;

use crate::gotemplate::{ExecError, ParseError};
use crate::helm::dependencies::DependencyError;
use crate::helm::render::{PostError, functions};
use crate::helm::values::{SchemaError, TypeMismatch};
use crate::yaml;

/// Why a chart cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The chart's dependencies are not in order.
    #[error("chart dependencies processing failed")]
    Dependencies(#[from] DependencyError),
    /// A subchart's values are no map.
    #[error(transparent)]
    Values(#[from] TypeMismatch),
    /// The values do not fit a schema.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The chart is not made for this version of Kubernetes.
    #[error("chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {found}")]
    KubeVersion {
        /// What the chart wants.
        wanted: String,
        /// What there is.
        found: String,
    },
    /// A template cannot be parsed.
    #[error("parse error at ({}:{}): {}", .0.name, .0.line, .0.message)]
    Parse(ParseError),
    /// The chart itself says that something is wrong (`fail`, `required`).
    #[error("execution error at ({location}): {message}")]
    Refused {
        /// The template's name, line and column.
        location: String,
        /// What the chart says.
        message: String,
    },
    /// A template cannot be executed.
    #[error("{0}")]
    Execution(String),
    /// What came of a template is not YAML.
    #[error("YAML parse error on {path}")]
    Yaml {
        /// The template.
        path: String,
        /// Why.
        #[source]
        source: yaml::Error,
    },
    /// The post-renderer gives nothing.
    #[error(transparent)]
    Post(#[from] PostError),
    /// What came of a template is YAML, but no object.
    #[error("YAML parse error on {path}: {problem}")]
    Shape {
        /// The template.
        path: String,
        /// Why.
        problem: &'static str,
    },
}

impl RenderError {
    /// Tells an execution error as Helm does: what the chart itself says, or each step that led there.
    pub(super) fn execution(error: &ExecError) -> Self {
        if let ExecError::Node { location, message, .. } = error
            && let Some(message) = functions::refusal(message)
        {
            return Self::Refused { location: location.clone(), message: message.to_owned() };
        }
        let mut text = String::new();
        let mut step = Some(error);
        while let Some(current) = step {
            step = current.wrapped().and_then(|wrapped| wrapped.downcast_ref());
            match current {
                ExecError::Node { location, template, node, message, .. } => {
                    let own = message.split(" template:").next().unwrap_or(message);
                    let _ = writeln!(text, "{location}\n  executing {template} at <{node}>:\n    {own}");
                }
                ExecError::Undefined { .. } | ExecError::TooDeep { .. } => {
                    let _ = writeln!(text, "{current}");
                }
            }
        }
        Self::Execution(text.trim().to_owned())
    }
}
