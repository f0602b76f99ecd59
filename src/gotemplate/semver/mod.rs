//! Semantic versions and the constraints on them, as Masterminds/semver 3.5 reads them: what Helm uses for charts,
//! dependencies, `kubeVersion` and `semverCompare`.
//!
//! The grammar is looser than that of the crate `semver`: versions may lack numbers and begin with `v`, and a
//! constraint has alternatives (`||`), wildcards, hyphen ranges and its own rule for prereleases.

mod constraint;
mod version;

pub use constraint::{Constraint, ConstraintError, Violation};
pub use version::{Version, VersionError};
