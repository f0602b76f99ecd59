//! Which versions fit which constraints.

use crate::gotemplate::semver::{Constraint, Version};

/// Says whether `version` fits `constraint`; a text that cannot be read fits nothing.
pub fn is_compatible(constraint: &str, version: &str) -> bool {
    match (constraint.parse::<Constraint>(), version.parse::<Version>()) {
        (Ok(constraint), Ok(version)) => constraint.matches(&version),
        _ => false,
    }
}
